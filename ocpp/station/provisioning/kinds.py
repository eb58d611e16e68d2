"""The data types of variables, and whether a text is a value of one [B05.FR.07, B05.FR.08]."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST: Final = 1000
"""ConfigurationValueSize."""
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Traits:
    """Characteristics, in 2.x's words: ``values`` is the valuesList."""

    data_type: str = "string"
    unit: str = ""
    least: float | None = None
    most: float | None = None
    values: tuple[str, ...] = ()
    monitored: bool = True

    def __str__(self) -> str:
        bounds = f" {self.least}..{self.most}" if self.least is not None or self.most else ""
        return f"{self.data_type}{bounds} {','.join(self.values)}".strip()


def unfit(traits: Traits, value: str) -> str:
    """The reason code why a text is no such value; empty if it is one."""
    if len(value) > MOST:
        return "TooLargeElement"
    return _KINDS.get(traits.data_type, _text)(traits, value)


def _text(traits: Traits, value: str) -> str:
    too_long = traits.most is not None and len(value) > traits.most
    too_short = traits.least is not None and len(value) < traits.least
    return "ValueTooHigh" if too_long else "ValueTooLow" if too_short else ""


def _boolean(traits: Traits, value: str) -> str:
    del traits
    return "" if value.casefold() in {"true", "false"} else "InvalidValue"


def _option(traits: Traits, value: str) -> str:
    return "" if value in traits.values or not traits.values else "InvalidValue"


def _integer(traits: Traits, value: str) -> str:
    return _bounded(traits, value, _INTEGER)


def _decimal(traits: Traits, value: str) -> str:
    return _bounded(traits, value, _DECIMAL)


def _bounded(traits: Traits, value: str, form: "re.Pattern[str]") -> str:
    if form.fullmatch(value) is None:
        return "InvalidValue"
    number = float(value)
    if traits.least is not None and number < traits.least:
        return "ValueTooLow"
    if number > (math.inf if traits.most is None else traits.most):
        return "ValueTooHigh"
    return ""


def _listed(traits: Traits, value: str) -> str:
    """Members once each; an empty list is one."""
    words = [word.strip() for word in value.split(",")] if value else []
    if len(set(words)) != len(words):
        return "InvalidValue"
    known = not traits.values or set(words) <= set(traits.values)
    return "" if known else "InvalidValue"


def _moment(traits: Traits, value: str) -> str:
    del traits
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return "InvalidValue"
    return ""


_KINDS: Final = {
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "dateTime": _moment,
    "OptionList": _option,
    "MemberList": _listed,
    "SequenceList": _listed,
}
"""All others are texts."""
