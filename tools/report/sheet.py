"""How a page of tables looks: one style, light and dark, without anything to be loaded."""

import html
from typing import Final

_HEAD: Final = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:80em;padding:0 1em}}
table{{border-collapse:collapse;width:100%}}td,th{{border-top:1px solid #ccc;padding:.3em .6em;
text-align:left;vertical-align:top}}.pass{{color:#176b2c}}.fail{{color:#b00020;font-weight:600}}
.inconclusive{{color:#8a5a00}}.na{{color:#666}}small{{color:#555}}pre{{overflow-x:auto;
background:#f6f6f6;padding:.6em;font-size:12px}}@media(prefers-color-scheme:dark){{body{{
background:#16181c;color:#ddd}}pre{{background:#22252b}}small,.na{{color:#999}}a{{color:#8ab4f8}}
.pass{{color:#6fcf86}}.fail{{color:#ff7b86}}.inconclusive{{color:#e0b050}}}}
</style></head><body><h1>{title}</h1>
"""
TAIL: Final = "</body></html>\n"


def head(title: str) -> str:
    return _HEAD.format(title=html.escape(title))
