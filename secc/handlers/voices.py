"""The station's voice by protocol name, loaded when it is needed."""

from importlib import import_module
from typing import Final

from bsw.chrgm.responder import Answers
from secc.station import Station

_VOICES: Final = {
    "din": ("secc.handlers.din", "DinAnswers"),
    "iso2": ("secc.handlers.iso2", "Iso2Answers"),
}


def voice(name: str, station: Station) -> Answers:
    module, cls = _VOICES[name]
    made: Answers = getattr(import_module(module), cls)(station)
    return made
