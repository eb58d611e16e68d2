"""The configuration of the tester's door on CAN: identifiers, and how frames look."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from bsw.ecuc.part import Part, Wrong

STANDARD_IDS: Final = 0x7FF
EXTENDED_IDS: Final = 0x1FFF_FFFF
CanId = Annotated[int, Field(ge=0, le=EXTENDED_IDS, examples=["0x7E0"])]


class DiagnosticsCanConfig(Part):
    """The identifiers a tester uses, and how its frames look."""

    request: CanId = 0x7E0
    response: CanId = 0x7E8
    functional: CanId = 0x7DF
    """Asked of all ECUs at once."""

    extended: bool = False
    """The three identifiers have 29 bits."""

    fd: bool = True
    """CAN-FD frames of up to 64 octets; false for classic CAN."""

    padding: Annotated[int, Field(ge=0, le=255)] = 0xCC
    separation: Annotated[int, Field(ge=0, le=127)] = 0
    """Milliseconds a tester waits between two frames of one message (STmin)."""

    block: Annotated[int, Field(ge=0, le=255)] = 8
    """Frames a tester sends before it waits for our flow control; 0 for all."""

    def problems(self) -> Iterable[Wrong]:
        names = ("request", "response", "functional")
        if len({getattr(self, name) for name in names}) < len(names):
            yield Wrong("", "request, response and functional must differ", "response: 0x7E8")
        for name in names:
            if not self.extended and getattr(self, name) > STANDARD_IDS:
                yield Wrong(name, "has more than 11 bits", "extended: true")
