"""Variables of a north side: who listens to which, and the last value of each.

A value is checked against its type when it is published: a wrong one is our own mistake, and
found in the tests and not by an integrator.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, get_origin

Listener = Callable[[Any], None]


class UnknownVariable(KeyError):
    def __init__(self, name: str, interface: str) -> None:
        super().__init__(f"{name!r} is not a variable of the {interface} interface")


class Variables:
    """``table`` is the whole list, each with its type; ``None`` for events without a value."""

    def __init__(self, table: Mapping[str, Any], interface: str) -> None:
        self.table = table
        self.interface = interface
        self._listeners: dict[str, list[Listener]] = {name: [] for name in table}
        self._last: dict[str, Any] = {}

    def subscribe(self, name: str, listener: Listener) -> None:
        self._listeners[self._known(name)].append(listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        """The last value, ``None`` if there was none yet."""
        return self._last.get(self._known(name))

    def told(self, name: str) -> bool:
        """Whether it was published at all: an event has no value to see that by."""
        return self._known(name) in self._last

    def publish(self, name: str, value: Any = None) -> None:  # noqa: ANN401
        assert _fits(self.table[self._known(name)], value), f"{name} cannot be {value!r}"
        self._last[name] = value
        for listener in self._listeners[name]:
            listener(value)

    def publish_changed(self, name: str, value: object) -> bool:
        """Only when it differs from what was said last; true if it did."""
        differs = not self.told(name) or self._last[name] != value
        if differs:
            self.publish(name, value)
        return differs

    def _known(self, name: str) -> str:
        if name not in self.table:
            raise UnknownVariable(name, self.interface)
        return name


def _fits(kind: Any, value: Any) -> bool:  # noqa: ANN401
    if kind is None:
        return value is None
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, _class_of(kind))


@lru_cache(maxsize=256)
def _class_of(kind: Any) -> Any:  # noqa: ANN401 - a type, or one with parameters
    return get_origin(kind) or kind
