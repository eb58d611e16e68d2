"""ISO 15118-20 on the vehicle, DC and MCS: limits, cable check, pre-charge, welding detection.

The judgement is that of all protocols (``evcc.session.handlers.dc``); the loop has its own file.
"""

from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header, least, most, number, percent
from bsw.chrgm.messages.iso20 import dc
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent, Words
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.energy.dc_loop import DirectLoop
from evcc.session.handlers.iso20.energy.giving import most_amps, most_watts
from evcc.session.handlers.iso20.joining import letting_go
from evcc.session.handlers.iso20.needs import NO_LIMIT
from evcc.session.handlers.iso20.parking import Parking
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications

OFFER: Final = {
    "max_current": "evse_maximum_charge_current",
    "max_power": "evse_maximum_charge_power",
    "max_voltage": "evse_maximum_voltage",
    "min_current": "evse_minimum_charge_current",
    "min_voltage": "evse_minimum_voltage",
}
"""Where the values of ``evcc.plausible`` stand in the station's offer."""
WORDS: Final = Words(
    dc,
    status=lambda _context: None,
    volts=number,
    amps=number,
    loop="DC_ChargeLoop",
    welding="DC_WeldingDetection",
)


class DirectCurrent20:
    def __init__(
        self,
        context: VehicleContext,
        choosing: Choosing,
        status: Notifications,
        schedule: Schedule,
        parking: Parking,
    ) -> None:
        self._context = context
        self._choosing = choosing
        self.parking = parking
        self.direct = DirectCurrent(context, WORDS)
        loop = DirectLoop(context, choosing, status, schedule, self.direct)
        self._loop = loop
        self.ask_dc_charge_loop = loop.ask
        self.hear_dc_charge_loop = loop.hear
        self._matched = False
        self._safe: Next | None = None

    # Limits

    def ask_dc_charge_parameter_discovery(self) -> Said:
        state = self._context.state
        known: dict[str, Any] = {
            "ev_maximum_charge_power": most(self._power()),
            "ev_minimum_charge_power": least(0.0),
            "ev_maximum_charge_current": most(state.max_current or 0.0),
            "ev_minimum_charge_current": least(0.0),
            "ev_maximum_voltage": most(state.max_voltage or 0.0),
            "ev_minimum_voltage": least(0.0),
            "target_soc": percent(state.full_soc),
        }
        limits: dc.AnyDCCPDReqEnergyTransferMode
        if self._choosing.made.both_ways:
            limits = dc.BPTDCCPDReqEnergyTransferMode(
                **known,
                ev_maximum_discharge_power=most(most_watts(state)),
                ev_minimum_discharge_power=least(0.0),
                ev_maximum_discharge_current=most(most_amps(state)),
                ev_minimum_discharge_current=least(0.0),
            )
        else:
            limits = dc.DCCPDReqEnergyTransferMode(**known)
        return Said(
            dc.DCChargeParameterDiscoveryReq(
                header=header(self._context.calendar.unix()),
                dc_cpd_req_energy_transfer_mode=limits,
            )
        )

    def _power(self) -> float:
        """Where nobody tells it, what current and voltage come to."""
        state = self._context.state
        if state.max_power is not None:
            return state.max_power
        return min(NO_LIMIT, (state.max_current or 0.0) * (state.max_voltage or 0.0))

    def hear_dc_charge_parameter_discovery(self, heard: Heard) -> Next:
        context, name = self._context, "DC_ChargeParameterDiscovery"
        offer = heard.body.dc_cpd_res_energy_transfer_mode
        both_ways = isinstance(offer, dc.BPTDCCPDResEnergyTransferMode)
        if both_ways is not self._choosing.made.both_ways:
            return context.end(Ending.INCOMPATIBLE, name, "limits of the other direction")
        believe = context.judge.believe
        told = {told: believe(told, getattr(offer, field)) for told, field in OFFER.items()}
        self._loop.ceilings = told
        context.note(**told)
        if isinstance(offer, dc.BPTDCCPDResEnergyTransferMode):
            context.note(
                max_discharge_current=abs(offer.evse_maximum_discharge_current.si()),
                max_discharge_power=abs(offer.evse_maximum_discharge_power.si()),
            )
        context.told()
        finding = context.judge.offer()
        if finding is not None:
            return context.refuse(finding, name)
        problem = context.dc_mismatch()
        if problem:
            return context.end(Ending.INCOMPATIBLE, name, problem)
        return self.parking.arrived(Go("ScheduleExchange"))

    # Cable check

    def ask_dc_cable_check(self) -> Said:
        return Said(dc.DCCableCheckReq(header=header(self._context.calendar.unix())))

    def hear_dc_cable_check(self, heard: Heard) -> Next:
        context = self._context
        response: dc.DCCableCheckRes = heard.body
        context.note(processing=response.evse_processing.value)
        context.told()
        if response.evse_processing is not Processing.FINISHED:
            return Go("DC_CableCheck", after=context.profile.ongoing_pause)
        context.matched_since = None
        self._matched = False
        return Go("DC_PreCharge", when=self.direct.battery_voltage_known)

    # Pre-charge

    def ask_dc_pre_charge(self) -> Said:
        """Finished goes in one more request, after the voltages met."""
        state = self._context.state
        battery = state.battery_voltage or 0.0
        return Said(
            dc.DCPreChargeReq(
                header=header(self._context.calendar.unix()),
                ev_processing=Processing.FINISHED if self._matched else Processing.ONGOING,
                ev_present_voltage=number(
                    battery if state.inlet_voltage is None else state.inlet_voltage
                ),
                ev_target_voltage=number(battery),
            )
        )

    def hear_dc_pre_charge(self, heard: Heard) -> Next:
        context = self._context
        self._see_voltage(heard.body)
        finding = context.look(flowing=False)
        if finding is not None:
            return context.refuse(finding, "DC_PreCharge")
        if self._matched:
            return Go(
                "PowerDelivery",
                when=context.contactors_closed,
                within=context.profile.contactor_limit,
                otherwise=Ending.CONTACTOR_FAULT,
            )
        self._matched = context.voltages_match(context.view.present_voltage)
        return Go("DC_PreCharge", after=0 if self._matched else context.profile.precharge_pause)

    def _see_voltage(self, body: dc.DCPreChargeRes | dc.DCWeldingDetectionRes) -> None:
        context = self._context
        known, told = context.view.present_voltage, body.evse_present_voltage
        context.note(present_voltage=context.judge.believe("present_voltage", told, known))
        context.told()

    # Welding detection

    def ask_dc_welding_detection(self) -> Said:
        """What the vehicle has found by then says whether it is the last one."""
        self.direct.begin_welding()
        done = Processing.ONGOING if self._safe is None else Processing.FINISHED
        return Said(
            dc.DCWeldingDetectionReq(
                header=header(self._context.calendar.unix()), ev_processing=done
            )
        )

    def hear_dc_welding_detection(self, heard: Heard) -> Next:
        self._see_voltage(heard.body)
        if self._safe is not None:
            follow, self._safe = self._safe, None
            return letting_go(self._context, follow)
        follow = self.direct.judge_welding()
        if isinstance(follow, Go) and follow.to == "DC_WeldingDetection":
            return follow
        self._safe = follow
        return Go("DC_WeldingDetection")
