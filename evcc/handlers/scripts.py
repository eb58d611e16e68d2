"""The vehicle's voice by protocol name, loaded when it is needed."""

from importlib import import_module
from typing import Final

from bsw.chrgm.initiator import Script
from evcc.car import Car

_SCRIPTS: Final = {
    "din": ("evcc.handlers.din", "DinScript"),
    "iso2": ("evcc.handlers.iso2", "Iso2Script"),
}


def script(name: str, car: Car) -> Script:
    module, cls = _SCRIPTS[name]
    made: Script = getattr(import_module(module), cls)(car)
    return made
