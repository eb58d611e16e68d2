"""What the stack publishes northwards: 46 variables, each with its type.

One table is the whole list.  A value is checked against its type when it is published: a wrong
one is our own mistake and found in the tests, not by the integrator.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from secc.api import literals, objects

VARIABLES: Final[dict[str, Any]] = {
    "supported_app_protocols_secc": objects.SupportedAppProtocols,
    "require_auth_eim": None,
    "require_auth_pnc": objects.ProvidedIdToken,
    "ac_close_contactor": None,
    "ac_open_contactor": None,
    "start_cable_check": None,
    "start_pre_charge": None,
    "dc_open_contactor": None,
    "v2g_setup_finished": None,
    "current_demand_started": None,
    "current_demand_finished": None,
    "sae_bidi_mode_active": None,
    "evcc_id": str,
    "selected_payment_option": literals.PaymentOption,
    "requested_energy_transfer_mode": literals.EnergyTransferMode,
    "departure_time": str,
    "ac_eamount": float,
    "ac_ev_max_voltage": float,
    "ac_ev_max_current": float,
    "ac_ev_min_current": float,
    "ac_ev_power_limits": objects.AcEvPowerLimits,
    "ac_ev_present_powers": objects.AcEvPresentPowerValues,
    "ac_ev_dynamic_control_mode": objects.AcEvDynamicModeValues,
    "dc_ev_energy_capacity": float,
    "dc_ev_energy_request": float,
    "dc_full_soc": float,
    "dc_bulk_soc": float,
    "dc_ev_status": objects.DcEvStatus,
    "dc_bulk_charging_complete": bool,
    "dc_charging_complete": bool,
    "dc_ev_target_voltage_current": objects.DcEvTargetValues,
    "dc_ev_maximum_limits": objects.DcEvMaximumLimits,
    "dc_ev_remaining_time": objects.DcEvRemainingTime,
    "hlc_session_failed": literals.HlcSessionFailedReason,
    "dlink_terminate": None,
    "dlink_error": None,
    "dlink_pause": None,
    "ev_app_protocol": objects.AppProtocols,
    "v2g_messages": objects.V2gMessages,
    "selected_protocol": str,
    "display_parameters": objects.DisplayParameters,
    "d20_dc_dynamic_charge_mode": objects.DcChargeDynamicModeValues,
    "dc_ev_present_voltage": float,
    "meter_info_requested": None,
    "selected_service_parameters": objects.SelectedServiceParameters,
    "ev_termination": objects.EvTermination,
}

DEBUG: Final = frozenset({"ev_app_protocol", "v2g_messages", "selected_protocol"})
"""Published only when ``setup`` switched the debug variables on."""


class Variables:
    """Who listens to which variable, and the last value of each."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Any]] = {name: [] for name in VARIABLES}
        self._last: dict[str, Any] = {}

    def subscribe(self, name: str, listener: Any) -> None:  # noqa: ANN401 - callable of any value
        self._listeners[known(name)].append(listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        """The last value, ``None`` if there was none yet."""
        return self._last.get(known(name))

    def publish(self, name: str, value: Any = None) -> None:  # noqa: ANN401
        kind = VARIABLES[known(name)]
        assert _fits(kind, value), f"{name} cannot be {value!r}"
        self._last[name] = value
        for listener in self._listeners[name]:
            listener(value)


class UnknownVariable(KeyError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a variable of the station interface")


def known(name: str) -> str:
    if name not in VARIABLES:
        raise UnknownVariable(name)
    return name


def as_json(name: str, value: Any) -> bytes:  # noqa: ANN401
    """The bare JSON value; optional fields that are not there stay out."""
    kind = VARIABLES[known(name)]
    adapter: TypeAdapter[Any] = TypeAdapter(type(None) if kind is None else kind)
    return adapter.dump_json(value, exclude_none=True)


def _fits(kind: Any, value: Any) -> bool:  # noqa: ANN401
    if kind is None:
        return value is None
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind)
