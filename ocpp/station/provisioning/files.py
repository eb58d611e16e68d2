"""Reads components from JSON: lists of ``reportData`` in the words of NotifyReport.

Shipped files first, the integrator's own after them: a variable that is there again replaces the
shipped one.  ``"each": "evse"`` or ``"each": "connector"`` repeats an element for all of them;
``"versions"`` and ``"reboot"`` are our own words, the rest is OCPP's.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from ocpp.station.provisioning.kinds import Traits, unfit
from ocpp.station.provisioning.model import READ_WRITE, Attribute, Key, Variable

SHIPPED: Final = "ocpp.station.provisioning"


class ComponentsUnusable(Exception):
    """A file cannot be used; says which, where and what to do."""


class _Evse(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: int
    connectorId: int = 0  # noqa: N815 - OCPP's names


class _Component(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    instance: str = ""
    evse: _Evse | None = None


class _Name(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    instance: str = ""


class _Attribute(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    type: str = "Actual"
    value: str = ""
    mutability: str = READ_WRITE
    persistent: bool = True
    constant: bool = False


class _Characteristics(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    dataType: str = "string"  # noqa: N815
    supportsMonitoring: bool = True  # noqa: N815
    unit: str = ""
    minLimit: float | None = None  # noqa: N815
    maxLimit: float | None = None  # noqa: N815
    valuesList: str = ""  # noqa: N815


class _Element(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    component: _Component
    variable: _Name
    variableAttribute: tuple[_Attribute, ...] = (_Attribute(),)  # noqa: N815
    variableCharacteristics: _Characteristics = _Characteristics()  # noqa: N815
    each: str = ""
    reboot: bool = False


def shipped(evses: Iterable[int]) -> list[Variable]:
    """The components every station of this kind has."""
    folder = files(SHIPPED) / "components"
    found: list[Variable] = []
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.name.endswith(".json"):
            found += read(path.read_bytes(), path.name, evses)
    return found


def custom(folder: Path, evses: Iterable[int]) -> list[Variable]:
    """An integrator's own; raises ``ComponentsUnusable``."""
    places = tuple(evses)
    return [
        variable
        for path in sorted(folder.glob("*.json"))
        for variable in read(path.read_bytes(), str(path), places)
    ]


def read(octets: bytes, name: str, evses: Iterable[int]) -> list[Variable]:
    places = tuple(evses)
    try:
        elements = msgspec.json.decode(octets, type=list[_Element])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ComponentsUnusable(
            f"{name}: {error}; write a list of reportData as in NotifyReport"
        ) from None
    found = [variable for element in elements for variable in _repeated(element, places)]
    for each in found:
        _check(each, name)
    return found


def _repeated(element: _Element, evses: tuple[int, ...]) -> list[Variable]:
    component = element.component
    if element.each == "evse":
        keys = [Key(component.name, component.instance, evse) for evse in evses]
    elif element.each == "connector":
        keys = [Key(component.name, component.instance, evse, 1) for evse in evses]
    else:
        place = component.evse or _Evse(0)
        keys = [Key(component.name, component.instance, place.id, place.connectorId)]
    return [_variable(element, key) for key in keys]


def _variable(element: _Element, key: Key) -> Variable:
    traits = element.variableCharacteristics
    values = tuple(word.strip() for word in traits.valuesList.split(",") if word.strip())
    made = Variable(
        key,
        element.variable.name,
        element.variable.instance,
        Traits(
            traits.dataType,
            traits.unit,
            traits.minLimit,
            traits.maxLimit,
            values,
            traits.supportsMonitoring,
        ),
    )
    for each in element.variableAttribute:
        made.attributes[each.type] = Attribute(
            each.value, each.mutability, each.persistent, each.constant, element.reboot
        )
    return made


def _check(variable: Variable, name: str) -> None:
    """A value of a file must be one that the back end could set."""
    for kind, attribute in variable.attributes.items():
        wrong = unfit(variable.traits, attribute.value) if attribute.value else ""
        if wrong:
            known: dict[str, Any] = {"component": variable.component.name, "type": kind}
            raise ComponentsUnusable(
                f"{name}: {variable.name} {known} = {attribute.value!r}: {wrong}; "
                f"it takes {variable.traits}"
            )
