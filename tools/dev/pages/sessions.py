"""The generated parts of the page about sessions: switches of the profiles, and endings."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from bsw import exi
from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.endings import Ending
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.os.clock import MS, S
from evcc.session import profile as vehicle
from secc.session import profile as station

IN_TIME: Final = frozenset({"pause_from", "update_before"})
"""Given in seconds, not in nanoseconds."""


def parts() -> dict[str, str]:
    """The text between the marks of each name."""
    return {
        "vehicle-profile": _switches(vehicle.CONFORMANCE, vehicle.FIELD),
        "station-profile": _switches(station.CONFORMANCE, station.FIELD),
        "endings": _endings(),
    }


def filled(text: str) -> str:
    """The page with its generated parts as they are now."""
    for name, content in parts().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise ValueError(f"the page has no part {name!r}: it needs the marks {begin}{end}")
        text = f"{before}{begin}{content}{end}{after}"
    return text


def _switches(conformance: object, field: object) -> str:
    rows = ["| switch | conformance | field |", "|---|---|---|"]
    left, right = dict(_values(conformance)), dict(_values(field))
    for name in [*left, *(name for name in right if name not in left)]:
        one, two = left.get(name, "as the table"), right.get(name, "as the table")
        rows.append(f"| `{name}` | {one} | {'same' if one == two else two} |")
    return "\n".join(rows) + "\n"


def _values(profile: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a profile of either role
    for field in fields(profile):
        value = getattr(profile, field.name)
        if isinstance(value, Timing):
            yield from _times(value)
        elif isinstance(value, exi.Tolerance):
            for switch, chosen in value._asdict().items():
                yield f"reading: {switch}", "yes" if chosen else "no"
        elif field.name == "tolerated":
            for tolerance in Tolerance:
                yield f"tolerated: {tolerance.value}", "yes" if tolerance in value else "no"
        else:
            yield field.name, _shown(field.name, value)


def _times(timing: Timing) -> Iterator[tuple[str, str]]:
    for exchange, change in timing.exchanges.items():
        for limit in fields(Change):
            value = getattr(change, limit.name)
            if value is not None:
                yield f"timing: {exchange}.{limit.name}", _duration(value)
    for span, within in timing.spans.items():
        yield f"timing: {span}", _duration(within)


def _shown(name: str, value: object) -> str:
    if value is None:
        return "as the table"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in IN_TIME:
        return f"{value} s"
    if isinstance(value, int) and value >= MS:
        return _duration(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _duration(value: int) -> str:
    return f"{value / S:g} s" if value >= S else f"{value / MS:g} ms"


def _endings() -> str:
    rows = ["| name | meaning | in order |", "|---|---|---|"]
    rows += [f"| `{one.name}` | {one.value} | {'yes' if one.good else 'no'} |" for one in Ending]
    return "\n".join(rows) + "\n"
