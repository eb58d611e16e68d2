"""What the vehicle needs and can, in the figures that ISO 15118-20 asks for."""

from dataclasses import dataclass
from math import inf
from typing import Final

from bsw.chrgm.iso20.selection import Selection
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
    room = None
    if state.energy_capacity is not None and state.soc is not None:
        room = max(0.0, state.energy_capacity * (100.0 - state.soc) / 100.0)
    target = state.energy_request if state.energy_request is not None else room
    maximum = target if room is None else max(room, target or 0.0)
    return EnergyNeeds(target, maximum, 0.0 if target is not None else None)


def needed(state: VehicleValues) -> Need:
    """The same as the one who chooses a schedule wants it."""
    needs = energy_needs(state)
    held = 0.0
    if state.energy_capacity is not None and state.soc is not None:
        held = state.energy_capacity * state.soc / 100.0
    room = needs.target if needs.maximum is None else needs.maximum
    stays = kept(state)
    stays = held if stays is None else min(held, stays)
    return Need(needs.target, state.departure, held, stays, inf if room is None else room)


def departure(state: VehicleValues) -> int:
    return DAY if state.departure is None else max(1, state.departure)


def most_power(context: VehicleContext, selection: Selection) -> float:
    """W that the vehicle can take at all in this service."""
    if selection.mode.ac:
        return Onboard(context, lambda: selection.mode).most_in.total
    power = context.state.max_power
    return NO_LIMIT if power is None else power


def most_back(context: VehicleContext, selection: Selection) -> float:
    """W that the vehicle can give in this service, as things stand now."""
    if not selection.both_ways:
        return 0.0
    if selection.mode.ac:
        return Onboard(context, lambda: selection.mode).most_out.total
    return most_watts(context.state)
