"""What the vehicle role publishes northwards, each variable with its type."""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.endings import SessionResult
from evcc.vehicle import StationView

VARIABLES: Final[dict[str, type | None]] = {
    # the interface integrators know
    "v2g_session_finished": None,
    "ev_power_ready": bool,
    "ac_evse_max_current": float,
    "ac_evse_target_power": dict,
    "dc_power_on": None,
    "stop_from_charger": None,
    "pause_from_charger": None,
    # what it lacked
    "session_state": str,
    "session_result": SessionResult,
    "link_state": str,
    "selected_protocol": str,
    "secc_offer": tuple,
    "evse_limits": dict,
    "evse_present_values": dict,
    "evse_status": dict,
    "schedules": dict,
    "meter_info": dict,
    "authorization_state": str,
}


class UnknownVariable(KeyError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a variable of the vehicle interface")


class Variables:
    """Who listens to which variable, and the last value of each."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[Any], None]]] = {name: [] for name in VARIABLES}
        self._last: dict[str, Any] = {}

    def subscribe(self, name: str, listener: Callable[[Any], None]) -> None:
        self._listeners[_known(name)].append(listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        return self._last.get(_known(name))

    def publish(self, name: str, value: Any = None) -> None:  # noqa: ANN401
        self._last[_known(name)] = value
        for listener in self._listeners[name]:
            listener(value)

    def publish_changed(self, name: str, value: Any) -> bool:  # noqa: ANN401
        """Only when it differs from what was said last; true if it did."""
        differs = name not in self._last or self._last[name] != value
        if differs:
            self.publish(name, value)
        return differs


def _known(name: str) -> str:
    if name not in VARIABLES:
        raise UnknownVariable(name)
    return name


def tell_view(variables: Variables, view: StationView) -> None:
    """What the station told, as variables; each only when it changed."""
    changed = variables.publish_changed
    changed("selected_protocol", view.protocol)
    changed("session_state", view.phase)
    changed("authorization_state", view.processing)
    changed("secc_offer", view.offered_modes)
    if view.max_current is not None and view.nominal_voltage is not None:
        changed("ac_evse_max_current", view.max_current)
    changed(
        "evse_limits",
        {
            "max_current": view.max_current,
            "max_voltage": view.max_voltage,
            "max_power": view.max_power,
            "min_current": view.min_current,
            "min_voltage": view.min_voltage,
        },
    )
    changed(
        "evse_present_values",
        {"voltage": view.present_voltage, "current": view.present_current},
    )
    status_changed = changed(
        "evse_status",
        {
            "notification": view.notification,
            "status_code": view.status_code,
            "isolation": view.isolation,
            "rcd": view.rcd,
        },
    )
    if status_changed and view.notification == "StopCharging":
        variables.publish("stop_from_charger")
    changed(
        "schedules",
        {
            "power": view.schedule_power,
            "remaining": view.schedule_remaining,
            "next_power": view.next_power,
        },
    )
    changed("meter_info", {"id": view.meter_id, "reading": view.meter_reading})
