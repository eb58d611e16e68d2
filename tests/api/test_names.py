"""The north sides have every name of the known interface, with its arguments and types."""

import dataclasses
import inspect
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from bsw.chrgm.modes import ModeName
from evcc.north import about as vehicle_about
from evcc.north import objects as vehicle_objects
from evcc.north import variables as vehicle_variables
from evcc.north import vehicle
from secc.api import about, charger, core, literals, objects
from secc.api.variables import DEBUG, VARIABLES

PAGE = Path(__file__).parents[1] / "data" / "api" / "interface.txt"
LINES = [line.split() for line in PAGE.read_text(encoding="utf-8").splitlines()]

OURS = {
    "EvseId": "EVSEID",
    "HlcSessionFailedReason": "HlcSessionFailedReasonEnum",
}
"""Where the class has another name than the type of the interface."""

LOOSE = {"V2gMessageId": "str"}
"""Types that are plainer here."""

SIGNED = {"Current": "SignedCurrent", "Voltage": "SignedVoltage", "Frequency": "SignedFrequency"}


def of(kind: str) -> list[list[str]]:
    return [line[1:] for line in LINES if line[0] == kind]


def said(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """An annotation as the interface writes types."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return said(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        present = [one for one in get_args(annotation) if one is not NoneType]
        return said(present[0])
    if origin is list:
        return f"list[{said(get_args(annotation)[0])}]"
    if annotation is None or annotation is NoneType:
        return "null"
    if annotation in {float, int}:
        return "number"
    name = str(annotation.__name__)
    return OURS.get(name, name)


def same(expected: str, annotation: object, name: str = "") -> bool:
    expected = LOOSE.get(expected, expected).replace("int", "number")
    if name.endswith("_signed"):
        expected = SIGNED.get(expected, "SignedTotal")
    return said(annotation) == expected


@pytest.mark.parametrize("line", of("command"), ids=lambda line: line[0])
def test_each_command_of_the_station_takes_these_arguments(line: list[str]) -> None:
    name, result, *arguments = line
    method = getattr(charger.Charger, name)
    hints = get_type_hints(method, include_extras=True)
    parameters = list(inspect.signature(method).parameters)[1:]
    assert parameters == [one.split(":")[0] for one in arguments]
    assert said(hints["return"]) == result.removeprefix("->")
    for argument, kind in (one.split(":") for one in arguments):
        assert same(kind, hints[argument]), (argument, said(hints[argument]))


def test_the_station_has_no_other_commands_than_these_and_its_additions() -> None:
    assert [line[0] for line in of("command")] == core.COMMANDS
    assert set(core.ADDITIONS) == set(about.ADDITIONS)


def test_the_variables_of_the_station_are_these_with_their_types() -> None:
    assert list(VARIABLES) == [name for name, _ in of("variable")]
    for name, kind in of("variable"):
        assert same(kind, VARIABLES[name]), name
    assert set(VARIABLES) > DEBUG


@pytest.mark.parametrize("line", of("enum"), ids=lambda line: line[0])
def test_each_list_of_literals_is_complete(line: list[str]) -> None:
    name, *expected = line
    kind = getattr(literals, next((ours for ours, known in OURS.items() if known == name), name))
    assert issubclass(kind, Enum)
    assert [str(member.value) for member in kind] == expected


VEHICLE_OBJECTS = {"DcEvParameters", "DcEvBPTParameters", "SelectedPaymentOption"}
VEHICLE_TOLD = {"AcTargetPower"}
STATION_OBJECTS = [
    line for line in of("object") if line[0] not in VEHICLE_OBJECTS | VEHICLE_TOLD | LOOSE.keys()
]


@pytest.mark.parametrize("line", STATION_OBJECTS, ids=lambda line: line[0])
def test_each_object_has_these_fields(line: list[str]) -> None:
    name, *fields = line
    if name.startswith("Signed:"):
        plain = name.removeprefix("Signed:")
        name = (
            "SignedMeterValue" if plain == "SignedMeterValue" else SIGNED.get(plain, "SignedTotal")
        )
    known = {known: ours for ours, known in OURS.items()}
    check_fields(getattr(objects, known.get(name, name)), fields)


def check_fields(kind: type[BaseModel], fields: list[str]) -> None:
    assert list(kind.model_fields) == [one.split(":")[0].rstrip("?") for one in fields]
    for one in fields:
        name, expected = one.split(":")
        field = kind.model_fields[name.rstrip("?")]
        assert field.is_required() is not name.endswith("?"), name
        assert same(expected, field.annotation, name.rstrip("?")), name


@pytest.mark.parametrize("line", of("ev-command"), ids=lambda line: line[0])
def test_each_command_of_the_vehicle_takes_these_arguments(line: list[str]) -> None:
    name, result, *arguments = line
    assert name in vehicle.COMMANDS
    method = getattr(vehicle.Vehicle, name)
    parameters = inspect.signature(method).parameters
    assert set(parameters) >= {one.split(":")[0] for one in arguments}
    required = {
        key
        for key, one in parameters.items()
        if key != "self" and one.default is inspect.Parameter.empty
    }
    assert required == {one.split(":")[0] for one in arguments}
    assert said(get_type_hints(method)["return"]) == result.removeprefix("->")


@pytest.mark.parametrize(
    "line", [line for line in of("object") if line[0] in VEHICLE_OBJECTS], ids=lambda line: line[0]
)
def test_each_object_of_the_vehicle_has_these_fields(line: list[str]) -> None:
    name, *fields = line
    kind: type[BaseModel] = getattr(vehicle_objects, name)
    assert list(kind.model_fields) == [one.split(":")[0].rstrip("?") for one in fields]
    assert not any(field.is_required() for field in kind.model_fields.values())


@pytest.mark.parametrize("name", sorted(VEHICLE_TOLD))
def test_each_object_the_vehicle_tells_has_these_fields(name: str) -> None:
    (line,) = [line for line in of("object") if line[0] == name]
    told = [one.name for one in dataclasses.fields(getattr(vehicle_objects, name))]
    assert told == [one.split(":")[0].rstrip("?") for one in line[1:]]


def test_the_vehicle_knows_its_modes_and_errors_by_the_same_literals() -> None:
    by_name = {line[0]: line[1:] for line in of("enum")}
    assert set(get_args(ModeName)) < set(by_name["EnergyTransferMode"])
    assert get_origin(vehicle_objects.ErrorCode) is Literal
    assert set(get_args(vehicle_objects.ErrorCode)) < set(by_name["DcEvErrorCode"])


def test_the_variables_of_the_vehicle_begin_with_the_known_ones() -> None:
    known = of("ev-variable")
    assert list(vehicle_variables.VARIABLES)[: len(known)] == [name for name, _ in known]
    for name, kind in known:
        assert same(kind, vehicle_variables.VARIABLES[name]), name


def test_everything_is_explained() -> None:
    assert list(about.COMMANDS) == [line[0] for line in of("command")]
    assert list(about.VARIABLES) == list(VARIABLES)
    assert set(about.NOT_HERE) < set(about.COMMANDS) | set(about.VARIABLES)
    assert set(vehicle_about.COMMANDS) == set(vehicle.COMMANDS)
    assert list(vehicle_about.VARIABLES) == list(vehicle_variables.VARIABLES)
    assert set(vehicle_about.NOT_HERE) < set(vehicle_about.COMMANDS) | set(vehicle_about.VARIABLES)
