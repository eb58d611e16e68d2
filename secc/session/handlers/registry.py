"""The station's voice by protocol name, loaded when it is needed or prepared."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from bsw.chrgm.protocols import protocol, rehearse
from bsw.chrgm.responder import ResponderScript
from secc.session.context import StationContext

_VOICES: Final = {
    "din": ("secc.session.handlers.din", "DinResponderScript"),
    "iso2": ("secc.session.handlers.iso2", "Iso2ResponderScript"),
}


def load(name: str) -> None:
    """All modules that a session of this protocol needs: the longest part of preparing it."""
    import_module(_VOICES[name][0])
    protocol(name)


def prepare(name: str) -> Iterator[str]:
    """Load all that a session needs, in steps, before it is needed."""
    load(name)
    yield from rehearse(name)


def voice(name: str, station: StationContext) -> ResponderScript:
    module, cls = _VOICES[name]
    made: ResponderScript = getattr(import_module(module), cls)(station)
    return made
