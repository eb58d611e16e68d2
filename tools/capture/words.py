"""A message as the values in it, each with its name on the wire, its number and its unit.

What an engineer reads is not the tree of the schema but its leaves: ``EVSEPresentVoltage 400.5 V``.
A quantity is one value here, whatever the protocol splits it into.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.specs import Group
from bsw.chrgm.messages.units import PhysicalQuantity, Rational
from bsw.exi import Fragment
from bsw.exi.grammar import grammar
from bsw.exi.views.names import member_name

_UNITS: Final = (
    ("Voltage", "V"),
    ("Current", "A"),
    ("Power", "W"),
    ("Energy", "Wh"),
    ("Frequency", "Hz"),
)
"""What a plain number of ISO 15118-20 means, by the name of the field it stands in."""

_PERCENT: Final = ("SOC", "SoC")
_SHORTEST_OCTETS: Final = 24

_SHORT: Final = re.compile(r"^(ACDP|AC|DC|WPT)(?=[A-Z][a-z])")


def wire_name(name: str) -> str:
    """A message's name in the norm, ``DC_ChargeLoopReq``, by that of its class."""
    return _SHORT.sub(r"\1_", name)


class Value(NamedTuple):
    """``path`` is the way through the message, ``EVSEStatus/NotificationMaxDelay``."""

    path: str
    value: float | int | str | bool
    unit: str = ""

    @property
    def text(self) -> str:
        if isinstance(self.value, float):
            return f"{self.value:.10g}{self._spaced}"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return f"{self.value}{self._spaced}"

    @property
    def _spaced(self) -> str:
        return f" {self.unit}" if self.unit else ""


def values(message: Message | Fragment | None) -> Iterator[Value]:
    """All values of a message.  A body stands without the shell around it."""
    if isinstance(message, Fragment):
        message = message.value if isinstance(message.value, Message) else None
    if message is None:
        return
    body = getattr(message, "body", None)
    yield from _of(message if body is None else body, "")


def _of(message: Message, path: str) -> Iterator[Value]:
    for field in grammar(type(message)).fields:
        found = getattr(message, field.name)
        if found is None:
            continue
        for number, one in enumerate(found) if field.many else ((None, found),):
            name = _name(field, one)
            step = f"{path}{name}" if number is None else f"{path}{name}[{number}]"
            yield from _value(one, step, name)


def _name(field: Any, value: object) -> str:  # noqa: ANN401 - a field of the grammar
    if isinstance(field.kind, Group) and isinstance(value, Message):
        return str(member_name(field.kind, value).wire)
    return str(field.wire or field.name)


def _value(found: object, path: str, name: str) -> Iterator[Value]:
    if isinstance(found, PhysicalQuantity):
        yield Value(path, found.si(), str(found.unit.value) if found.unit else "")  # DIN: optional
    elif isinstance(found, Rational):
        yield Value(path, found.si(), unit_of(path))
    elif isinstance(found, Message):
        yield from _of(found, f"{path}/")
    elif isinstance(found, bytes):
        yield Value(path, _octets(found))
    elif isinstance(found, bool | int | float):
        percent = isinstance(found, int) and not isinstance(found, bool) and name.endswith(_PERCENT)
        yield Value(path, found, "%" if percent else "")
    else:
        yield Value(path, str(getattr(found, "value", found)))


def unit_of(path: str) -> str:
    """The unit of a plain number, by the last name in its path that tells one."""
    name = path.rpartition("/")[2]
    units = [(name.rfind(word), unit) for word, unit in _UNITS if word in name]
    return max(units)[1] if units else ""


def _octets(octets: bytes) -> str:
    if len(octets) <= _SHORTEST_OCTETS:
        return octets.hex()
    return f"{octets[:8].hex()}... ({len(octets)} octets)"
