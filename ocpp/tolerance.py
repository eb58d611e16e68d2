"""What a peer may write differently without being misunderstood, and how it is put right.

A payload is read strictly first.  Only when that fails, and only for the deviations listed here,
it is mended and read strictly again; each mend is told, so that it can be counted.  Where two
readings were possible nothing is mended.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import msgspec

from ocpp.versions import Problem, Wrong

MOST_MENDS: Final = 32
"""Places mended in one payload; beyond that the peer speaks another language."""


class Deviation(Enum):
    """What was mended.  A closed list."""

    UNKNOWN_FIELD = "a field that the schema does not have was passed over"
    WHOLE_NUMBER = "a whole number was written with a decimal point"
    NULL = "a field was null instead of absent"
    EMPTY_LIST = "a field was an empty list instead of absent"
    NO_ZONE = "a date-time without a zone was taken as UTC"


@dataclass(frozen=True, slots=True)
class Mend:
    """One deviation and where: ``$.meterValue[...].timestamp``."""

    deviation: Deviation
    place: str


_PLACE: Final = re.compile(r" - at `(key in )?(?P<place>\$[^`]*)`$")
_INDEX: Final = re.compile(r"\[\d+\]")
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)
_NAIVE: Final = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$")

Value = Any
"""Any JSON value."""


def problem_of(error: Exception) -> Problem:
    """The code and the words for what ``msgspec`` found."""
    if isinstance(error, RecursionError):
        return Problem(Wrong.FORMAT, "nested too deep")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Problem(Wrong.FORMAT, text)
    if "required field" in text or "unknown field" in text or "`array` of length" in text:
        return Problem(Wrong.OCCURRENCE, text)
    if ", got `null`" in text:
        return Problem(Wrong.OCCURRENCE, text)
    if ", got `" in text or text.startswith(("Expected `str` for", "Expected `object`")):
        return Problem(Wrong.TYPE, text)
    return Problem(Wrong.PROPERTY, text)


def place_of(error: Exception) -> str:
    """Where, for all elements of a list alike: they have one type."""
    found = _PLACE.search(str(error))
    return _INDEX.sub("[...]", found["place"]) if found is not None else "$"


def mend(payload: Value, error: msgspec.ValidationError) -> Mend | None:
    """Put right in ``payload`` what ``error`` complains of, or ``None`` if nothing is to do."""
    text, place = str(error), place_of(error)
    for deviation, applies, change in _MENDS:
        if applies(text):
            changed = [change(*spot, text) for spot in _spots(payload, place, deviation)]
            return Mend(deviation, place) if any(changed) else None
    return None


def _spots(
    payload: Value, place: str, deviation: Deviation
) -> Iterator[tuple["dict[str, Value] | list[Value]", object]]:
    """Container and key of each value at ``place``; of the object itself for a strange field."""
    if deviation is Deviation.UNKNOWN_FIELD:
        for holder in _values([payload], _steps(place)):
            if isinstance(holder, dict):
                yield holder, None
        return
    *way, last = _steps(place) or [""]
    for holder in _values([payload], way):
        if isinstance(holder, dict) and last in holder:
            yield holder, last
        elif isinstance(holder, list) and last == "[...]":
            yield from ((holder, index) for index in range(len(holder)))


def _steps(place: str) -> list[str]:
    return re.findall(r"\[\.\.\.\]|[^.\[\]]+", place[1:])


def _values(values: list[Value], steps: list[str]) -> list[Value]:
    for step in steps:
        if step == "[...]":
            values = [each for value in values if isinstance(value, list) for each in value]
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
    return values


def _drop_unknown(holder: Value, _key: object, text: str) -> bool:
    found = _UNKNOWN.match(_PLACE.sub("", text))
    return found is not None and holder.pop(found["field"], _ABSENT) is not _ABSENT


def _make_whole(holder: Value, key: object, _text: str) -> bool:
    value = holder[key]
    if isinstance(value, float) and value.is_integer():
        holder[key] = int(value)
        return True
    return False


def _drop_null(holder: Value, key: object, _text: str) -> bool:
    if isinstance(holder, dict) and holder[key] is None:
        del holder[key]
        return True
    return False


def _drop_empty(holder: Value, key: object, _text: str) -> bool:
    if isinstance(holder, dict) and holder[key] == []:
        del holder[key]
        return True
    return False


def _add_zone(holder: Value, key: object, _text: str) -> bool:
    value = holder[key]
    if isinstance(value, str) and _NAIVE.match(value):
        holder[key] = value + "Z"
        return True
    return False


_ABSENT: Final = object()
_MENDS: Final[
    tuple[tuple[Deviation, Callable[[str], bool], Callable[[Value, Any, str], bool]], ...]
] = (
    (Deviation.UNKNOWN_FIELD, lambda text: "unknown field" in text, _drop_unknown),
    (Deviation.WHOLE_NUMBER, lambda text: "Expected `int`, got `float`" in text, _make_whole),
    (Deviation.NULL, lambda text: ", got `null`" in text, _drop_null),
    (Deviation.EMPTY_LIST, lambda text: "`array` of length >= 1" in text, _drop_empty),
    (Deviation.NO_ZONE, lambda text: "with a timezone component" in text, _add_zone),
)
