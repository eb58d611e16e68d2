"""What each command and variable of the vehicle's north side means here, in a line.

For the integrator's page, which is generated from this; a test holds it complete.
"""

from typing import Final

COMMANDS: Final = {
    "start_charging": "Mode, payment, departure in seconds from now, energy in kWh (0: no goal); "
    "gives permission.  While a session runs, another mode is refused.",
    "stop_charging": "An ordered stop: current to zero, then SessionStop(Terminate).",
    "pause_charging": "The same with SessionStop(Pause); in DIN, which has no pause, a stop.",
    "set_fault": "A fault of the vehicle, as EVErrorCode; charging ends at once.  "
    "Ordered: an ordered stop first, the fault stands after it and until reset_fault.",
    "set_dc_params": "DC limits and targets; what is left out stays.",
    "set_bpt_dc_params": "Discharge limits and floor, and the current wanted out of the battery; "
    "-20 only.",
    "allow_discharging": "Energy may leave the battery; withdrawn, nothing flows out any more; "
    "-20 only.",
    "enable_sae_j2847_v2g_v2h": "Refused, with the reason.",
    "update_soc": "State of charge in per cent.",
    "reset_fault": "The fault is gone; the next session may charge.",
    "set_ac_params": "AC limits per phase, powers in total; what is left out stays.",
    "update_dc_present_values": "Measured at inlet and battery, never the target repeated.",
    "update_contactor_state": "What the contactors report; a welded one is a fault.",
    "update_inlet": "Lock, ampacity of the cable, derating by temperature.",
    "update_receiver": "Over a pad: the code it observes and the power it gets in the alignment "
    "check; ISO 15118-20 only.",
    "set_mobility_needs": "Departure in seconds from now, energy in Wh, full and bulk charge, "
    "and the least that has to be in as soon as possible (-20).",
    "allow_charging": "Permission; withdrawn while charging it is an ordered stop.",
    "request_renegotiation": "New parameters and schedules; -2 only.",
    "resume": "End a pause from the vehicle's side.",
    "wake_up": "The same by another name.",
    "set_protocol_offer": "Which protocols are offered, best first, from the next session on.",
    "set_authorization": "By contract where possible, or external payment only.",
    "request_certificate_installation": "Ask for a contract in the next session, also if there is "
    "one; -2 only.",
}

VARIABLES: Final = {
    "v2g_session_finished": "The session is over; the reason is in session_result.",
    "ev_power_ready": "State C is wanted (true) or no longer (false).",
    "ac_evse_max_current": "The station's limit per phase, when it changes.",
    "ac_evse_target_power": "AC set point of the station; -20 only.",
    "dc_power_on": "The DC contactors are to close.",
    "stop_from_charger": "The station asked to stop.",
    "pause_from_charger": "The station asked to pause; -20 only.",
    "session_state": "The exchange the session is at.",
    "session_result": "How the session ended: ending, exchange, code, timer, detail.",
    "link_state": "linked, lost or failed.",
    "sdp_result": "The station that discovery found.",
    "tls_info": "Version and cipher suite of the connection, empty on plain TCP.",
    "selected_protocol": "din or iso2.",
    "secc_offer": "Energy transfer modes and payment options on offer, and the EVSE id.",
    "evse_limits": "Current, voltage and power the station gives.",
    "evse_present_values": "What the station measures.",
    "evse_status": "Notification, status code, isolation, RCD.",
    "schedules": "What the chosen schedule allows now and next.",
    "placement": "Where the vehicle stands under a pantograph or over a pad, as the station sees "
    "it; ISO 15118-20 only.",
    "meter_info": "Meter id and reading.",
    "authorization_state": "EVSEProcessing of the authorization, and of nothing else.",
    "v2g_messages": "Debug: every message, EXI in base 64.",
}

NOT_HERE: Final = {
    "enable_sae_j2847_v2g_v2h": "the reverse mode of SAE J2847/2 is not part of this version",
}
"""Kept, refused or never published, with the protocols of this version."""
