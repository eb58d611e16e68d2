"""What the vehicle role publishes northwards, each variable with its type."""

from typing import Any, Final

from bsw.chrgm.endings import SessionResult
from bsw.north.variables import Variables
from evcc.north import objects
from evcc.reports import Report, Section
from evcc.vehicle import StationView

VARIABLES: Final[dict[str, Any]] = {
    # the interface integrators know
    "v2g_session_finished": None,
    "ev_power_ready": bool,
    "ac_evse_max_current": float,
    "ac_evse_target_power": objects.AcTargetPower,
    "dc_power_on": None,
    "stop_from_charger": None,
    "pause_from_charger": None,
    # what it lacked
    "session_state": str,
    "session_result": SessionResult,
    "link_state": str,
    "sdp_result": objects.SdpResult,
    "tls_info": objects.TlsInfo,
    "selected_protocol": str,
    "secc_offer": objects.SeccOffer,
    "evse_limits": objects.EvseLimits,
    "evse_present_values": objects.EvsePresentValues,
    "evse_status": objects.EvseStatus,
    "schedules": objects.Schedules,
    "placement": objects.Placement,
    "meter_info": objects.MeterInfo,
    "authorization_state": str,
    "v2g_messages": objects.V2gMessages,
}

DEBUG: Final = frozenset({"v2g_messages"})
"""Published only when the configuration switched the debug variables on."""


def variables() -> Variables:
    """A fresh table, with nobody listening."""
    return Variables(VARIABLES, "vehicle")


EVENTS: Final = {
    "StopCharging": "stop_from_charger",
    "Terminate": "stop_from_charger",
    "Pause": "pause_from_charger",
}
"""What the station may ask for, in the words of either edition."""


class ViewTeller:
    """Publishes what the station told; each variable only when it changed."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._report = Report(STATION_VARIABLES)

    def __call__(self, view: StationView) -> None:
        variables = self._variables
        before = variables.last("evse_status")
        for name, value in self._report.changed(view):
            variables.publish_changed(name, value)
        said = "" if before is None else before.notification
        event = EVENTS.get(view.notification)
        if event is not None and event != EVENTS.get(said):
            variables.publish(event)


def _offer(view: StationView) -> objects.SeccOffer | None:
    if not view.offered_modes:
        return None
    return objects.SeccOffer(view.offered_modes, view.offered_payments, view.evse_id)


def _target(view: StationView) -> objects.AcTargetPower | None:
    if view.target_power is None:
        return None
    first, second, third = (*(view.target_lines or (view.target_power,)), None, None)[:3]
    return objects.AcTargetPower(first, second, third)


def _ac_current(view: StationView) -> float | None:
    return None if view.nominal_voltage is None else view.max_current


def _limits(view: StationView) -> objects.EvseLimits:
    return objects.EvseLimits(
        max_current=view.max_current,
        max_voltage=view.max_voltage,
        max_power=view.max_power,
        min_current=view.min_current,
        min_voltage=view.min_voltage,
    )


def _present(view: StationView) -> objects.EvsePresentValues:
    return objects.EvsePresentValues(view.present_voltage, view.present_current)


def _status(view: StationView) -> objects.EvseStatus:
    return objects.EvseStatus(view.notification, view.status_code, view.isolation, view.rcd)


def _schedules(view: StationView) -> objects.Schedules:
    return objects.Schedules(view.schedule_power, view.schedule_remaining, view.next_power)


def _placement(view: StationView) -> objects.Placement | None:
    if view.in_place is None:
        return None
    return objects.Placement(view.in_place, view.along, view.across, view.device)


def _meter(view: StationView) -> objects.MeterInfo | None:
    if not view.meter_id and view.meter_reading is None:
        return None
    return objects.MeterInfo(view.meter_id, view.meter_reading, view.meter_time)


STATION_VARIABLES: Final[tuple[Section[Any], ...]] = (
    Section("selected_protocol", ("protocol",), lambda view: view.protocol or None),
    Section("session_state", ("phase",), lambda view: view.phase),
    Section("authorization_state", ("authorization",), lambda view: view.authorization or None),
    Section("secc_offer", ("offered_modes", "offered_payments", "evse_id"), _offer),
    Section("ac_evse_target_power", ("target_power", "target_lines"), _target),
    Section("ac_evse_max_current", ("max_current", "nominal_voltage"), _ac_current),
    Section(
        "evse_limits",
        ("max_current", "max_voltage", "max_power", "min_current", "min_voltage"),
        _limits,
    ),
    Section("evse_present_values", ("present_voltage", "present_current"), _present),
    Section("evse_status", ("notification", "status_code", "isolation", "rcd"), _status),
    Section("schedules", ("schedule_power", "schedule_remaining", "next_power"), _schedules),
    Section("placement", ("in_place", "along", "across", "device"), _placement),
    Section("meter_info", ("meter_id", "meter_reading", "meter_time"), _meter),
)
"""What the station told, variable by variable, each with what it is made of."""
