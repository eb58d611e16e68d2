"""The station's script by the agreed application, loaded when it is needed or prepared."""

from collections.abc import Iterator
from typing import Final

from bsw.chrgm.protocols import protocol
from bsw.chrgm.rehearsal import rehearse
from bsw.chrgm.responder import ResponderScript
from bsw.chrgm.script import script_of
from secc.session.context import StationContext

HANDLERS: Final = "secc.session.handlers"


def load(name: str) -> None:
    """All modules that a session of this protocol needs: the longest part of preparing it."""
    spoken = protocol(name)
    script_of(HANDLERS, spoken.name)
    assert spoken.table.first, "loaded with its table"


def prepare(name: str) -> Iterator[str]:
    """Load all that a session needs, in steps, before it is needed."""
    load(name)
    yield from rehearse(name)


def script(name: str, station: StationContext) -> ResponderScript:
    made: ResponderScript = script_of(HANDLERS, protocol(name).name)(station)
    return made
