"""The station's variables: what they are called, which values they take, who is told of a change.

Components come from JSON files in the words of NotifyReport.  A value the back end sets is kept by
whoever listens; a value that only shows something is read from a function.  Knows no message.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ocpp.station.provisioning.kinds import Traits, unfit


@dataclass(frozen=True, slots=True)
class Key:
    """A component: names are compared without regard to case."""

    name: str
    instance: str = ""
    evse: int = 0
    connector: int = 0

    def folded(self) -> "Key":
        return Key(self.name.casefold(), self.instance.casefold(), self.evse, self.connector)


ACTUAL: Final = "Actual"
READ_ONLY: Final = "ReadOnly"
WRITE_ONLY: Final = "WriteOnly"
READ_WRITE: Final = "ReadWrite"


@dataclass(slots=True)
class Attribute:
    """One of a variable's values; ``shown`` overrules what is stored."""

    value: str = ""
    mutability: str = READ_WRITE
    persistent: bool = True
    constant: bool = False
    reboot: bool = False
    shown: Callable[[], str] | None = None

    @property
    def now(self) -> str:
        return self.value if self.shown is None else self.shown()

    def show(self, read: Callable[[], str]) -> None:
        """Read it from a function from now on."""
        self.shown = read


@dataclass(slots=True)
class Variable:
    component: Key
    name: str
    instance: str
    traits: Traits
    attributes: dict[str, Attribute] = field(default_factory=dict)

    @property
    def actual(self) -> Attribute:
        return self.attributes[ACTUAL]


class Unknown(LookupError):
    """There is no such thing; ``status`` is 2.x's word for it."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Unfit(ValueError):
    """The value is not taken; ``reason`` is 2.x's code."""

    def __init__(self, reason: str, info: str = "") -> None:
        super().__init__(f"{reason}: {info}")
        self.reason = reason
        self.info = info


Check = Callable[[str], None]
"""Raises ``Unfit``."""
Change = Callable[[Variable, str], None]
"""A variable and the type of the attribute that has changed."""


class Model:
    """All components of one station."""

    def __init__(self, variables: list[Variable]) -> None:
        self._components: dict[Key, dict[tuple[str, str], Variable]] = {}
        self._checks: dict[int, Check] = {}
        self._listeners: list[Change] = []
        for each in variables:
            self.add(each)

    def __iter__(self) -> Iterator[Variable]:
        for variables in self._components.values():
            yield from variables.values()

    def add(self, variable: Variable) -> None:
        """Another one, or another maker's idea of one that is there."""
        known = self._components.setdefault(variable.component.folded(), {})
        known[variable.name.casefold(), variable.instance.casefold()] = variable

    def find(self, component: Key, name: str, instance: str = "") -> Variable:
        """Raises ``Unknown``: the component first, then the variable [B05.FR.04, B05.FR.05]."""
        variables = self._components.get(component.folded())
        if variables is None:
            raise Unknown("UnknownComponent")
        found = variables.get((name.casefold(), instance.casefold()))
        if found is None:
            raise Unknown("UnknownVariable")
        return found

    def get(self, component: str, name: str, instance: str = "", *, evse: int = 0) -> str:
        """The actual value of a variable that is known to be there."""
        connector = 1 if component == "Connector" else 0
        return self.find(Key(component, "", evse, connector), name, instance).actual.now

    def number(self, component: str, name: str, instance: str = "") -> float:
        """0 where nothing is set."""
        return float(self.get(component, name, instance) or 0)

    def flag(self, component: str, name: str, instance: str = "") -> bool:
        return self.get(component, name, instance).casefold() == "true"

    def members(self, component: str, name: str, instance: str = "") -> tuple[str, ...]:
        words = self.get(component, name, instance).split(",")
        return tuple(word.strip() for word in words if word.strip())

    def guard(self, component: str, name: str, check: Check, instance: str = "") -> None:
        """Ask before the back end may set it."""
        self._checks[id(self.find(Key(component), name, instance))] = check

    def show(self, key: Key, name: str, read: Callable[[], str], instance: str = "") -> None:
        """Read this value from a function from now on."""
        self.find(key, name, instance).actual.show(read)

    def listen(self, change: Change) -> None:
        self._listeners.append(change)

    def check(self, variable: Variable, kind: str, value: str) -> None:
        """Whether the back end may set it to this; raises ``Unknown`` or ``Unfit``."""
        attribute = variable.attributes.get(kind)
        if attribute is None:
            raise Unknown("NotSupportedAttributeType")
        if attribute.mutability == READ_ONLY or attribute.shown is not None:
            raise Unfit("ReadOnly")
        wrong = unfit(variable.traits, value)
        if wrong:
            raise Unfit(wrong, f"{variable.name} takes {variable.traits}")
        check = self._checks.get(id(variable)) if kind == ACTUAL else None
        if check is not None:
            check(value)

    def put(self, variable: Variable, kind: str, value: str) -> None:
        """Set it, unchecked, and tell."""
        attribute = variable.attributes[kind]
        if attribute.value != value:
            attribute.value = value
            for listener in self._listeners:
                listener(variable, kind)

    def set(self, component: str, name: str, value: str, instance: str = "") -> None:
        """Our own change of a value."""
        self.put(self.find(Key(component), name, instance), ACTUAL, value)
