"""The protocols a session can speak: what the handshake calls them, their dialect, their table.

Loaded only when named: a process that speaks DIN alone never pays for the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from bsw import exi
from bsw.chrgm import dialect
from bsw.chrgm.dialect import Dialect
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import NO_SESSION, Said
from bsw.chrgm.sequence.model import Table


@dataclass(frozen=True, slots=True)
class Protocol:
    name: str
    dialect: Dialect
    table: Table


_DIALECTS = {"din": dialect.din, "iso2": dialect.iso2}


def protocol(name: str, tolerance: exi.Tolerance = exi.FIELD) -> Protocol:
    """By the handshake's name, ``din`` or ``iso2``; ``tolerance`` is what its reading lets pass."""
    table: Table = import_module(f"bsw.chrgm.sequence.{name}").TABLE
    return Protocol(name, _DIALECTS[name](tolerance), table)


def rehearse(name: str, tolerance: exi.Tolerance = exi.FIELD) -> Iterator[str]:
    """Load a protocol and code each of its messages once; yields between the steps.

    The first message of a kind takes milliseconds, the first of all tens of them.  In a session
    nothing else would be heard for so long, and the vehicle's bus is silent for 50 ms at most.
    """
    yield name
    exi.codec("sap", tolerance)
    spoken = protocol(name, tolerance)
    for exchange in spoken.table.exchanges.values():
        yield f"{name} {exchange.name}"
        for kind in (exchange.request, exchange.response):
            spoken.dialect.decode(*spoken.dialect.encode(NO_SESSION, Said(smallest(kind))))
