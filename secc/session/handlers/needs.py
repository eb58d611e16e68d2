"""What a back end wants to know of the vehicle: who it is, and what it needs.

The same for DIN and ISO 15118-2.  Published only when it changes, so that each publication is
worth a message of the back end's protocol.
"""

from collections.abc import Iterable
from typing import Any, Final

from bsw.chrgm.messages.units import PhysicalQuantity
from secc.api.extensions import (
    ACChargingParameters,
    ChargingNeeds,
    ChosenSchedule,
    DCChargingParameters,
    ScheduleStep,
)
from secc.api.literals import ControlMode, EnergyTransferMode
from secc.session.context import StationContext
from secc.session.handlers.published import LATEST_DEPARTURE, moment, si

SAME_DEPARTURE: Final = 60
"""Seconds by which a departure may wander while a request is repeated."""


def publish_ev_info(station: StationContext, **known: object) -> None:
    """What is ``known`` now is added to what was known before."""
    known["tls"] = station.record.agreed.secure
    station.vehicle = station.vehicle.model_copy(update=known)
    station.publish("ev_info", station.vehicle)


def publish_charging_needs(
    station: StationContext,
    needs: object,
    entries: int | None = None,
) -> None:
    """Of a ChargeParameterDiscoveryReq that was accepted."""
    ac = station.mode.ac
    told = ChargingNeeds(
        requested_energy_transfer=EnergyTransferMode(station.mode.name),
        control_mode=ControlMode.SCHEDULED,
        departure_time=departure_of(station, getattr(needs, "departure_time", None)),
        ac_charging_parameters=_ac(needs) if ac else None,
        dc_charging_parameters=None if ac else _dc(needs),
        max_schedule_tuples=entries,
    )
    if station.news("charging_needs", told):
        station.publish("charging_needs", told)


def departure_of(station: StationContext, seconds: int | None) -> str | None:
    """A repeated request, a few seconds later, does not move it."""
    if seconds is None:
        return None
    now = station.calendar.unix()
    at = now + min(seconds, LATEST_DEPARTURE)
    before = station.heard.get("departure")
    if isinstance(before, int) and abs(at - before) <= SAME_DEPARTURE:
        at = before
    station.heard["departure"] = at
    return moment(station, at - now)


def _ac(needs: Any) -> ACChargingParameters:  # noqa: ANN401
    return ACChargingParameters(
        energy_amount=needs.e_amount.si(),
        ev_min_current=needs.ev_min_current.si(),
        ev_max_current=needs.ev_max_current.si(),
        ev_max_voltage=needs.ev_max_voltage.si(),
    )


def _dc(needs: Any) -> DCChargingParameters:  # noqa: ANN401
    return DCChargingParameters(
        ev_max_current=needs.ev_maximum_current_limit.si(),
        ev_max_voltage=needs.ev_maximum_voltage_limit.si(),
        ev_max_power=_amount(needs.ev_maximum_power_limit),
        ev_energy_capacity=_amount(needs.ev_energy_capacity),
        energy_amount=_amount(needs.ev_energy_request),
        state_of_charge=_percent(needs.dc_ev_status.evresssoc),
        full_soc=None if needs.full_soc is None else _percent(needs.full_soc),
        bulk_soc=None if needs.bulk_soc is None else _percent(needs.bulk_soc),
    )


def _amount(value: PhysicalQuantity | None) -> float | None:
    """An optional amount; one below zero is none at all."""
    amount = si(value)
    return None if amount is None or amount < 0 else amount


def _percent(value: int) -> int:
    return min(100, max(0, value))


def publish_choice(
    station: StationContext, number: int, steps: Iterable[tuple[int, float]]
) -> None:
    """Of a PowerDeliveryReq that was accepted: watts by seconds from now, in order."""
    course = tuple(ScheduleStep(start=start, power=power) for start, power in steps)
    station.publish("chosen_schedule", ChosenSchedule(schedule_tuple_id=number, steps=course))
