"""The messages of one version: octets to typed values and back, checked against the schemas.

Types are built at first use.  A ``Catalogue`` is what a role asks whether an action exists, which
way it may go and what is wrong with a payload; what the payload means is no affair of this room.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ocpp.folder import Kind, SchemaFolder, shipped
from ocpp.shapes import ShapeBuilder, decode_special, encode_special
from ocpp.tolerance import MOST_MENDS, Mend, mend, problem_of
from ocpp.versions import Problem, Version, Wrong

Message = Any
"""A struct made from a schema; its fields have OCPP's names, what is left out is ``UNSET``."""

EncodedMessage = bytes


class Refused(Exception):
    """A payload breaks its schema."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Read:
    """A payload as read, and what had to be put right for that."""

    message: Message
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A message's type, and the decoder that was made for it."""

    shape: type[msgspec.Struct]
    decode: Callable[[bytes], Message]


_ENCODER = msgspec.json.Encoder(enc_hook=encode_special)
_GENERIC = msgspec.json.Decoder()


class Catalogue:
    """One version's messages.  ``strict`` mends nothing."""

    def __init__(
        self, version: Version, folder: Path | None = None, *, strict: bool = False
    ) -> None:
        self.version = version
        self.strict = strict
        self.schemas = SchemaFolder(version, folder) if folder is not None else shipped(version)
        self._readings: dict[tuple[str, Kind], _Reading] = {}

    def knows(self, action: str) -> bool:
        return self.schemas.knows(action)

    def is_send(self, action: str) -> bool:
        """A message that has no answer."""
        return self.knows(action) and not self.schemas.knows(action, Kind.RESPONSE)

    def type_of(self, action: str, kind: Kind) -> type[msgspec.Struct]:
        return self._reading(action, kind).shape

    def make(self, action: str, kind: Kind, fields: Mapping[str, object]) -> Message:
        """A message from plain values; ``Refused`` if it breaks the schema."""
        try:
            return msgspec.convert(
                fields, self.type_of(action, kind), dec_hook=decode_special, str_keys=True
            )
        except msgspec.ValidationError as error:
            raise Refused(problem_of(error)) from None

    def encode(
        self, action: str, kind: Kind, fields: "Mapping[str, object] | Message"
    ) -> EncodedMessage:
        """The payload's octets, from plain values or from a message.

        Plain values are checked and then written as they are: a text stays the same text.
        """
        if isinstance(fields, Mapping):
            self.make(action, kind, fields)
        return _ENCODER.encode(fields)

    def decode(self, action: str, kind: Kind, payload: bytes) -> Read:
        """What a peer sent; ``Refused`` says what is wrong with it."""
        reading = self._reading(action, kind)
        try:
            return Read(reading.decode(payload))
        except msgspec.ValidationError as error:
            if self.strict:
                raise Refused(problem_of(error)) from None
            return self._mended(reading.shape, payload, error)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(problem_of(error)) from None

    def _mended(
        self, wanted: type[msgspec.Struct], payload: bytes, error: msgspec.ValidationError
    ) -> Read:
        try:
            value = _GENERIC.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as worse:
            raise Refused(problem_of(worse)) from None
        mends: list[Mend] = []
        while (done := mend(value, error)) is not None and len(mends) < MOST_MENDS:
            mends.append(done)
            try:
                message = msgspec.convert(value, wanted, dec_hook=decode_special)
            except msgspec.ValidationError as next_error:
                error = next_error
            else:
                return Read(message, tuple(mends))
        raise Refused(problem_of(error))

    def _reading(self, action: str, kind: Kind) -> "_Reading":
        found = self._readings.get((action, kind))
        if found is None:
            if not self.schemas.knows(action, kind):
                raise Refused(Problem(Wrong.NOT_IMPLEMENTED, f"{action} has no {kind.value}"))
            name = action + kind.value
            shape = ShapeBuilder(name, self.schemas.read(action, kind)).build()
            decoder = msgspec.json.Decoder(shape, dec_hook=decode_special)
            found = _Reading(shape, decoder.decode)
            self._readings[action, kind] = found
        return found
