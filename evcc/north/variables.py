"""What the vehicle role publishes northwards, each variable with its type."""

from typing import Any, Final

from bsw.chrgm.endings import SessionResult
from bsw.north.variables import Variables
from evcc.north import objects
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
    "meter_info": objects.MeterInfo,
    "authorization_state": str,
    "v2g_messages": objects.V2gMessages,
}

DEBUG: Final = frozenset({"v2g_messages"})
"""Published only when the configuration switched the debug variables on."""


def variables() -> Variables:
    """A fresh table, with nobody listening."""
    return Variables(VARIABLES, "vehicle")


def tell_view(variables: Variables, view: StationView) -> None:
    """What the station told, as variables; each only when it changed."""
    changed = variables.publish_changed
    if view.protocol:
        changed("selected_protocol", view.protocol)
    changed("session_state", view.phase)
    if view.authorization:
        changed("authorization_state", view.authorization)
    if view.offered_modes:
        offer = objects.SeccOffer(view.offered_modes, view.offered_payments, view.evse_id)
        changed("secc_offer", offer)
    if view.max_current is not None and view.nominal_voltage is not None:
        changed("ac_evse_max_current", view.max_current)
    changed("evse_limits", _limits(view))
    present = objects.EvsePresentValues(view.present_voltage, view.present_current)
    changed("evse_present_values", present)
    _tell_status(variables, view)
    schedules = objects.Schedules(view.schedule_power, view.schedule_remaining, view.next_power)
    changed("schedules", schedules)
    if view.meter_id or view.meter_reading is not None:
        meter = objects.MeterInfo(view.meter_id, view.meter_reading, view.meter_time)
        changed("meter_info", meter)


def _limits(view: StationView) -> objects.EvseLimits:
    return objects.EvseLimits(
        max_current=view.max_current,
        max_voltage=view.max_voltage,
        max_power=view.max_power,
        min_current=view.min_current,
        min_voltage=view.min_voltage,
    )


def _tell_status(variables: Variables, view: StationView) -> None:
    before = variables.last("evse_status")
    status = objects.EvseStatus(view.notification, view.status_code, view.isolation, view.rcd)
    variables.publish_changed("evse_status", status)
    asked_before = before is not None and before.notification == "StopCharging"
    if view.notification == "StopCharging" and not asked_before:
        variables.publish("stop_from_charger")
