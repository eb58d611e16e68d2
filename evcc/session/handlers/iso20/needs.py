"""What the vehicle needs and can, in the figures that ISO 15118-20 asks for."""

from dataclasses import dataclass
from math import inf
from typing import Any, Final

from bsw.chrgm.iso20.selection import Selection
from bsw.chrgm.iso20.words import number, percent
from evcc.schedules import Need
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.energy.giving import kept, most_watts
from evcc.session.handlers.iso20.energy.onboard import Onboard
from evcc.vehicle import VehicleValues

DAY: Final = 86_400
"""Seconds: where a time to leave has to be named and nobody named one."""
NO_LIMIT: Final = 5e6
"""W: more than any inlet."""


@dataclass(frozen=True, slots=True)
class EnergyNeeds:
    """Wh.  ``minimum`` at or below zero: what has to be there is there."""

    target: float | None
    maximum: float | None
    minimum: float | None


def energy_needs(state: VehicleValues) -> EnergyNeeds:
    """What is missing to the goal, and what fits in at all."""
    room = least = None
    if state.energy_capacity is not None and state.soc is not None:
        hundredth = state.energy_capacity / 100.0
        room = max(0.0, hundredth * (100.0 - state.soc))
        least = hundredth * ((state.minimum_soc or 0.0) - state.soc)
    target = _first(state.target_energy, state.energy_request, room)
    maximum = _first(state.most_energy, target if room is None else max(room, target or 0.0))
    if target is not None and not state.minimum_soc:
        least = 0.0
    return EnergyNeeds(target, maximum, _first(state.least_energy, least))


def _first(*told: float | None) -> float | None:
    return next((one for one in told if one is not None), None)


def cycled(state: VehicleValues) -> dict[str, Any]:
    """The window of energy that may go in and out again: both ends or none [V2G20-2681]."""
    if state.most_cycled is None or state.least_cycled is None:
        return {}
    return {
        "ev_maximum_v2x_energy_request": number(state.most_cycled),
        "ev_minimum_v2x_energy_request": number(state.least_cycled),
    }


def minimum_soc(state: VehicleValues) -> int | None:
    """Never above the target [V2G20-1640]."""
    low, high = percent(state.minimum_soc), percent(state.full_soc)
    return low if low is None or high is None else min(low, high)


def see_needs(context: VehicleContext, told: Any) -> None:  # noqa: ANN401 - any dynamic mode
    """What the station wants in dynamic control, for energy management to know."""
    context.note(
        wanted_departure=told.departure_time,
        wanted_minimum_soc=told.minimum_soc,
        wanted_target_soc=told.target_soc,
    )


def needed(state: VehicleValues) -> Need:
    """The same as the one who chooses a schedule wants it."""
    needs = energy_needs(state)
    held = 0.0
    if state.energy_capacity is not None and state.soc is not None:
        held = state.energy_capacity * state.soc / 100.0
    room = needs.target if needs.maximum is None else needs.maximum
    stays = kept(state)
    stays = held if stays is None else min(held, stays)
    target = None if needs.target is None else max(0.0, needs.target)
    return Need(target, state.departure, held, stays, inf if room is None else room)


def departure(state: VehicleValues) -> int:
    return DAY if state.departure is None else max(1, state.departure)


def most_power(context: VehicleContext, selection: Selection) -> float:
    """W that the vehicle can take at all in this service."""
    if selection.mode.ac:
        return Onboard(context, lambda: selection.mode).most_in.total
    if selection.mode.on_mains:
        state = context.state
        return (state.ac_max_current or 0.0) * (state.ac_max_voltage or 0.0)
    power = context.state.max_power
    return NO_LIMIT if power is None else power


def most_back(context: VehicleContext, selection: Selection) -> float:
    """W that the vehicle can give in this service, as things stand now."""
    if not selection.both_ways:
        return 0.0
    if selection.mode.ac:
        return Onboard(context, lambda: selection.mode).most_out.total
    return most_watts(context.state)
