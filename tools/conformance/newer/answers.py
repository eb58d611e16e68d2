"""Valid answers of a scripted station in ISO 15118-20 at a plug, charging one way.

``answers`` has one for each request, by the name of its message without ``Req``.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.iso20 import parameters as known
from bsw.chrgm.iso20.words import header, number
from bsw.chrgm.messages.iso20 import ac, common, dc
from bsw.chrgm.messages.iso20.common_types import MessageHeader, Processing, ResponseCode
from bsw.chrgm.services import ParameterSet, energy_by_word

Ok: Final = ResponseCode.OK
DONE: Final = Processing.FINISHED
EVSE_ID: Final = "DE*PWX*E0001*1"
DAY: Final = 86_400
MOST_VOLTS, MOST_AMPS, MOST_WATTS = 500.0, 125.0, 30_000.0
GRID_VOLTS, GRID_HERTZ, PHASE_WATTS = 230, 50.0, 7_360.0
CHALLENGE: Final = bytes(range(16))
Answers = dict[str, Callable[[Any], Any]]


class NewerStation:
    """``volts`` and ``amps`` are what the source puts out."""

    def __init__(self, service: str, *, contract: bool = False) -> None:
        record = energy_by_word("iso20")[service]
        self.volts = self.amps = 0.0
        self._number, self._ac = record.number, record.mode.ac
        self._contract = contract
        self.answers: Answers = {
            "SessionSetup": self._setup,
            "AuthorizationSetup": self._authorization_setup,
            "Authorization": self._said(common.AuthorizationRes, evse_processing=DONE),
            "ServiceDiscovery": self._discovery,
            "ServiceDetail": self._detail,
            "ServiceSelection": self._said(common.ServiceSelectionRes),
            "ACChargeParameterDiscovery": self._ac_limits,
            "DCChargeParameterDiscovery": self._dc_limits,
            "ScheduleExchange": self._schedules,
            "DCCableCheck": self._said(dc.DCCableCheckRes, evse_processing=DONE),
            "DCPreCharge": self._volts(dc.DCPreChargeRes),
            "PowerDelivery": self._said(common.PowerDeliveryRes),
            "ACChargeLoop": self._ac_loop,
            "DCChargeLoop": self._dc_loop,
            "DCWeldingDetection": self._volts(dc.DCWeldingDetectionRes),
            "SessionStop": self._said(common.SessionStopRes),
        }

    @staticmethod
    def _now() -> MessageHeader:
        return header(int(time.time()))

    def _said(self, kind: Callable[..., object], **values: object) -> Callable[[object], object]:
        return lambda _request: kind(header=self._now(), response_code=Ok, **values)

    def _volts(self, kind: Callable[..., object]) -> Callable[[object], object]:
        return lambda _request: kind(
            header=self._now(), response_code=Ok, evse_present_voltage=number(self.volts)
        )

    def _setup(self, _request: object) -> common.SessionSetupRes:
        return common.SessionSetupRes(
            header=self._now(),
            response_code=ResponseCode.OK_NEW_SESSION_ESTABLISHED,
            evseid=EVSE_ID,
        )

    def _authorization_setup(self, _request: object) -> common.AuthorizationSetupRes:
        services = common.Authorization
        told: dict[str, Any] = {"eim_as_res_authorization_mode": common.EIMASResAuthorizationMode()}
        if self._contract:
            mode = common.PnCASResAuthorizationMode(gen_challenge=CHALLENGE)
            told = {"pnc_as_res_authorization_mode": mode}
        return common.AuthorizationSetupRes(
            header=self._now(),
            response_code=Ok,
            authorization_services=(services.PNC if self._contract else services.EIM,),
            certificate_installation_service=False,
            **told,
        )

    def _discovery(self, _request: object) -> common.ServiceDiscoveryRes:
        offered = common.Service(service_id=self._number, free_service=False)
        return common.ServiceDiscoveryRes(
            header=self._now(),
            response_code=Ok,
            service_renegotiation_supported=False,
            energy_transfer_service_list=common.ServiceList(service=(offered,)),
        )

    def _detail(self, request: common.ServiceDetailReq) -> common.ServiceDetailRes:
        form: dict[str, known.Value] = {
            known.CONNECTOR: known.THREE_PHASE[0] if self._ac else 2,
            known.CONTROL_MODE: known.SCHEDULED,
            known.MOBILITY: known.BY_VEHICLE,
            known.PRICING: known.NO_PRICES,
        }
        if self._ac:
            form[known.NOMINAL_VOLTAGE] = GRID_VOLTS
        return common.ServiceDetailRes(
            header=self._now(),
            response_code=Ok,
            service_id=request.service_id,
            service_parameter_list=known.listed([ParameterSet(1, form)]),
        )

    def _dc_limits(self, _request: object) -> dc.DCChargeParameterDiscoveryRes:
        limits = dc.DCCPDResEnergyTransferMode(
            evse_maximum_charge_power=number(MOST_WATTS),
            evse_minimum_charge_power=number(0.0),
            evse_maximum_charge_current=number(MOST_AMPS),
            evse_minimum_charge_current=number(0.0),
            evse_maximum_voltage=number(MOST_VOLTS),
            evse_minimum_voltage=number(150.0),
        )
        return dc.DCChargeParameterDiscoveryRes(
            header=self._now(), response_code=Ok, dc_cpd_res_energy_transfer_mode=limits
        )

    def _ac_limits(self, _request: object) -> ac.ACChargeParameterDiscoveryRes:
        limits = ac.ACCPDResEnergyTransferMode(
            evse_maximum_charge_power=number(PHASE_WATTS),
            evse_minimum_charge_power=number(0.0),
            evse_nominal_frequency=number(GRID_HERTZ),
        )
        return ac.ACChargeParameterDiscoveryRes(
            header=self._now(), response_code=Ok, ac_cpd_res_energy_transfer_mode=limits
        )

    def _schedules(self, _request: object) -> common.ScheduleExchangeRes:
        entry = common.PowerScheduleEntry(duration=DAY, power=number(PHASE_WATTS))
        power = common.PowerSchedule(
            time_anchor=int(time.time()),
            power_schedule_entries=common.PowerScheduleEntryList(power_schedule_entry=(entry,)),
        )
        offered = common.ScheduleTuple(
            schedule_tuple_id=1, charging_schedule=common.ChargingSchedule(power_schedule=power)
        )
        return common.ScheduleExchangeRes(
            header=self._now(),
            response_code=Ok,
            evse_processing=DONE,
            scheduled_se_res_control_mode=common.ScheduledSEResControlMode(
                schedule_tuple=(offered,)
            ),
        )

    def _dc_loop(self, _request: object) -> dc.DCChargeLoopRes:
        return dc.DCChargeLoopRes(
            header=self._now(),
            response_code=Ok,
            evse_present_current=number(self.amps),
            evse_present_voltage=number(self.volts),
            evse_power_limit_achieved=False,
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            cl_res_control_mode=dc.ScheduledDCCLResControlMode(),
        )

    def _ac_loop(self, _request: object) -> ac.ACChargeLoopRes:
        return ac.ACChargeLoopRes(
            header=self._now(),
            response_code=Ok,
            cl_res_control_mode=ac.ScheduledACCLResControlMode(),
        )
