"""How a vehicle value is declared: where the bus has it, and who counts when two speak of it.

A value says beside its type which CAN role brings it and by which rule the bus's word and the
north side's become one.  Nothing here knows which values there are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final

METADATA: Final = "declared"
NO_ERROR: Final = "NO_ERROR"


@dataclass(frozen=True, slots=True)
class Rule:
    """``merge`` gets what the bus and what the north side say, where both say something."""

    name: str
    merge: Callable[[Any, Any], Any]
    exclusive: bool = False  # what the bus says, nobody else may say


MEASUREMENT: Final = Rule("measurement", lambda bus, _north: bus, exclusive=True)
LIMIT: Final = Rule("limit", min)
FLOOR: Final = Rule("floor", max)
WISH: Final = Rule("wish", lambda _bus, north: north)
PERMISSION: Final = Rule("permission", lambda bus, north: bus and north)
FAULT: Final = Rule("fault", lambda bus, north: bus if north == NO_ERROR else north)


@dataclass(frozen=True, slots=True)
class Declared:
    """``role`` is empty where the bus has no such value, or it takes a judgement to say it.

    ``lasting``: said once and for all; else for one charge, until the plug was out.
    """

    rule: Rule
    role: str = ""
    lasting: bool = True


def measured(role: str = "", default: object = None) -> Any:  # noqa: ANN401 - stands for the default of a field of any type
    """The bus's, where it has one; else the north side may tell it."""
    return field(default=default, metadata={METADATA: Declared(MEASUREMENT, role)})


def limit(role: str = "", default: object = None) -> Any:  # noqa: ANN401 - as above
    """The tighter of both, and tighter is less."""
    return field(default=default, metadata={METADATA: Declared(LIMIT, role)})


def floor(role: str = "") -> Any:  # noqa: ANN401 - as above
    """The tighter of both, and tighter is more."""
    return field(default=None, metadata={METADATA: Declared(FLOOR, role)})


def wished(role: str = "", default: object = None, *, lasting: bool = False) -> Any:  # noqa: ANN401 - as above
    """The north side's, where it said one."""
    return field(default=default, metadata={METADATA: Declared(WISH, role, lasting)})


def permitted(role: str) -> Any:  # noqa: ANN401 - as above
    """Both have to allow it, where both say something."""
    return field(default=None, metadata={METADATA: Declared(PERMISSION, role)})


def by(rule: Rule, default: object, *, lasting: bool = True) -> Any:  # noqa: ANN401 - as above
    """Judged from several things on the bus, and merged by a rule of its own."""
    return field(default=default, metadata={METADATA: Declared(rule, "", lasting)})


def declared(values: type) -> dict[str, Declared]:
    """What a class of values declares, by name.  A field without a rule is a mistake of ours."""
    return {one.name: one.metadata[METADATA] for one in fields(values)}
