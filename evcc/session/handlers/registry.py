"""The vehicle's voice by protocol name, loaded when it is needed or prepared."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from bsw.chrgm.initiator import InitiatorScript
from bsw.chrgm.protocols import protocol, rehearse
from evcc.session.context import VehicleContext

_SCRIPTS: Final = {
    "din": ("evcc.session.handlers.din", "DinInitiatorScript"),
    "iso2": ("evcc.session.handlers.iso2", "Iso2InitiatorScript"),
}


def load(name: str) -> None:
    """All modules that a session of this protocol needs: the longest part of preparing it."""
    import_module(_SCRIPTS[name][0])
    protocol(name)


def prepare(name: str) -> Iterator[str]:
    """Load all that a session needs, in steps, before it is needed."""
    load(name)
    yield from rehearse(name)


def script(name: str, context: VehicleContext) -> InitiatorScript:
    module, cls = _SCRIPTS[name]
    made: InitiatorScript = getattr(import_module(module), cls)(context)
    return made
