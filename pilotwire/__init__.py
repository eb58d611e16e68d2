"""The front door for programs: messages, captures, test PKIs, a whole simulated bench, both ECUs.

Thin, and on top of all rooms: nothing here knows more than the room behind it.  Each name is
loaded when it is first used, so that ``import pilotwire`` costs nothing.  docs/python.md says
what is stable.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilotwire import pki
    from pilotwire.bench import Bench
    from pilotwire.capture import Capture
    from pilotwire.ecu import Station, Vehicle
    from pilotwire.messages import Decoded, DecodeError, EncodeError, decode, encode

__all__ = [
    "Bench",
    "Capture",
    "DecodeError",
    "Decoded",
    "EncodeError",
    "Station",
    "Vehicle",
    "decode",
    "encode",
    "pki",
]

_PLACES = {
    "Bench": "pilotwire.bench",
    "Capture": "pilotwire.capture",
    "DecodeError": "pilotwire.messages",
    "Decoded": "pilotwire.messages",
    "EncodeError": "pilotwire.messages",
    "Station": "pilotwire.ecu",
    "Vehicle": "pilotwire.ecu",
    "decode": "pilotwire.messages",
    "encode": "pilotwire.messages",
}


def __getattr__(name: str) -> object:
    if name == "pki":
        return import_module("pilotwire.pki")
    if name not in _PLACES:
        raise AttributeError(f"pilotwire has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
