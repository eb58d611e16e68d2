"""DIN 70121 words for the vehicle's state."""

from functools import lru_cache

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
    return _dc_status(
        state.ready,
        state.cabin_conditioning,
        state.battery_conditioning,
        context.error,
        percent(state.soc),
    )


@lru_cache(maxsize=64)
def _dc_status(
    ready: bool,  # noqa: FBT001 - values
    cabin: bool | None,  # noqa: FBT001
    battery: bool | None,  # noqa: FBT001
    error: str,
    soc: int,
) -> din.DCEVStatus:
    """Kept: a steady charge says the same in each turn of the loop."""
    return din.DCEVStatus(
        ev_ready=ready,
        ev_cabin_conditioning=cabin,
        evress_conditioning=battery,
        ev_error_code=din.DCEVErrorCode(error),
        evresssoc=soc,
    )
