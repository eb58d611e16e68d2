"""DIN 70121 words for the vehicle's state."""

from bsw.chrgm.messages import din
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso2.words import percent

Unit = din.Unit


def volts(amount: float) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, Unit.V)


def amps(amount: float) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, Unit.A)


def quantity(amount: float, unit: din.Unit) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, unit)


def optional(amount: float | None, unit: din.Unit) -> din.PhysicalValue | None:
    return None if amount is None else din.PhysicalValue.of(amount, unit)


def dc_status(context: VehicleContext) -> din.DCEVStatus:
    state = context.state
    return din.DCEVStatus(
        ev_ready=state.ready,
        ev_cabin_conditioning=state.cabin_conditioning,
        evress_conditioning=state.battery_conditioning,
        ev_error_code=din.DCEVErrorCode(context.error),
        evresssoc=percent(state.soc),
    )
