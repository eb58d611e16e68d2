"""Roles: the values this room hands over, declared once.

A role is a field of one of the value classes, with its unit, range and meaning attached.  One
declaration feeds the binding to signals, the range check, the names in the configuration and
the documented page.  How a role reaches the bus is not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import Enum, IntFlag
from typing import Any, Final, get_type_hints

METADATA: Final = "role"

Value = float | bool | str | Enum | IntFlag
"""What a role may hold; ``None`` beside it means there is no value that may be used."""


class Kind(Enum):
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    BITS = "bits"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Role:
    """One value.  ``optional``: the bus carries a flag that says whether it is meant."""

    kind: Kind
    meaning: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    options: type[Enum] | None = None
    length: int = 0
    optional: bool = False
    name: str = ""
    group: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What a switch, a choice or a set of bits may be, as it stands in files."""
        if self.kind is Kind.SWITCH:
            return ("false", "true")
        return literals(self.options) if self.options else ()

    @property
    def allowed(self) -> str:
        """The range or the literals, for people."""
        if self.kind is Kind.NUMBER:
            return f"{self.low:g}..{self.high:g}"
        if self.kind is Kind.TEXT:
            return f"up to {self.length} characters"
        return ", ".join(self.words)


def number(unit: str, low: float, high: float, meaning: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - stands for the default of a field of any type
    role = Role(Kind.NUMBER, meaning, unit=unit, low=low, high=high, optional=optional)
    return field(default=None, metadata={METADATA: role})


def switch(meaning: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - as above
    return field(default=None, metadata={METADATA: Role(Kind.SWITCH, meaning, optional=optional)})


def choice(meaning: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - as above
    return field(default=None, metadata={METADATA: Role(Kind.CHOICE, meaning, optional=optional)})


def bits(meaning: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - as above
    return field(default=None, metadata={METADATA: Role(Kind.BITS, meaning, optional=optional)})


def text(length: int, meaning: str, *, optional: bool = False) -> Any:  # noqa: ANN401 - as above
    role = Role(Kind.TEXT, meaning, length=length, optional=optional)
    return field(default=None, metadata={METADATA: role})


def literals(options: type[Enum]) -> tuple[str, ...]:
    """The names of an enumeration as they stand in matrices, mappings and documents."""
    if issubclass(options, IntFlag):
        return tuple(member.name or "" for member in options)
    return tuple(str(member.value) for member in options)


def roles_of(group: type) -> tuple[Role, ...]:
    """The roles of one value class, in the order of its fields."""
    hints = get_type_hints(group)
    return tuple(
        _complete(entry.metadata[METADATA], entry.name, group, hints[entry.name])
        for entry in fields(group)
        if METADATA in entry.metadata
    )


def _complete(role: Role, name: str, group: type, hint: object) -> Role:
    types = [kind for kind in getattr(hint, "__args__", ()) if isinstance(kind, type)]
    options = next((kind for kind in types if issubclass(kind, Enum)), None)
    return replace(role, name=name, group=group.__name__, options=options, whole=int in types)


class Catalogue:
    """All roles of one direction.  Their names are unique, so a mapping needs no groups."""

    def __init__(self, *groups: type) -> None:
        self.groups: Final = {group: roles_of(group) for group in groups}
        self.roles: Final[dict[str, Role]] = {}
        for roles in self.groups.values():
            for role in roles:
                assert role.name not in self.roles, f"role {role.name} is declared twice"
                self.roles[role.name] = role

    @classmethod
    def of(cls, state: type) -> "Catalogue":
        """The groups are the fields of a state class."""
        hints = get_type_hints(state)
        groups: list[type] = [hints[entry.name] for entry in fields(state)]
        return cls(*groups)

    def __iter__(self) -> Iterator[Role]:
        return iter(self.roles.values())
