"""``v2g exi check``: vector files against the codec, in every form there is."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bsw import exi
from bsw.chrgm.messages.model import Message
from bsw.exi import Codec, DecodeError, EncodeError, Fragment
from bsw.exi.codec import Form, compiled
from bsw.exi.names import XSI
from bsw.exi.views.as_xml import from_xml, to_xml
from bsw.exi.views.values import ViewError
from tools.exi import schemas

WANTED = "name a file with one JSON object a line"


def check(arguments: argparse.Namespace) -> int:
    """Check every case of every file; 0 if all pass."""
    wanted = forms(arguments.form)
    passed = failed = 0
    for name in arguments.files:
        skipped = 0
        try:
            for case in cases(Path(name)):
                if "exi" not in case or "schema" not in case:
                    skipped += 1
                    continue
                troubles = [f"{form}: {t}" for form in wanted if (t := trouble(case, form))]
                failed += bool(troubles)
                passed += not troubles
                for text in troubles:
                    print(f"{case.get('id', name)}: {text}")
        except NoVectors as error:
            print(f"v2g exi check: {error}", file=sys.stderr)
            return 2
        if skipped:
            print(f"{name}: {skipped} entries are no EXI vectors, skipped")
    print(f"checked {' and '.join(wanted)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def forms(wanted: str) -> list[Form]:
    """The forms to check: the one named, or every one that is there."""
    if wanted == "pure":
        return ["pure"]
    if wanted == "compiled":
        return ["compiled"]
    there: list[Form] = ["pure", "compiled"]
    return there if compiled("best") else ["pure"]


class NoVectors(ValueError):
    """A file that is no vector file.  Names the place and what is wanted."""


def cases(path: Path) -> Iterator[dict[str, Any]]:
    """The cases of a vector file, one JSON object a line, gzipped or not."""
    count = 0
    for count, (number, line) in enumerate(_lines(path), start=1):  # noqa: B007 - counts them
        try:
            case = json.loads(line)
        except ValueError:
            raise NoVectors(f"{path}:{number}: no JSON; {WANTED}") from None
        yield case if isinstance(case, dict) else {}
    if not count:
        raise NoVectors(f"{path}: nothing in it; {WANTED}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NoVectors(f"{path}: no whole gzip file: {error}; {WANTED}") from None


def trouble(case: dict[str, Any], form: Form) -> str:
    """What is wrong with a case, or an empty text."""
    try:
        return _trouble(case, exi.codec(schemas.known(case["schema"]), form=form))
    except DecodeError as error:
        return f"does not decode: {error}"
    except (EncodeError, ViewError) as error:
        return f"does not encode: {error}"
    except (ValueError, KeyError, ET.ParseError) as error:
        return f"no usable vector: {error!r}"


def _trouble(case: dict[str, Any], codec: Codec) -> str:
    data = bytes.fromhex(case["exi"])
    fragment = bool(case.get("fragment"))
    message = codec.decode_fragment(data) if fragment else codec.decode(data)
    text = case.get("xml")
    if text is None:
        return _encoding(codec, message, data)
    shown = to_xml(codec.schema, message)
    if tree(ET.fromstring(shown)) != tree(ET.fromstring(text)):  # noqa: S314 - a vector
        return f"decoded to {shown}"
    given = from_xml(codec.schema, text, fragment=fragment, checked=False)
    if given != message:
        return f"the XML reads as {given!r}"
    expected = case.get("exi_miss_only")
    if expected is None and "decode-only" in case.get("tags", ()):
        return ""
    return _encoding(codec, given, bytes.fromhex(expected) if expected else data)


def _encoding(codec: Codec, message: Message | Fragment, expected: bytes) -> str:
    """Compare with what we write.  An empty value may stand in either of its two legal forms."""
    ours = _written(codec, message)
    if ours == expected:
        return ""
    if _written(codec, message, ends=True) != expected:
        return f"encoded to {ours.hex()}, expected {expected.hex()}"
    again = codec.decode_fragment(ours) if isinstance(message, Fragment) else codec.decode(ours)
    return "" if again == message else f"our own {ours.hex()} decodes to something else"


def _written(codec: Codec, message: Message | Fragment, *, ends: bool = False) -> bytes:
    if isinstance(message, Fragment):
        return codec.encode_fragment(message, ends=ends)
    return codec.encode_with_ends(message) if ends else codec.encode(message)


def tree(node: ET.Element) -> tuple[Any, ...]:
    """What counts in a comparison: names, attributes, children, and text where there are none."""
    attributes = sorted(
        item for item in node.attrib.items() if not item[0].startswith(f"{{{XSI}}}")
    )
    text = "" if len(node) else node.text or ""
    return node.tag, attributes, text, [tree(child) for child in node]
