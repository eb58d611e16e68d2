"""Valid requests of a scripted vehicle in ISO 15118-20, one function for each exchange."""

from typing import Any, Final

from bsw.chrgm.iso20.words import header, number
from bsw.chrgm.messages.iso20 import ac, acdp, common, dc, wpt
from bsw.chrgm.messages.iso20.common_types import Processing

STEP = common.ChargeProgress
WAY = common.ChargingSession
UNIX: Final = 1_790_000_000
NOW: Final = header(UNIX)
VOLTS: Final = 380.0
STATE_B: Final = acdp.ElectricalChargingDeviceStatus.STATE_B


def session_setup() -> common.SessionSetupReq:
    return common.SessionSetupReq(header=NOW, evccid="TESTER")


def authorization_setup() -> common.AuthorizationSetupReq:
    return common.AuthorizationSetupReq(header=NOW)


def authorization() -> common.AuthorizationReq:
    return common.AuthorizationReq(
        header=NOW,
        selected_authorization_service=common.Authorization.EIM,
        eim_a_req_authorization_mode=common.EIMAReqAuthorizationMode(),
    )


def by_contract() -> common.AuthorizationReq:
    chain = common.ContractCertificateChain(
        certificate=b"leaf", sub_certificates=common.SubCertificates(certificate=(b"above",))
    )
    return common.AuthorizationReq(
        header=NOW,
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=common.PnCAReqAuthorizationMode(
            id="id1", gen_challenge=bytes(16), contract_certificate_chain=chain
        ),
    )


def service_discovery() -> common.ServiceDiscoveryReq:
    return common.ServiceDiscoveryReq(header=NOW)


def service_detail(service: int) -> common.ServiceDetailReq:
    return common.ServiceDetailReq(header=NOW, service_id=service)


def service_selection(service: int, parameters: int) -> common.ServiceSelectionReq:
    chosen = common.SelectedService(service_id=service, parameter_set_id=parameters)
    return common.ServiceSelectionReq(header=NOW, selected_energy_transfer_service=chosen)


def ac_discovery(*, both_ways: bool = False) -> ac.ACChargeParameterDiscoveryReq:
    known: dict[str, Any] = {
        "ev_maximum_charge_power": number(11_000.0),
        "ev_minimum_charge_power": number(1_000.0),
    }
    mode: Any = ac.ACCPDReqEnergyTransferMode(**known)
    if both_ways:
        mode = ac.BPTACCPDReqEnergyTransferMode(
            **known,
            ev_maximum_discharge_power=number(5_000.0),
            ev_minimum_discharge_power=number(0.0),
        )
    return ac.ACChargeParameterDiscoveryReq(header=NOW, ac_cpd_req_energy_transfer_mode=mode)


def dc_discovery(
    *, both_ways: bool = False, most: float = 200.0
) -> dc.DCChargeParameterDiscoveryReq:
    known: dict[str, Any] = {
        "ev_maximum_charge_power": number(80_000.0),
        "ev_minimum_charge_power": number(0.0),
        "ev_maximum_charge_current": number(most),
        "ev_minimum_charge_current": number(5.0),
        "ev_maximum_voltage": number(420.0),
        "ev_minimum_voltage": number(200.0),
    }
    mode: Any = dc.DCCPDReqEnergyTransferMode(**known)
    if both_ways:
        mode = dc.BPTDCCPDReqEnergyTransferMode(
            **known,
            ev_maximum_discharge_power=number(10_000.0),
            ev_minimum_discharge_power=number(0.0),
            ev_maximum_discharge_current=number(30.0),
            ev_minimum_discharge_current=number(0.0),
        )
    return dc.DCChargeParameterDiscoveryReq(header=NOW, dc_cpd_req_energy_transfer_mode=mode)


def positioning() -> acdp.ACDPVehiclePositioningReq:
    return acdp.ACDPVehiclePositioningReq(
        header=NOW, ev_mobility_status=False, ev_positioning_support=False
    )


def connect() -> acdp.ACDPConnectReq:
    return acdp.ACDPConnectReq(header=NOW, ev_electrical_charging_device_status=STATE_B)


def disconnect() -> acdp.ACDPDisconnectReq:
    return acdp.ACDPDisconnectReq(header=NOW, ev_electrical_charging_device_status=STATE_B)


def system_status(
    *, held: bool = True, error: acdp.ErrorCode = acdp.ErrorCode.OK_NO_EV_ERROR
) -> acdp.ACDPSystemStatusReq:
    return acdp.ACDPSystemStatusReq(
        header=NOW,
        ev_technical_status=acdp.EVTechnicalStatus(
            ev_ready_to_charge=True,
            ev_immobilization_request=False,
            ev_immobilized=held,
            ev_error_code=error,
        ),
    )


DONE: Final = Processing.FINISHED
GOOD: Final = wpt.WPTEVResult.EV_RESULT_SUCCESS


def pad_setup() -> wpt.WPTFinePositioningSetupReq:
    return wpt.WPTFinePositioningSetupReq(
        header=NOW,
        ev_processing=DONE,
        ev_device_fine_positioning_method_list=wpt.WPTFinePositioningMethodList(
            wpt_fine_positioning_method=(wpt.WPTFinePositioningMethod.MANUAL,)
        ),
        ev_device_pairing_method_list=wpt.WPTPairingMethodList(
            wpt_pairing_method=(wpt.WPTPairingMethod.EXTERNAL_CONFIRMATION,)
        ),
        ev_device_alignment_check_method_list=wpt.WPTAlignmentCheckMethodList(
            wpt_alignment_check_method=(wpt.WPTAlignmentCheckMethod.POWER_CHECK,)
        ),
        natural_offset=0,
    )


def fine_positioning() -> wpt.WPTFinePositioningReq:
    return wpt.WPTFinePositioningReq(header=NOW, ev_processing=DONE, ev_result_code=GOOD)


def pairing() -> wpt.WPTPairingReq:
    return wpt.WPTPairingReq(header=NOW, ev_processing=DONE, ev_result_code=GOOD)


def alignment() -> wpt.WPTAlignmentCheckReq:
    return wpt.WPTAlignmentCheckReq(header=NOW, ev_processing=DONE, ev_result_code=GOOD)


def pad_discovery(*, lowest: int = 100) -> wpt.WPTChargeParameterDiscoveryReq:
    return wpt.WPTChargeParameterDiscoveryReq(
        header=NOW,
        evpc_max_receivable_power=number(3_600.0),
        sd_max_ground_clearence=lowest + 100,
        sd_min_ground_clearence=lowest,
        evpc_natural_frequency=number(85_000.0),
        evpc_device_local_control=False,
    )


def pad_loop(watts: float = 3_000.0, *, meter: bool = False) -> wpt.WPTChargeLoopReq:
    return wpt.WPTChargeLoopReq(
        header=NOW,
        meter_info_requested=meter,
        evpc_power_request=number(watts),
        evpc_power_output=number(0.0),
        evpc_charge_diagnostics=wpt.WPTEVPCChargeDiagnostics.EVPC_NO_ISSUE,
    )


def schedule(*, dynamic: bool = False) -> common.ScheduleExchangeReq:
    energy = number(20_000.0)
    wanted = common.DynamicSEReqControlMode(
        departure_time=7_200,
        ev_target_energy_request=energy,
        ev_maximum_energy_request=energy,
        ev_minimum_energy_request=number(0.0),
    )
    return common.ScheduleExchangeReq(
        header=NOW,
        maximum_supporting_points=1024,
        dynamic_se_req_control_mode=wanted if dynamic else None,
        scheduled_se_req_control_mode=None if dynamic else common.ScheduledSEReqControlMode(),
    )


def cable_check() -> dc.DCCableCheckReq:
    return dc.DCCableCheckReq(header=NOW)


def pre_charge(*, finished: bool = False) -> dc.DCPreChargeReq:
    return dc.DCPreChargeReq(
        header=NOW,
        ev_processing=Processing.FINISHED if finished else Processing.ONGOING,
        ev_present_voltage=number(VOLTS),
        ev_target_voltage=number(VOLTS),
    )


def profile(tuple_id: int, power: float, anchor: int) -> common.EVPowerProfile:
    entry = common.PowerScheduleEntry(duration=3_600, power=number(power))
    return common.EVPowerProfile(
        time_anchor=anchor,
        scheduled_evppt_control_mode=common.ScheduledEVPPTControlMode(
            selected_schedule_tuple_id=tuple_id,
            power_tolerance_acceptance=common.PowerToleranceAcceptance.POWER_TOLERANCE_CONFIRMED,
        ),
        ev_power_profile_entries=common.EVPowerProfileEntryList(ev_power_profile_entry=(entry,)),
    )


def delivery(
    step: common.ChargeProgress, plan: common.EVPowerProfile | None = None
) -> common.PowerDeliveryReq:
    return common.PowerDeliveryReq(
        header=NOW,
        ev_processing=Processing.FINISHED,
        charge_progress=step,
        ev_power_profile=plan,
    )


def dc_loop(
    amps: float = 10.0, *, meter: bool = False, both_ways: bool = False
) -> dc.DCChargeLoopReq:
    kind = dc.BPTScheduledDCCLReqControlMode if both_ways else dc.ScheduledDCCLReqControlMode
    return dc.DCChargeLoopReq(
        header=NOW,
        meter_info_requested=meter,
        ev_present_voltage=number(VOLTS),
        cl_req_control_mode=kind(ev_target_current=number(amps), ev_target_voltage=number(400.0)),
    )


def dc_loop_dynamic(*, most: float = 200.0) -> dc.DCChargeLoopReq:
    energy = number(20_000.0)
    mode = dc.DynamicDCCLReqControlMode(
        departure_time=7_200,
        ev_target_energy_request=energy,
        ev_maximum_energy_request=energy,
        ev_minimum_energy_request=number(0.0),
        ev_maximum_charge_power=number(80_000.0),
        ev_minimum_charge_power=number(0.0),
        ev_maximum_charge_current=number(most),
        ev_maximum_voltage=number(420.0),
        ev_minimum_voltage=number(200.0),
    )
    return dc.DCChargeLoopReq(
        header=NOW,
        meter_info_requested=False,
        ev_present_voltage=number(VOLTS),
        cl_req_control_mode=mode,
    )


def ac_loop(*, meter: bool = False, both_ways: bool = False) -> ac.ACChargeLoopReq:
    kind = ac.BPTScheduledACCLReqControlMode if both_ways else ac.ScheduledACCLReqControlMode
    return ac.ACChargeLoopReq(
        header=NOW,
        meter_info_requested=meter,
        cl_req_control_mode=kind(ev_present_active_power=number(0.0)),
    )


def welding(*, finished: bool = False) -> dc.DCWeldingDetectionReq:
    done = Processing.FINISHED if finished else Processing.ONGOING
    return dc.DCWeldingDetectionReq(header=NOW, ev_processing=done)


def session_stop(way: common.ChargingSession = WAY.TERMINATE) -> common.SessionStopReq:
    return common.SessionStopReq(header=NOW, charging_session=way)
