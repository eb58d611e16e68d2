"""ISO 15118-2 words for the station's state: quantities, status elements, schedules."""

from functools import lru_cache
from math import ceil, floor

from bsw.chrgm.messages import iso2
from secc.session.context import StationContext
from secc.session.metered import reading
from secc.session.schedules import Plan, Schedules


def volts(amount: float) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, iso2.Unit.V)


def amps(amount: float) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, iso2.Unit.A)


@lru_cache(maxsize=256)
def most(amount: float, unit: iso2.Unit) -> iso2.PhysicalValue:
    """An upper limit: what cannot be said exactly is rounded down."""
    return iso2.PhysicalValue.of(amount, unit, rounding=floor)


@lru_cache(maxsize=256)
def least(amount: float, unit: iso2.Unit) -> iso2.PhysicalValue:
    """A lower limit: what cannot be said exactly is rounded up."""
    return iso2.PhysicalValue.of(amount, unit, rounding=ceil)


def evse_id(station: StationContext) -> str:
    """The outlet's id, or the one that means "none assigned"."""
    identity = station.state.evse_id
    text = identity.evse_id if identity is not None else ""
    return text if 7 <= len(text) <= 37 else "ZZ00000"


def dc_status(station: StationContext) -> iso2.DCEVSEStatus:
    return _dc_status(
        station.notification_delay, station.notification, station.isolation, station.status_code
    )


@lru_cache(maxsize=64)
def _dc_status(delay: int, notification: str, isolation: str, code: str) -> iso2.DCEVSEStatus:
    """Kept: a steady charge says the same in each turn of the loop."""
    return iso2.DCEVSEStatus(
        notification_max_delay=delay,
        evse_notification=iso2.EVSENotification(notification),
        evse_isolation_status=iso2.IsolationLevel(isolation),
        evse_status_code=iso2.DCEVSEStatusCode(code),
    )


def ac_status(station: StationContext) -> iso2.ACEVSEStatus:
    return iso2.ACEVSEStatus(
        notification_max_delay=station.notification_delay,
        evse_notification=iso2.EVSENotification(station.notification),
        rcd="Error_RCD" in station.state.wrong,
    )


def evse_status(station: StationContext) -> iso2.ACEVSEStatus | iso2.DCEVSEStatus:
    return ac_status(station) if station.mode.ac else dc_status(station)


def schedule_list(schedules: Schedules) -> iso2.SAScheduleList:
    return iso2.SAScheduleList(
        sa_schedule_tuple=tuple(_tuple(plan) for plan in schedules.sent),
    )


def _tuple(plan: Plan) -> iso2.SAScheduleTuple:
    last = len(plan.steps) - 1
    entries = tuple(
        iso2.PMaxScheduleEntry(
            time_interval=iso2.RelativeTimeInterval(
                start=step.start,
                duration=min(86_400, plan.until - step.start) if place == last else None,
            ),
            p_max=most(step.power, iso2.Unit.W),
        )
        for place, step in enumerate(plan.steps)
    )
    return iso2.SAScheduleTuple(
        sa_schedule_tuple_id=plan.number,
        p_max_schedule=iso2.PMaxSchedule(p_max_schedule_entry=entries),
        sales_tariff=plan.tariff,
    )


def meter_info(station: StationContext) -> iso2.MeterInfo | None:
    """The meter's own output, nothing of ours in it [V2G2-902]."""
    meter = station.state.meter
    energy = None if meter is None else reading(meter.energy_Wh_import.total)
    if meter is None or energy is None:
        return None
    signed = meter.signed_meter_value
    signature = signed.signed_meter_data.encode()[:64] if signed is not None else None
    return iso2.MeterInfo(
        meter_id=(meter.meter_id or "")[:32],
        meter_reading=energy,
        sig_meter_reading=signature,
        t_meter=station.calendar.unix(),
    )
