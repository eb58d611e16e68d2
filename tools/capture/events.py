"""What a conversation is made of, whatever file it was read from.

``when`` is nanoseconds since 1970, or since the beginning where the file has no calendar.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bsw.chrgm.messages.model import Message
from bsw.exi import Fragment


class Layer(Enum):
    SLAC = "SLAC"
    SDP = "SDP"
    TCP = "TCP"
    TLS = "TLS"
    V2G = "V2G"
    CAN = "CAN"
    FILE = "file"


class Side(Enum):
    """Who said it, as far as the protocol tells."""

    VEHICLE = "vehicle"
    STATION = "station"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was said or that happened.

    ``wrong`` says what is not as it should be, and stays empty otherwise.  ``connection`` numbers
    the TCP connections of a file from 1; 0 is none.
    """

    when: int
    layer: Layer
    name: str
    side: Side = Side.UNKNOWN
    source: str = ""
    destination: str = ""
    connection: int = 0
    schema: str = ""
    payload_type: int = 0
    message: Message | Fragment | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    octets: bytes = b""
    wrong: tuple[str, ...] = ()


def can_event(when: int, bus: str, number: int, extended: bool, octets: bytes) -> Event:  # noqa: FBT001 - parts of a frame
    """A frame whose contents no matrix has named yet."""
    name = f"CAN {number:08X}" if extended else f"CAN {number:03X}"
    fields = {"id": number, "extended": extended, "bus": bus}
    return Event(when, Layer.CAN, name, source=bus, fields=fields, octets=octets)
