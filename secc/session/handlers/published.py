"""What the car says, published northwards; the same for DIN and ISO 15118-2."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bsw.chrgm.messages.units import PhysicalQuantity
from secc.api.literals import DcEvErrorCode
from secc.api.objects import DcEvMaximumLimits, DcEvRemainingTime, DcEvStatus, DcEvTargetValues
from secc.session.context import StationContext
from secc.session.limits import loop_limits

if TYPE_CHECKING:
    from bsw.chrgm.messages import din, iso2

    DcNeeds = din.DCEVChargeParameter | iso2.DCEVChargeParameter
    DcLoop = din.CurrentDemandReq | iso2.CurrentDemandReq

LATEST_DEPARTURE: Final = 10 * 365 * 86_400
"""Seconds; a car that says more does not mean it."""


def si(value: PhysicalQuantity | None) -> float | None:
    return None if value is None else float(value.si())


def moment(station: StationContext, seconds: float) -> str:
    """``seconds`` from now, as RFC 3339 in UTC; nonsense is brought into range."""
    seconds = max(-LATEST_DEPARTURE, min(seconds, LATEST_DEPARTURE))
    return _text(station.calendar.unix(), seconds)


@lru_cache(maxsize=64)
def _text(unix: int, seconds: float) -> str:
    now = datetime.fromtimestamp(unix, tz=timezone.utc)
    return (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def publish_departure(station: StationContext, seconds: int | None) -> None:
    if seconds is not None:
        station.publish("departure_time", moment(station, seconds))


def publish_ac_needs(station: StationContext, needs: "iso2.ACEVChargeParameter") -> None:
    station.publish("ac_eamount", needs.e_amount.si())
    station.publish("ac_ev_max_voltage", needs.ev_max_voltage.si())
    station.publish("ac_ev_max_current", needs.ev_max_current.si())
    station.publish("ac_ev_min_current", needs.ev_min_current.si())


def publish_dc_needs(station: StationContext, needs: "DcNeeds") -> None:
    publish_dc_status(station, needs.dc_ev_status)
    publish_dc_limits(station, needs)
    station.publish_if("dc_ev_energy_capacity", si(needs.ev_energy_capacity))
    station.publish_if("dc_ev_energy_request", si(needs.ev_energy_request))
    station.publish_if("dc_full_soc", needs.full_soc)
    station.publish_if("dc_bulk_soc", needs.bulk_soc)


def publish_dc_status(station: StationContext, status: "din.DCEVStatus | iso2.DCEVStatus") -> None:
    if not station.news("dc_ev_status", status):
        return
    station.publish(
        "dc_ev_status",
        DcEvStatus(
            dc_ev_ready=status.ev_ready,
            dc_ev_error_code=DcEvErrorCode(status.ev_error_code.value),
            dc_ev_ress_soc=min(100, max(0, status.evresssoc)),
            dc_ev_cabin_conditioning=getattr(status, "ev_cabin_conditioning", None),
            dc_ev_ress_conditioning=getattr(status, "evress_conditioning", None),
        ),
    )


def publish_dc_limits(station: StationContext, message: "DcNeeds | DcLoop") -> None:
    publish_dc_maximum(
        station,
        si(message.ev_maximum_current_limit),
        si(message.ev_maximum_power_limit),
        si(message.ev_maximum_voltage_limit),
    )


def publish_dc_maximum(
    station: StationContext, current: float | None, power: float | None, voltage: float | None
) -> None:
    """What the car takes at most; the same again is no news."""
    if not station.news("dc_ev_maximum_limits", (current, power, voltage)):
        return
    limits = DcEvMaximumLimits(
        dc_ev_maximum_current_limit=_within(current, 10_000),
        dc_ev_maximum_power_limit=_within(power, 5_000_000),
        dc_ev_maximum_voltage_limit=_within(voltage, 1_500),
    )
    if limits.model_dump(exclude_none=True):
        station.publish("dc_ev_maximum_limits", limits)


@lru_cache(maxsize=64)
def _target(voltage: float, current: float) -> DcEvTargetValues:
    """Kept: a steady charge wants the same in each turn of the loop."""
    return DcEvTargetValues(dc_ev_target_voltage=voltage, dc_ev_target_current=current)


@lru_cache(maxsize=64)
def _remaining(full: str | None, bulk: str | None) -> DcEvRemainingTime:
    return DcEvRemainingTime(
        ev_remaining_time_to_full_soc=full, ev_remaining_time_to_full_bulk_soc=bulk
    )


def publish_dc_target(
    station: StationContext, voltage: float, current: float, back: float = 2.0
) -> None:
    """``back``: A that may flow out of the vehicle; without a service for it, an offset alone."""
    target = _target(_bounded(voltage, 1_500), max(-back, min(current, 10_000)))
    station.publish("dc_ev_target_voltage_current", target)


def publish_dc_target_in_loop(
    station: StationContext, voltage: float, current: float, back: float = 2.0
) -> None:
    """A vehicle that asks for more than the site allows gets what it allows."""
    if station.state.charge_limit is not None:
        current = min(current, loop_limits(station.state).current)
    publish_dc_target(station, voltage, current, back)


def publish_dc_loop(station: StationContext, request: "DcLoop") -> None:
    publish_dc_status(station, request.dc_ev_status)
    publish_dc_limits(station, request)
    publish_dc_target_in_loop(
        station, request.ev_target_voltage.si(), request.ev_target_current.si()
    )
    station.publish_if("dc_bulk_charging_complete", request.bulk_charging_complete)
    station.publish("dc_charging_complete", request.charging_complete)
    full, bulk = request.remaining_time_to_full_soc, request.remaining_time_to_bulk_soc
    if full is not None or bulk is not None:
        ends = (None if one is None else moment(station, one.si()) for one in (full, bulk))
        station.publish("dc_ev_remaining_time", _remaining(*ends))


def _bounded(amount: float, high: float) -> float:
    """Small negative offsets of real cars pass; nonsense is brought into range."""
    return max(-2.0, min(amount, high))


def _within(amount: float | None, high: float) -> float | None:
    return None if amount is None else _bounded(amount, high)
