"""``v2g exi decode`` and ``v2g exi encode``."""

from __future__ import annotations

import argparse
import base64
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bsw import exi
from bsw.chrgm.messages.model import Message
from bsw.ecuc.text import text_of
from bsw.ecuc.tree import ConfigurationError
from bsw.exi import DecodeError, EncodeError, Fragment, Noted
from bsw.exi.views.as_json import from_tree, to_json, to_tree
from bsw.exi.views.as_xml import from_xml, to_xml
from bsw.exi.views.values import ViewError
from bsw.program.hostfault import at
from bsw.v2gtp import VERSION, PayloadType
from tools.exi import schemas
from tools.exi.inputs import InputError, is_file, octets

MOST_OCTETS = 64 << 20
PAYLOAD_TYPES = {
    names[0]: number for number, names in reversed(schemas.BY_PAYLOAD_TYPE.items()) if names
} | {"sap": PayloadType.EXI, "din": PayloadType.EXI, "iso2": PayloadType.EXI}


def decode(arguments: argparse.Namespace) -> int:
    """Print each input as a message; 1 if one of them is none."""
    if arguments.batch:
        return batch(arguments)
    if not arguments.input:
        print("v2g exi decode: give hex, base64, a file, - or --batch FILE", file=sys.stderr)
        return 2
    return max([_decode_one(text, arguments) for text in arguments.input])


def _decode_one(text: str, arguments: argparse.Namespace) -> int:
    try:
        data, payload_type = octets(text, arguments.input_form)
        names = [schemas.known(arguments.schema)] if arguments.schema else None
    except ValueError as error:
        print(f"v2g exi decode: {error}", file=sys.stderr)
        return 2
    try:
        guessed = names or schemas.guess(data, payload_type, fragment=arguments.fragment)
        noted = read(data, guessed[0], arguments)
        print(show(guessed[0], noted.message, arguments.format, indent=2))
    except (DecodeError, ViewError, ValueError) as error:
        place = f"{text}: " if is_file(text) else ""
        print(f"v2g exi decode: {place}{error}", file=sys.stderr)
        return 1
    if names is None:
        also = f", also possible: {', '.join(guessed[1:])}" if guessed[1:] else ""
        print(f"v2g exi decode: schema {guessed[0]}{also}", file=sys.stderr)
    for note in noted.notes:
        print(f"v2g exi decode: note: {note}", file=sys.stderr)
    return 0


def tolerance(arguments: argparse.Namespace) -> exi.Tolerance:
    """What the switches of the command line let pass."""
    if arguments.strict:
        return exi.CONFORMANCE
    return exi.FIELD._replace(trailing=arguments.trailing, loose_bounds=arguments.loose)


def read(data: bytes, schema: str, arguments: argparse.Namespace) -> Noted:
    """The message in ``data``, with the notes."""
    codec = exi.codec(schema, tolerance(arguments), form=arguments.form)
    if arguments.fragment:
        return codec.decode_fragment_noted(data)
    return codec.decode_noted(data)


def show(schema: str, message: Message | Fragment, form: str, *, indent: int | None) -> str:
    """A message in one of the views."""
    if form == "repr":
        return repr(message)
    view = to_xml if form == "xml" else to_json
    return view(exi.schema_set(schema), message, indent=indent)


def batch(arguments: argparse.Namespace) -> int:
    """One JSON line for each JSON line of a file; what is wrong with a line stays in its answer."""
    for line in _lines(arguments.batch):
        print(json.dumps(_answer(line, arguments), ensure_ascii=False))
    return 0


def _lines(name: str) -> Iterator[str]:
    if name == "-":
        yield from (line for line in sys.stdin if line.strip())
        return
    with Path(name).open(encoding="utf-8", errors="replace") as file:
        yield from (line for line in file if line.strip())


def _answer(line: str, arguments: argparse.Namespace) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    try:
        case = json.loads(line)
        if not isinstance(case, dict):
            raise InputError("no JSON object")
        if "id" in case:
            answer["id"] = case["id"]
        answer |= _decoded(case, arguments)
    except DecodeError as error:
        answer |= {"ok": False, "error": str(error), "position": error.position}
        answer |= {"path": error.path, "expected": error.expected, "found": error.found}
    except KeyError as error:
        answer |= {"ok": False, "error": f"the line has no {error}"}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        answer |= {"ok": False, "error": f"no usable line: {error}"}
    return answer


def _decoded(case: dict[str, object], arguments: argparse.Namespace) -> dict[str, Any]:
    data, payload_type = octets(str(case["exi"]), "hex")
    fragment = bool(case.get("fragment", arguments.fragment))
    named = case.get("schema") or arguments.schema
    guessed = [] if named else schemas.guess(data, payload_type, fragment=fragment)
    schema = schemas.known(str(named)) if named else guessed[0]
    noted = read(data, schema, argparse.Namespace(**vars(arguments) | {"fragment": fragment}))
    if arguments.format == "json":
        message: Any = to_tree(exi.schema_set(schema), noted.message)
    else:
        message = show(schema, noted.message, arguments.format, indent=None)
    answer = {"ok": True, "message": message}
    if guessed:
        answer["schema"] = schema
    if noted.notes:
        answer["notes"] = list(noted.notes)
    return answer


def encode(arguments: argparse.Namespace) -> int:
    """Octets of an XML or JSON text."""
    try:
        text = _text(arguments.input)
        schema, message = _message(text, arguments)
        octets_ = _octets(schema, message, ends=arguments.ends)
    except InputError as error:
        print(f"v2g exi encode: {error}", file=sys.stderr)
        return 2
    except (ViewError, EncodeError, ValueError) as error:
        print(f"v2g exi encode: {error}", file=sys.stderr)
        return 1
    if arguments.frame:
        number = PAYLOAD_TYPES.get(schema, PayloadType.EXI)
        octets_ = struct.pack(">BBHI", VERSION, VERSION ^ 0xFF, number, len(octets_)) + octets_
    if arguments.output:
        with at(Path(arguments.output)):
            Path(arguments.output).write_bytes(octets_)
    elif arguments.base64:
        print(base64.b64encode(octets_).decode())
    else:
        print(octets_.hex())
    return 0


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    if name.lstrip()[:1] in {"<", "{"}:
        return name
    try:
        return text_of(Path(name), "a file with XML or JSON", MOST_OCTETS)
    except ConfigurationError as error:
        raise InputError(str(error)) from None


def _message(text: str, arguments: argparse.Namespace) -> tuple[str, Message | Fragment]:
    checked = not arguments.unchecked
    given = schemas.known(arguments.schema) if arguments.schema else None
    if text.lstrip().startswith("<"):
        schema = given or _schema_of_xml(text)
        set_ = exi.schema_set(schema)
        return schema, from_xml(set_, text, fragment=arguments.fragment, checked=checked)
    try:
        tree = json.loads(text)
    except ValueError as error:
        place = f"{arguments.input}: " if is_file(arguments.input) else ""
        raise InputError(f"{place}neither XML nor JSON: {error}") from None
    schema = given or _schema_of_tree(tree)
    set_ = exi.schema_set(schema)
    return schema, from_tree(set_, tree, fragment=arguments.fragment, checked=checked)


def _schema_of_xml(text: str) -> str:
    """By the namespaces that the text mentions, those of a message first."""
    for name in schemas.USUAL:
        modules = exi.schema_set(name).modules
        own = {element.ns for element in modules[-1].ELEMENTS}
        if name != "xmldsig" and any(f'"{ns}"' in text or f"'{ns}'" in text for ns in own):
            return name
    return "xmldsig"


def _schema_of_tree(tree: object) -> str:
    wire = next(iter(tree), "") if isinstance(tree, dict) else ""
    names = schemas.of_message(str(wire))
    if len(names) != 1:
        listed = ", ".join(names or exi.SETS)
        raise InputError(f"say which schema {wire or 'this'} belongs to with --schema: {listed}")
    return names[0]


def _octets(schema: str, message: Message | Fragment, *, ends: bool) -> bytes:
    codec = exi.codec(schema)
    if isinstance(message, Fragment):
        return codec.encode_fragment(message, ends=ends)
    return codec.encode_with_ends(message) if ends else codec.encode(message)
