"""A campaign as one HTML file: what was found and how to see it again, and what was reached."""

from collections.abc import Iterable
from html import escape
from typing import Final

from tools.campaign.tally import Tally, all_edges, protocols

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fbfbf9; --ink: #1b1d21; --soft: #6b7078;
  --line: #d9dbde; --bar: #c9d7ea; --wrong: #b3261e; --good: #2a7a3b; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --ink: #e7e8ea; --soft: #9aa0a8;
  --line: #33373d; --bar: #2c405c; --wrong: #ff8a80; --good: #7fcf93; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 18px 16px 40px; }
h1 { font-size: 20px; margin: 0; } h2 { font-size: 15px; margin: 26px 0 8px; }
.soft { color: var(--soft); } .good { color: var(--good); } .wrong { color: var(--wrong); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 500; }
td.n { text-align: right; width: 70px; font-variant-numeric: tabular-nums; }
.bar { background: var(--bar); height: 10px; border-radius: 2px; min-width: 1px; }
code { font: 12.5px ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 36px; }
"""


def page(tally: Tally, command: str, told: dict[str, str]) -> str:
    """``command`` repeats a session when its seed is put behind it; ``told`` are facts on top."""
    good = not tally.failed
    verdict = "nothing that may not happen has happened" if good else f"{len(tally.failed)} failed"
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Campaign: {tally.sessions} sessions</title><style>{STYLE}</style><main>",
            f"<h1>{tally.sessions:,} sessions: ",
            f'<span class="{"good" if good else "wrong"}">{verdict}</span></h1>',
            '<div class="soft">',
            "; ".join(f"{escape(name)} {escape(value)}" for name, value in told.items()),
            "</div>",
            _failed(tally, command),
            '<div class="two">',
            _counted("How the vehicle's last session ended", tally.endings.most_common()),
            _counted("Scenarios", tally.scenarios.most_common()),
            "</div>",
            _edges(tally),
            _counted("What went wrong meanwhile", tally.faults.most_common()),
            "</main></html>",
        )
    )


def _failed(tally: Tally, command: str) -> str:
    if not tally.failed:
        return ""
    rows = "".join(
        f'<tr><td class="n">{one.seed}</td><td>{escape(one.scenario)}<br>'
        f'<span class="soft">{"<br>".join(map(escape, one.orders)) or "no fault"}</span></td>'
        f'<td class="wrong">{"<br>".join(map(escape, one.findings))}<br>'
        f"<code>{escape(command)} {one.seed}</code></td></tr>"
        for one in tally.failed
    )
    return (
        "<h2>Found</h2><div class=wide><table><tr><th>seed</th><th>scenario and faults</th>"
        f"<th>what was broken, and the session again</th></tr>{rows}</table></div>"
    )


def _counted(title: str, counted: Iterable[tuple[str, int]]) -> str:
    found = list(counted)
    most = max((count for _, count in found), default=1)
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{count:,}</td>'
        f'<td style="width:35%"><div class="bar" style="width:{100 * count / most:.1f}%"></div>'
        "</td></tr>"
        for name, count in found
    )
    return f"<section><h2>{title}</h2><div class=wide><table>{rows}</table></div></section>"


def _edges(tally: Tally) -> str:
    rows = ""
    for protocol in protocols():
        every = all_edges(protocol)
        missing = tally.missing(protocol)
        ways = ", ".join(edge.split(" ", 1)[1] for edge in missing) or "none"
        rows += (
            f'<tr><td>{escape(protocol)}</td><td class="n">{len(every) - len(missing)}</td>'
            f'<td class="n">{len(every)}</td><td class="soft">{escape(ways)}</td></tr>'
        )
    return (
        "<h2>Ways through the sequence tables</h2><div class=wide><table><tr><th>protocol</th>"
        f"<th>walked</th><th>of</th><th>not walked</th></tr>{rows}</table></div>"
    )
