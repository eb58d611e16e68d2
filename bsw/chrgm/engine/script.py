"""Finds what a role says at each exchange among its handlers.

A handler is any object with methods such as ``ask_current_demand`` or
``answer_current_demand``; a role is made of several, one per part of the session.  A missing
method is found when the role is put together, not when a car is waiting.
"""

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Generic, TypeVar

from bsw.chrgm.protocols import protocol
from bsw.chrgm.sequence.model import Table
from bsw.chrgm.services import at

S = TypeVar("S")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """``DC_ChargeLoop`` becomes ``dc_charge_loop``."""
    return _WORD.sub("_", name).lower()


def reachable(table: Table) -> tuple[str, ...]:
    """The exchanges a session can come to; others of the schema need no handler."""
    led_to = {edge.to for exchange in table.exchanges.values() for edge in exchange.follow}
    row = tuple(name for name in table.exchanges if name in led_to or name == table.first)
    return (*row, *table.sides)


class Scripts(Generic[S]):
    """What a role says, by protocol: each in a room of ``handlers`` that has its name.

    Loaded when it is needed or before; ``script.SCRIPT`` there makes the script of a session and
    brings all modules with it that the session needs.
    """

    def __init__(self, handlers: str) -> None:
        self._handlers = handlers

    def load(self, name: str) -> Callable[..., S]:
        """The longest part of preparing a protocol."""
        spoken = protocol(name)
        assert spoken.table.first, "loaded with its table"
        made: Callable[..., S] = import_module(f"{self._handlers}.{spoken.name}.script").SCRIPT
        return made

    def script(self, name: str, context: object) -> S:
        return self.load(name)(context)


class MissingHandler(AssertionError):
    """A role does not know what to do at an exchange it can come to."""


def methods(
    verb: str, names: Iterable[str], handlers: tuple[object, ...]
) -> dict[str, Callable[..., Any]]:
    """``{"CurrentDemand": handler.ask_current_demand, ...}`` for all names."""
    names = tuple(names)
    found = own_methods(verb, names, handlers)
    for name in names:
        if name not in found:
            raise MissingHandler(f"no handler has {verb}_{snake(name)}")
    return found


def own_methods(
    verb: str, names: Iterable[str], handlers: tuple[object, ...]
) -> dict[str, Callable[..., Any]]:
    """The same where a handler need not have one."""
    found = {}
    for name in names:
        wanted = f"{verb}_{snake(name)}"
        owner = next((one for one in handlers if hasattr(one, wanted)), None)
        if owner is not None:
            found[name] = getattr(owner, wanted)
    return found


class ServiceHandlers:
    """What an energy service says in place of a script's own words.

    ``arguments`` are what its factory is called with: the session's context and the script.
    """

    def __init__(self, *arguments: object) -> None:
        self._arguments = arguments
        self._made: dict[str, object] = {}

    def find(self, place: str, verb: str, name: str) -> Callable[..., Any] | None:
        """The method of the service that stands at ``place``, if it has one."""
        if not place:
            return None
        if place not in self._made:
            self._made[place] = at(place)(*self._arguments)
        found: Callable[..., Any] | None = getattr(self._made[place], f"{verb}_{snake(name)}", None)
        return found
