"""What the stack publishes northwards: 46 variables, each with its type.

One table is the whole list.
"""

from typing import Any, Final

from bsw.north.variables import Variables
from secc.api import devices, extensions, literals, objects

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

ADDITIONS: Final[dict[str, Any]] = {
    "iso15118_certificate_request": objects.CertificateRequest,
    "authorization_request": extensions.AuthorizationRequest,
    "charging_needs": extensions.ChargingNeeds,
    "chosen_schedule": extensions.ChosenSchedule,
    "ev_info": extensions.EvInfo,
    "service_renegotiation_supported": bool,
    "slac_state": literals.SlacState,
    "slac_dlink_ready": bool,
    "request_error_routine": None,
    "ev_mac_address": str,
    "duty_offer": extensions.DutyOffer,
    "host_troubles": extensions.HostTroubles,
    "plug_faults": extensions.PlugFaults,
    "vehicle_looks": devices.LookingVehicle,
    "vehicle_positioning": devices.EvPositioning,
    "pantograph_down": None,
    "pantograph_up": None,
    "pad_alignment_check": None,
    "ev_pad_status": devices.EvPadStatus,
    "ev_technical_status": devices.EvTechnicalStatus,
    "parking_status": str,
    "grid_controls": extensions.GridControls,
    "meter_confirmed": int,
}
"""Variables of the interfaces beside this one."""

DEBUG: Final = frozenset({"ev_app_protocol", "v2g_messages", "selected_protocol"})
"""Published only when ``setup`` switched the debug variables on."""


def variables() -> Variables:
    """A fresh table, with nobody listening."""
    return Variables(VARIABLES | ADDITIONS, "station")
