"""The parameters of energy services, as messages have them and as everybody else reads them.

A value may come as any kind of integer ([1] of the field: ControlMode as byteValue), so readers
ask by name and never by kind.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from bsw.chrgm.iso20.words import number
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.services import ParameterSet

Value = bool | int | float | str

CONNECTOR: Final = "Connector"
CONTROL_MODE: Final = "ControlMode"
NOMINAL_VOLTAGE: Final = "EVSENominalVoltage"
MOBILITY: Final = "MobilityNeedsMode"
PRICING: Final = "Pricing"
CHANNEL: Final = "BPTChannel"
GENERATOR: Final = "GeneratorMode"
ISLANDING: Final = "GridCodeIslandingDetectionMethod"
ISLANDING_TOO: Final = "DetectionMethodGridCodeIslanding"
"""How one stack of the field spells it."""

SCHEDULED, DYNAMIC = 1, 2
BY_VEHICLE, BY_STATION_TOO = 1, 2
NO_PRICES, ABSOLUTE_PRICES, PRICE_LEVELS = 0, 1, 2
UNIFIED, SEPARATED = 1, 2
FOLLOWING, FORMING = 1, 2
SINGLE_PHASE: Final = 1
THREE_PHASE: Final = (3, 2)
"""Connector of three phases: both are in the field, so both are read; the first is sent first."""


def _said(one: common.Parameter) -> Value:
    integers = (one.byte_value, one.short_value, one.int_value)
    whole = next((value for value in integers if value is not None), None)
    if whole is not None:
        return whole
    if one.bool_value is not None:
        return one.bool_value
    if one.rational_number is not None:
        return one.rational_number.si()
    return one.finite_string or ""


def read(message: common.ParameterSet) -> ParameterSet:
    """A set as it came; of a name that stands there twice the first counts."""
    values: dict[str, Value] = {}
    for one in message.parameter:
        values.setdefault(one.name, _said(one))
    if ISLANDING_TOO in values:
        values.setdefault(ISLANDING, values[ISLANDING_TOO])
    return ParameterSet(message.parameter_set_id, values)


def read_all(messages: Iterable[common.ParameterSet]) -> tuple[ParameterSet, ...]:
    return tuple(read(one) for one in messages)


def written(one: ParameterSet) -> common.ParameterSet:
    return common.ParameterSet(
        parameter_set_id=one.number,
        parameter=tuple(_parameter(name, value) for name, value in one.parameters.items()),
    )


def _parameter(name: str, value: Value) -> common.Parameter:
    if isinstance(value, bool):
        return common.Parameter(name=name, bool_value=value)
    if isinstance(value, str):
        return common.Parameter(name=name, finite_string=value)
    if value != int(value):
        return common.Parameter(name=name, rational_number=number(value))
    return common.Parameter(name=name, int_value=int(value))


def listed(sets: Iterable[ParameterSet]) -> common.ServiceParameterList:
    return common.ServiceParameterList(parameter_set=tuple(written(one) for one in sets))


def whole(parameters: Mapping[str, Value], name: str, default: int) -> int:
    """A parameter that is a number; what is missing or no number is the default."""
    value = parameters.get(name, default)
    return default if isinstance(value, str) else int(value)
