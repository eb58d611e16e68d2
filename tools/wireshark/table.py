"""What our decoder reads, as a table for the dissector: the octets of a message, and its contents.

A capture is decoded once, by us, TLS included; Lua only looks up.  By octets and not by the number
of a packet: the table holds whatever is filtered, cut out or put together later.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bsw.os.clock import S
from tools.capture.events import Event, Layer
from tools.capture.ladder import notable, shown
from tools.capture.words import Value
from tools.monitor.finding import Finding

_SHOWN: Final = 4


def lines(judged: Iterable[tuple[Event, tuple[Finding, ...]]]) -> Iterator[str]:
    """The Lua file.  A finding stands at its message with its time, since the same octets may be
    right at another.
    """
    known: dict[bytes, Event] = {}
    found: dict[bytes, list[str]] = {}
    for event, findings in judged:
        if event.layer is Layer.V2G and event.message is not None and event.octets:
            known.setdefault(event.octets, event)
            told = found.setdefault(event.octets, [])
            told += (_finding(event.when, one) for one in findings)
    yield "return {"
    for octets, event in known.items():
        yield f"[{quoted(octets.hex())}]={_entry(event, found[octets])},"
    yield "}"


def _finding(when: int, finding: Finding) -> str:
    return f"{{at={when / S!r},text={quoted(f'{finding.rule}: {finding.text}')}}}"


def _entry(event: Event, findings: list[str]) -> str:
    brief = "  ".join(f"{_name(one)} {one.text}" for one in notable(event)[:_SHOWN])
    values = ",".join(_value(one) for one in shown(event))
    return (
        f"{{name={quoted(event.name)},schema={quoted(event.schema)},brief={quoted(brief)},"
        f"values={{{values}}},wrong={{{','.join(findings)}}}}}"
    )


def _value(value: Value) -> str:
    number = value.value
    plain = isinstance(number, int | float) and not isinstance(number, bool)
    told = f",number={float(number)!r}" if plain and abs(float(number)) < 1e15 else ""
    return f"{{path={quoted(value.path)},text={quoted(value.text)}{told}}}"


def _name(value: Value) -> str:
    return value.path.rpartition("/")[2]


def quoted(text: str) -> str:
    """As Lua writes it, whatever is in it."""
    return '"' + "".join(_octet(one) for one in text.encode()) + '"'


def _octet(octet: int) -> str:
    plain = 32 <= octet < 127 and octet not in b'"\\'
    return chr(octet) if plain else f"\\{octet:03d}"
