"""The protocols a session can speak: what the handshake calls them, their dialect, their table.

Loaded only when chosen: a process that speaks DIN alone never pays for the others.
"""

from dataclasses import dataclass
from importlib import import_module

from bsw.chrgm import dialect
from bsw.chrgm.dialect import Dialect
from bsw.chrgm.sequence.model import Table


@dataclass(frozen=True, slots=True)
class Protocol:
    name: str
    dialect: Dialect
    table: Table


_DIALECTS = {"din": dialect.din, "iso2": dialect.iso2}


def protocol(name: str) -> Protocol:
    """By the handshake's name: ``din`` or ``iso2``."""
    table: Table = import_module(f"bsw.chrgm.sequence.{name}").TABLE
    return Protocol(name, _DIALECTS[name](), table)
