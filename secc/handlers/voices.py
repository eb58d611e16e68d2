"""The station's voice by protocol name, loaded when it is needed or prepared."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from bsw.chrgm.protocols import protocol, rehearse
from bsw.chrgm.responder import Answers
from secc.station import Station

_VOICES: Final = {
    "din": ("secc.handlers.din", "DinAnswers"),
    "iso2": ("secc.handlers.iso2", "Iso2Answers"),
}


def load(name: str) -> None:
    """All modules that a session of this protocol needs: the longest part of preparing it."""
    import_module(_VOICES[name][0])
    protocol(name)


def prepare(name: str) -> Iterator[str]:
    """Load all that a session needs, in steps, before it is needed."""
    load(name)
    yield from rehearse(name)


def voice(name: str, station: Station) -> Answers:
    module, cls = _VOICES[name]
    made: Answers = getattr(import_module(module), cls)(station)
    return made
