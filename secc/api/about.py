"""What each command and variable of the station's north side means here, in a line.

For the integrator's page, which is generated from this; a test holds it complete.  Names that
have no field in DIN 70121 and ISO 15118-2 are listed with the reason and change nothing there.
"""

from typing import Final

COMMANDS: Final = {
    "setup": "Identity of the outlet, for DIN and -2; turns the debug variables on.  In a session, "
    "another identity is refused.",
    "set_charging_parameters": "Nominal AC voltage, DC tolerance, ripple, energy; "
    "from the next ChargeParameterDiscoveryRes on.",
    "session_setup": "Payment options and certificate service that ServiceDiscoveryRes offers; "
    "Contract is offered over TLS only.  Central validation: the chain goes north with "
    "require_auth_pnc, and one whose root is unknown here is left to the answer.",
    "bpt_setup": "Bidirectional parameters.",
    "set_powersupply_capabilities": "Hard bounds of the DC source; what is advertised never "
    "exceeds them.",
    "authorization_response": "The verdict; kept until the car asks.  It answers the oldest "
    "question of the last five minutes: one of a session that ended counts for nobody, and the "
    "open question is put again.  Before any question it counts once, for external payment.  A "
    "refused external payment keeps the car waiting, a refused contract ends the session with its "
    "code.",
    "ac_contactor_closed": "State of the AC contactor, a level: PowerDeliveryRes waits for it.",
    "dlink_ready": "True opens discovery and starts the set-up time; false ends the session now.",
    "cable_check_finished": "Result of the isolation test; false answers FAILED.",
    "receipt_is_required": "Ask for one signed metering receipt; contract payment only.",
    "stop_charging": "EVSENotification StopCharging until withdrawn with false.",
    "pause_charging": "Ask the car to pause.",
    "no_energy_pause_charging": "No power now.  PauseBeforeCableCheck and PauseAfterPrecharge ask "
    "the car to stop at that place, AllowEvToIgnorePause only offers 0 A; holds for this session.",
    "update_supported_app_protocols": "Restrict what is answered in the handshake; true if every "
    "entry is spoken here.",
    "update_energy_transfer_modes": "What the hardware offers now; not without the mode that is "
    "being charged with.",
    "update_ac_max_current": "Ceiling per phase: EVSEMaxCurrent, at once also while charging.",
    "update_ac_parameters": "Its nominal voltage counts where set_charging_parameters gave none.",
    "update_ac_maximum_limits": "Total AC power; lowers EVSEMaxCurrent and the schedule.",
    "update_ac_minimum_limits": "Lower AC power limits.",
    "update_ac_target_values": "Set points of the dynamic AC loop.",
    "update_ac_present_power": "Measured AC power.",
    "update_dc_maximum_limits": "Upper DC limits: the next response carries them, and the flags "
    "of a limit that is reached.",
    "update_dc_minimum_limits": "Lower DC limits, from the next ChargeParameterDiscovery on.",
    "update_isolation_status": "EVSEIsolationStatus.",
    "update_dc_present_values": "Measured voltage and current, in the next response.",
    "update_meter_info": "Meter id, imported energy and signed reading for MeterInfo.",
    "send_error": "EVSEStatusCode, RCD flag and, for a fault, StopCharging.",
    "reset_error": "Clears every fault set before.",
}

ADDITIONS: Final = {
    "authorization_verdict": "authorization_response to the authorization_request with this "
    "request_id; refused when its session is over.",
    "renegotiate": "New schedules while charging: EVSENotification ReNegotiation in -2, "
    "ScheduleRenegotiation in -20.",
    "renegotiate_service": "Another energy service on the same connection; -20 only.",
    "limit_power": "What the site allows, in all and of each phase, until it is said otherwise; "
    "neither: no limit.  discharge_power is what a vehicle may give back, none: whatever the "
    "hardware takes; set_point is what is to flow, below zero back, never beyond any limit.  Holds "
    "from the next answer to the vehicle on.",
    "plan_power": "The same over time, in seconds from now, for a back end: it is told of it, and "
    "its own limits count as well.  Without a back end nothing comes of it.",
    "update_grid": "Grid frequency in Hz and the power that the site takes in W (below zero: it "
    "feeds in), for operation modes LocalFrequency and LocalLoadBalancing of a back end.",
    "report_generation": "Power in W that the site makes itself now, for vehicles to draw on top "
    "of all limits (LocalGeneration); 0: none.  A back end is told.",
    "limit_transaction": "The driver's own limits of the transaction that runs: Wh, money, "
    "seconds, percent.  They never pass the back end's, which is told of them; what is reached "
    "ends the transaction, or lets energy rest until the limit is raised.  Refused without a "
    "transaction.",
    "decline_tariff": "The driver who was let in does not want to pay what it costs: the "
    "authorization ends, and nothing is charged by that tariff.  Refused when nobody was let in.",
    "wish_priority": "The driver wants priority, or no more: the back end's profile for it counts "
    "and it is told.  Refused without a transaction or such a profile.",
    "report_grid_event": "An inverter does otherwise than it should because of a control of the "
    "grid (grid_controls), with the fault as OCPP 2.1 names both; left out: no more.  A back end "
    "is told.",
    "allow_transfers": "Modes that a vehicle may choose from the next ServiceDiscovery of -20 on; "
    "left out: all there are.",
    "set_get_certificate_response": "The answer to iso15118_certificate_request: it leaves under "
    "the session's own header.  Refused when no vehicle waits, or when it cannot be what is due.",
    "dlink_terminate": "End the session and the data link; no matching before the next plug-in.",
    "dlink_error": "End the session and the data link, and match anew.",
    "dlink_pause": "Let the link sleep, matched.  Refused while a session runs.",
    "update_association": "What a vehicle hears that looks on a wireless link: it repeats "
    "itself while Ongoing, connects when found, and gives up at Failed.  "
    "Found until it is said otherwise.",
    "update_vehicle_place": "Where the vehicle stands, under a pantograph or over a pad; a "
    "level: the vehicle asks until it is in place, and leaves when it is not any more.",
    "update_pantograph": "Where the pantograph is; Connect and Disconnect wait for it.",
    "setup_pad": "What a pad is built for: power class, limits, clearances, and the methods of "
    "positioning, pairing and alignment check in the norm's words.",
    "update_pad": "How the pad is now: the code that a vehicle can observe, whether the test found "
    "it aligned, and what it detects; that takes the power off at once, and gives it back.",
    "offer_internet": "Offer Internet access as a value-added service; over TLS only.",
    "update_mobility_needs": "When the vehicle leaves and how full it is then, as the site wants "
    "it: told with dynamic control where the service lets the station say it; -20 only.",
    "confirm_meter": "The vehicle shall sign the next meter reading by the contract that pays; "
    "-20 only.",
    "offer_parking": "Offer check-in and check-out of the parking place; over TLS, -20 only.",
}

VARIABLES: Final = {
    "supported_app_protocols_secc": "At start-up: everything this stack speaks.",
    "require_auth_eim": "Once a session, at the first request for authorization.",
    "require_auth_pnc": "At PaymentDetailsReq, when the chain was found good.",
    "ac_close_contactor": "At PowerDeliveryReq(Start), when the car shows state C.",
    "ac_open_contactor": "Energy ends, for whatever reason.",
    "start_cable_check": "At the first CableCheckReq in state C.",
    "start_pre_charge": "At the first PreChargeReq.",
    "dc_open_contactor": "Energy ends, for whatever reason.",
    "v2g_setup_finished": "At the first PowerDeliveryReq.",
    "current_demand_started": "At the first request of the charge loop.",
    "current_demand_finished": "The loop ended: the source goes to 0 A.",
    "sae_bidi_mode_active": "The car asked for the reverse mode.",
    "evcc_id": "At SessionSetupReq: the car's MAC.",
    "selected_payment_option": "At the payment selection.",
    "requested_energy_transfer_mode": "At ChargeParameterDiscoveryReq.",
    "departure_time": "At ChargeParameterDiscoveryReq, if the car gave one; -2 only.",
    "ac_eamount": "At ChargeParameterDiscoveryReq: Wh wanted.",
    "ac_ev_max_voltage": "At ChargeParameterDiscoveryReq.",
    "ac_ev_max_current": "At ChargeParameterDiscoveryReq.",
    "ac_ev_min_current": "At ChargeParameterDiscoveryReq.",
    "ac_ev_power_limits": "AC power window of the car.",
    "ac_ev_present_powers": "Power measured in the car.",
    "ac_ev_dynamic_control_mode": "Energy requests of the dynamic mode.",
    "dc_ev_energy_capacity": "At ChargeParameterDiscoveryReq, if given.",
    "dc_ev_energy_request": "At ChargeParameterDiscoveryReq, if given.",
    "dc_full_soc": "At ChargeParameterDiscoveryReq, if given.",
    "dc_bulk_soc": "At ChargeParameterDiscoveryReq, if given.",
    "dc_ev_status": "Whenever it changes, in every DC message.",
    "dc_bulk_charging_complete": "In the loop, if given.",
    "dc_charging_complete": "In the loop.",
    "dc_ev_target_voltage_current": "Each PreChargeReq and CurrentDemandReq.",
    "dc_ev_maximum_limits": "Whenever they change.",
    "dc_ev_remaining_time": "In the loop, if given.",
    "hlc_session_failed": "The moment a session failed.",
    "dlink_terminate": "After a session that ended in order.",
    "dlink_error": "After a session that failed.",
    "dlink_pause": "After SessionStop(Pause).",
    "ev_app_protocol": "Debug: the car's whole offer.",
    "v2g_messages": "Debug: every message, EXI in base 64, before what follows from it.",
    "selected_protocol": "Debug: the protocol agreed.",
    "display_parameters": "Values for the driver.",
    "d20_dc_dynamic_charge_mode": "DC request of the dynamic mode.",
    "dc_ev_present_voltage": "Voltage measured in the car.",
    "meter_info_requested": "The car wants MeterInfo.",
    "selected_service_parameters": "Outcome of ServiceSelection.",
    "ev_termination": "The car's termination code.",
}

VARIABLE_ADDITIONS: Final = {
    "authorization_verdict": "authorization_response to the authorization_request with this "
    "request_id; refused when its session is over.",
    "iso15118_certificate_request": "A vehicle asks for a contract: answer with "
    "set_get_certificate_response within 4 s; with provisioning.service: north.",
    "authorization_request": "With require_auth_eim and require_auth_pnc: whose question it is; "
    "authorization_verdict names it by request_id.",
    "charging_needs": "When ChargeParameterDiscoveryReq was accepted, and whenever it says "
    "something else: what OCPP 2.x NotifyEVChargingNeeds wants to know.",
    "chosen_schedule": "When PowerDelivery was accepted: the tuple chosen, and the car's course.",
    "ev_info": "After the handshake: the car's offer, the protocol agreed (absent: none), TLS or "
    "not; at SessionSetupReq with the EVCC id.",
    "service_renegotiation_supported": "At start-up; false with DIN and -2, which cannot.",
    "slac_state": "When it changes: MATCHING from the plug on, MATCHED also while paused.",
    "slac_dlink_ready": "When it changes: whether IP frames pass.",
    "request_error_routine": "The link shows E or F, so that the vehicle matches anew; "
    "for information, it does so itself.",
    "ev_mac_address": "With each link: the vehicle's MAC, from SLAC.",
    "duty_offer": "Charging by the duty cycle alone, when it changes: amperes of each phase "
    "that are offered, and whether the contactor was ordered to close.",
    "host_troubles": "At start-up and when it changes: NVM_DAMAGED, TRACE_NOT_WRITTEN or "
    "CAPTURE_NOT_WRITTEN, while it stands.",
    "vehicle_looks": "A vehicle looks for a pantograph or a pad on a wireless link, when it says "
    "something else.",
    "vehicle_positioning": "At ACDP_VehiclePositioningReq, when it says something else: look for "
    "the vehicle, and answer with update_vehicle_place.",
    "pantograph_down": "At ACDP_ConnectReq, once the vehicle stands right and cannot drive off.",
    "pantograph_up": "At ACDP_DisconnectReq, and when a session ends otherwise: up as soon "
    "as there is no voltage.",
    "pad_alignment_check": "At WPT_AlignmentCheckReq: test with low power, and answer with "
    "update_pad.",
    "ev_pad_status": "In the loop over a pad, when it changes: what the vehicle wants, gets, and "
    "has found.",
    "ev_technical_status": "What the vehicle says beside the row of messages "
    "(ACDP_SystemStatusReq), when it says something else.",
    "plug_faults": "When it changes: what the driver of pilot, lock and contactors has found, by "
    "name (docs/island.md); the vehicle hears EVSE_Malfunction or EVSE_EmergencyShutdown.",
    "meter_confirmed": "ISO 15118-20: the energy in Wh that the vehicle has signed by its "
    "contract, after confirm_meter.",
    "grid_controls": "When it changes: controls of the grid that a back end of OCPP 2.1 has set "
    "and that count now, for whoever drives the inverter.",
    "parking_status": "ISO 15118-20: the vehicle checks in at the parking place or out of it: "
    "CheckIn, Processing, CheckOut or Completed.",
}

_DYNAMIC: Final = "ISO 15118-20 only: no such element before it"

NOT_HERE: Final = {
    "bpt_setup": "ISO 15118-20 only: no discharging before it; kept",
    "pause_charging": "ISO 15118-20 only: EVSENotification has no pause before it; kept",
    "update_ac_minimum_limits": _DYNAMIC,
    "update_ac_target_values": _DYNAMIC,
    "update_ac_present_power": _DYNAMIC,
    "sae_bidi_mode_active": "the reverse mode of SAE J2847/2 is not served; setup refuses it",
    "ac_ev_power_limits": _DYNAMIC,
    "ac_ev_present_powers": _DYNAMIC,
    "ac_ev_dynamic_control_mode": _DYNAMIC,
    "display_parameters": _DYNAMIC,
    "d20_dc_dynamic_charge_mode": _DYNAMIC,
    "dc_ev_present_voltage": _DYNAMIC,
    "meter_info_requested": _DYNAMIC,
    "selected_service_parameters": _DYNAMIC,
    "ev_termination": _DYNAMIC,
}
"""Checked and kept, or never published, with DIN 70121 and ISO 15118-2."""
