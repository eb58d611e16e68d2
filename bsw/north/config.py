"""What an integrator may set about the doors to a north side."""

from typing import Annotated

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.references import NewPath


class LocalDoorConfig(Part):
    """A Unix-domain socket that speaks lines of JSON.

    Only the user the ECU runs as, and root, can use it.
    """

    socket: NewPath | None = None
    """``null`` opens no door."""

    clients: Annotated[int, Field(ge=1, le=64)] = 8
    """Connections at a time."""

    queue: Annotated[int, Field(ge=65_536, le=16_777_216)] = 524_288
    """Octets that may wait for a client; one that reads more slowly is dropped."""
