"""The session's and the station's words as the vehicle's bus has them.

Pure functions of what the station told; when they are published is ``evcc.canbus``'s affair.
"""

from collections.abc import Sequence
from typing import Final

from bsw.chrgm.protocols import phase_of, protocol
from bsw.cp.duty import Meaning
from bsw.cp.pilot import Pilot, PilotState
from can_adapter.signals import values
from can_adapter.vehicle.report import (
    Metering,
    Schedule,
    ScheduleRow,
    SessionStatus,
    StationAc,
    StationAcTargets,
    StationIdentity,
    StationLimits,
    StationPresent,
    StationStatus,
    VehicleReportPart,
)
from evcc.plan import Piece
from evcc.reports import Section
from evcc.vehicle import StationView

MOST_ROWS: Final = 1_024
MODES: Final = {
    Meaning.DIGITAL: values.ChargeMode.DIGITAL,
    Meaning.CURRENT: values.ChargeMode.PWM,
}
_PAYMENTS: Final = {
    "Contract": values.OfferedPayments.CONTRACT,
    "ExternalPayment": values.OfferedPayments.EXTERNAL_PAYMENT,
}
_NOTIFICATIONS: Final = {
    "None": values.EvseNotification.NONE,
    "StopCharging": values.EvseNotification.STOP_CHARGING,
    "ReNegotiation": values.EvseNotification.RENEGOTIATION,
    "Terminate": values.EvseNotification.STOP_CHARGING,
    "Pause": values.EvseNotification.STOP_CHARGING,
    "ServiceRenegotiation": values.EvseNotification.STOP_CHARGING,
    "ScheduleRenegotiation": values.EvseNotification.RENEGOTIATION,
    "ExitStandby": values.EvseNotification.NONE,
    "MeteringConfirmation": values.EvseNotification.NONE,
}
"""What ISO 15118-20 has more than the bus goes by what it means for the energy."""

NOTHING_TOLD: Final[tuple[VehicleReportPart, ...]] = (
    StationStatus(),
    StationPresent(),
    StationLimits(),
    StationAc(),
    StationAcTargets(),
    StationIdentity(),
    Schedule(),
)
"""No station talks: each of its values is invalid.  The meter has ``NOTHING_METERED``,
because what was counted up to the end is wanted after it."""
NOTHING_METERED: Final = Metering()


def pilot_state(pilot: Pilot) -> values.PilotState:
    if pilot.state is PilotState.A:
        return values.PilotState.A
    return values.PilotState(str(pilot))


def _state(exchange: str) -> values.SessionState:
    phase = phase_of(exchange)
    return values.SessionState.NEGOTIATION if phase is None else values.SessionState[phase.name]


def _protocol(name: str) -> values.SelectedProtocol:
    if not name:
        return values.SelectedProtocol.NONE
    return values.SelectedProtocol(protocol(name).word)


def session_status(view: StationView) -> SessionStatus:
    offered = values.OfferedModes(0)
    for mode in view.offered_modes:
        name = mode.upper()
        if name in values.OfferedModes.__members__:
            offered |= values.OfferedModes[name]
    payment = values.PaymentOption(view.payment) if view.payment else None
    return SessionStatus(
        session_state=_state(view.phase),
        selected_protocol=_protocol(view.protocol),
        selected_payment_option=payment,
        offered_modes=offered,
        offered_payments=_payments(view),
        link_ready=True,
    )


def _payments(view: StationView) -> values.OfferedPayments:
    offered = values.OfferedPayments(0)
    for payment in view.offered_payments:
        offered |= _PAYMENTS.get(payment, values.OfferedPayments(0))
    return offered


def station_status(view: StationView) -> StationStatus:
    return StationStatus(
        evse_status_code=values.EvseStatusCode(view.status_code) if view.status_code else None,
        evse_isolation_status=values.IsolationStatus(view.isolation) if view.isolation else None,
        evse_notification=_NOTIFICATIONS[view.notification],
        notification_max_delay=min(65_535, view.notification_delay),
        evse_processing=values.EvseProcessing(view.processing) if view.processing else None,
        rcd_tripped=view.rcd,
        receipt_required=view.receipt_required,
    )


def station_limits(view: StationView) -> StationLimits:
    return StationLimits(
        evse_maximum_current_limit=positive(view.max_current),
        evse_maximum_voltage_limit=positive(view.max_voltage),
        evse_maximum_power_limit=bounded(view.max_power),
        evse_minimum_current_limit=positive(view.min_current),
        evse_minimum_voltage_limit=positive(view.min_voltage),
        evse_regulation_tolerance=positive(view.tolerance),
        evse_peak_current_ripple=positive(view.ripple),
        evse_energy_to_be_delivered=bounded(view.energy_to_deliver),
        evse_maximum_discharge_current_limit=positive(view.max_discharge_current),
        evse_maximum_discharge_power_limit=bounded(view.max_discharge_power),
    )


def station_present(view: StationView) -> StationPresent:
    return StationPresent(
        evse_present_voltage=positive(view.present_voltage),
        evse_present_current=view.present_current,
        evse_current_limit_achieved=view.current_limit_achieved,
        evse_voltage_limit_achieved=view.voltage_limit_achieved,
        evse_power_limit_achieved=view.power_limit_achieved,
    )


def station_ac(view: StationView) -> StationAc | None:
    if view.nominal_voltage is None:
        return None
    newer = bool(view.service)  # the older protocols have no power in AC
    return StationAc(
        evse_nominal_voltage=view.nominal_voltage,
        evse_max_current=view.max_current,
        evse_max_charge_power=bounded(view.max_power) if newer else None,
        evse_max_discharge_power=bounded(view.max_discharge_power),
    )


def station_ac_targets(view: StationView) -> StationAcTargets:
    """Line by line where the station names them, else in total; below zero out of the battery."""
    told = (view.target_power,) if view.target_power is not None else ()
    first, second, third = (*(view.target_lines or told), None, None, None)[:3]
    return StationAcTargets(
        target_active_power=first,
        target_active_power_l2=second,
        target_active_power_l3=third,
    )


def station_identity(view: StationView) -> StationIdentity:
    return StationIdentity(
        evse_id=view.evse_id or None,
        meter_id=view.meter_id or None,
        session_id=view.session_id or None,
        evse_time=view.evse_time,
    )


def metering(view: StationView) -> Metering:
    return Metering(
        meter_reading=view.meter_reading,
        meter_discharged=view.meter_discharged,
        meter_time=view.meter_time,
    )


def schedule(view: StationView) -> Schedule:
    offered = view.offered
    return Schedule(
        schedule_tuple=view.schedule_tuple,
        schedule_power=bounded(offered.power),
        schedule_remaining=offered.remaining,
        schedule_next_power=bounded(offered.next_power),
        station_departure_time=view.wanted_departure,
        station_minimum_soc=view.wanted_minimum_soc,
        station_target_soc=view.wanted_target_soc,
    )


def positive(amount: float | None) -> float | None:
    """What a signal can carry; a negative limit of a peer is no limit to show."""
    return amount if amount is not None and amount >= 0 else None


def bounded(amount: float | None) -> float | None:
    return None if amount is None or amount < 0 else min(amount, 5e6)


def schedule_rows(pieces: Sequence[Piece]) -> list[ScheduleRow]:
    """One row for each piece.  A price that is no level of the station's is left out."""
    shown = pieces[:MOST_ROWS]
    return [
        ScheduleRow(
            schedule_row=number,
            schedule_rows=len(shown),
            schedule_row_start=piece.begin,
            schedule_row_power=bounded(piece.power),
            schedule_row_price=_level(piece.price),
        )
        for number, piece in enumerate(shown)
    ]


def _level(price: float) -> int | None:
    return int(price) if price == int(price) and 0 < price <= 255 else None


STATION_PARTS: Final[tuple[Section[VehicleReportPart], ...]] = (
    Section(
        "session",
        ("phase", "protocol", "payment", "offered_modes", "offered_payments"),
        session_status,
    ),
    Section(
        "station",
        (
            "status_code",
            "isolation",
            "notification",
            "notification_delay",
            "processing",
            "rcd",
            "receipt_required",
        ),
        station_status,
    ),
    Section(
        "present",
        (
            "present_voltage",
            "present_current",
            "current_limit_achieved",
            "voltage_limit_achieved",
            "power_limit_achieved",
        ),
        station_present,
    ),
    Section(
        "limits",
        (
            "max_current",
            "max_voltage",
            "max_power",
            "min_current",
            "min_voltage",
            "tolerance",
            "ripple",
            "energy_to_deliver",
            "max_discharge_current",
            "max_discharge_power",
        ),
        station_limits,
    ),
    Section(
        "ac",
        ("nominal_voltage", "max_current", "max_power", "max_discharge_power", "service"),
        station_ac,
    ),
    Section("ac_targets", ("target_power", "target_lines"), station_ac_targets),
    Section("identity", ("evse_id", "meter_id", "session_id", "evse_time"), station_identity),
    Section("metering", ("meter_reading", "meter_discharged", "meter_time"), metering),
    Section(
        "schedule",
        (
            "schedule_tuple",
            "offered",
            "wanted_departure",
            "wanted_minimum_soc",
            "wanted_target_soc",
        ),
        schedule,
    ),
)
"""Everything the station told, part by part, each with what it is made of."""
