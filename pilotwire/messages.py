"""Octets to messages and back, for whoever has one without a session around it.

The codec is ``bsw.exi``; this only finds out which schema is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bsw import exi
from bsw.chrgm.coding.dialect import din, iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.record import NO_SESSION, Said
from bsw.exi import DecodeError, EncodeError, Fragment
from bsw.exi.schema import PACKAGE
from bsw.exi.views.as_json import from_tree, to_tree
from bsw.exi.views.as_xml import to_xml
from bsw.v2gtp import PayloadType, pack
from tools.capture.words import values
from tools.exi import schemas
from tools.exi.inputs import unframed

__all__ = ["DecodeError", "Decoded", "EncodeError", "decode", "encode"]

_WRAPPED = {"din": din, "iso2": iso2}
_PAYLOAD_TYPES = {
    name: number
    for number, names in reversed(schemas.BY_PAYLOAD_TYPE.items())  # the first of several counts
    for name in names
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message, the schema it was read by, and what had to be tolerated."""

    schema: str
    message: Message
    notes: tuple[str, ...] = ()

    @property
    def body(self) -> Message:
        """What is inside ``V2G_Message``; of all others the message itself."""
        inside = getattr(self.message, "body", None)
        return inside if isinstance(inside, Message) else self.message

    @property
    def name(self) -> str:
        """``CurrentDemandRes``."""
        return type(self.body).__name__

    @property
    def values(self) -> dict[str, float | int | str | bool]:
        """Every value by its path on the wire; quantities in their SI unit."""
        return {value.path: value.value for value in values(self.message)}

    def as_tree(self) -> dict[str, object]:
        """As plain dictionaries and lists, as ``v2g exi decode`` prints them."""
        return to_tree(exi.schema_set(self.schema), self.message)

    def as_xml(self) -> str:
        return to_xml(exi.schema_set(self.schema), self.message, indent=2)


def decode(octets: bytes, schema: str | None = None, *, strict: bool = False) -> Decoded:
    """Read one message, with or without its V2GTP header.

    Without ``schema`` (``iso2``, ``din``, ``sap``, ``iso20.dc``, ...) the likeliest that reads it
    is taken.  What is no message is a ``DecodeError``, a schema that is not there a ``ValueError``.
    """
    data, payload_type = unframed(octets)
    name = schemas.known(schema) if schema else schemas.guess(data, payload_type, fragment=False)[0]
    noted = exi.codec(name, exi.CONFORMANCE if strict else exi.FIELD).decode_noted(data)
    assert isinstance(noted.message, Message), "only fragments are anything else"
    return Decoded(name, noted.message, noted.notes)


def encode(
    message: Message | Decoded | Mapping[str, object],
    schema: str | None = None,
    *,
    session_id: bytes = NO_SESSION,
    frame: bool = False,
) -> bytes:
    """The octets of a message, of what ``decode`` gave, or of a tree as ``as_tree`` gives it.

    A body of DIN 70121 or ISO 15118-2 is put into its ``V2G_Message`` with this session id.
    ``frame`` puts the V2GTP header before it.
    """
    name, known = _named(message, schemas.known(schema) if schema else None)
    octets = _octets(name, known, session_id)
    return pack(_PAYLOAD_TYPES.get(name, PayloadType.EXI), octets) if frame else octets


def _named(
    message: Message | Decoded | Mapping[str, Any], schema: str | None
) -> tuple[str, Message]:
    if isinstance(message, Decoded):
        return schema or message.schema, message.message
    if isinstance(message, Message):
        return schema or schema_of(message), message
    wire = next(iter(message), "")
    names = [schema] if schema else schemas.of_message(str(wire))
    if len(names) != 1:
        raise ValueError(f"say which schema {wire!r} belongs to: {', '.join(names or exi.SETS)}")
    found = from_tree(exi.schema_set(names[0]), dict(message))
    if isinstance(found, Fragment):
        raise ValueError(f"{wire!r} is no message of its own")  # noqa: TRY004 - of the tree given
    return names[0], found


def schema_of(message: Message) -> str:
    """The schema set a message's class was written for."""
    place = type(message).__module__
    for name, modules in exi.SETS.items():
        if place in {modules[-1], f"{PACKAGE}.{modules[-1]}"}:
            return name
    raise ValueError(f"{type(message).__name__} belongs to no schema; there are {list(exi.SETS)}")


def _octets(name: str, message: Message, session_id: bytes) -> bytes:
    if name in _WRAPPED and isinstance(message, exi.schema_set(name).modules[-1].BodyBase):
        return _WRAPPED[name]().encode(session_id, Said(message))[1]
    return exi.codec(name).encode(message)
