"""ISO 15118-20, DC and MCS: limits, cable check, pre-charge, the loop, welding detection."""

from collections.abc import Callable

from bsw.chrgm.iso20.words import least, most, number
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import dc
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.session.context import StationContext
from secc.session.handlers.dc import begin_precharge, judge_cable, reachable
from secc.session.handlers.iso20.both_ways import of_dc
from secc.session.handlers.iso20.energy.dc_loop import DirectLoop
from secc.session.handlers.iso20.keeping import Keeping
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import amount, stamp
from secc.session.handlers.published import publish_dc_maximum, publish_dc_target
from secc.session.limits import dc_discharge_hardware, dc_hardware, dc_limits
from secc.session.waiting import when

Codes = ResponseCode
PRECHARGE_CURRENT = 2.0
"""A: the message names none."""


class DirectCurrent20:
    def __init__(
        self, station: StationContext, offers: Offers, status: Status, keeping: Keeping
    ) -> None:
        self._station = station
        self._offers = offers
        self.answer_dc_charge_loop = DirectLoop(station, offers, status, keeping).answer

    # Limits

    def answer_dc_charge_parameter_discovery(self, heard: Heard) -> Said:
        needs = heard.body.dc_cpd_req_energy_transfer_mode
        both_ways = isinstance(needs, dc.BPTDCCPDReqEnergyTransferMode)
        fits = both_ways is self._offers.made.both_ways and self._possible(needs)
        code = Codes.OK if fits else Codes.FAILED_WRONG_CHARGE_PARAMETER  # [V2G20-2272]
        if fits:
            self._publish(needs)
            self._station.able = of_dc(needs)
        return Said(
            dc.DCChargeParameterDiscoveryRes(
                header=stamp(self._station),
                response_code=code,
                dc_cpd_res_energy_transfer_mode=self._offer(),
            )
        )

    def _possible(self, needs: dc.AnyDCCPDReqEnergyTransferMode) -> bool:
        limits = dc_limits(self._station.state)
        pairs = [
            (needs.ev_minimum_charge_power, needs.ev_maximum_charge_power),
            (needs.ev_minimum_charge_current, needs.ev_maximum_charge_current),
            (needs.ev_minimum_voltage, needs.ev_maximum_voltage),
        ]
        ordered = all(0 <= low.si() <= high.si() for low, high in pairs)
        if isinstance(needs, dc.BPTDCCPDReqEnergyTransferMode):
            discharge = [
                (needs.ev_minimum_discharge_power, needs.ev_maximum_discharge_power),
                (needs.ev_minimum_discharge_current, needs.ev_maximum_discharge_current),
            ]
            ordered = ordered and all(amount(low) <= amount(high) for low, high in discharge)
        current, voltage = needs.ev_maximum_charge_current.si(), needs.ev_maximum_voltage.si()
        return (
            ordered
            and current > 0
            and current >= limits.minimum_current
            and voltage > 0
            and voltage >= limits.minimum_voltage
        )

    def _offer(self) -> dc.AnyDCCPDResEnergyTransferMode:
        """What the source can: what the site allows of it comes with schedule and loop."""
        station = self._station
        limits = self._offers.discovered = dc_hardware(station.state)
        known = {
            "evse_maximum_charge_power": most(limits.power),
            "evse_minimum_charge_power": least(limits.minimum_power),
            "evse_maximum_charge_current": most(limits.current),
            "evse_minimum_charge_current": least(limits.minimum_current),
            "evse_maximum_voltage": most(limits.voltage),
            "evse_minimum_voltage": least(limits.minimum_voltage),
        }
        if not self._offers.made.both_ways:
            return dc.DCCPDResEnergyTransferMode(**known)
        back = dc_discharge_hardware(station.state)
        sign = -1.0 if station.profile.negative_discharge else 1.0
        return dc.BPTDCCPDResEnergyTransferMode(
            **known,
            evse_maximum_discharge_power=number(sign * back.power),
            evse_minimum_discharge_power=number(sign * back.minimum_power),
            evse_maximum_discharge_current=number(sign * back.current),
            evse_minimum_discharge_current=number(sign * back.minimum_current),
        )

    def _publish(self, needs: dc.AnyDCCPDReqEnergyTransferMode) -> None:
        publish_dc_maximum(
            self._station,
            needs.ev_maximum_charge_current.si(),
            needs.ev_maximum_charge_power.si(),
            needs.ev_maximum_voltage.si(),
        )

    # Cable check

    def answer_dc_cable_check(self, _heard: Heard) -> Said | Later[Said]:
        """State C or D first [V2G20-912], then the isolation test."""
        return self._in_pilot_states({"C", "D"}, self._check)

    def _check(self, good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
        code, processing = judge_cable(self._station, good=good)
        return Said(
            dc.DCCableCheckRes(
                header=stamp(self._station),
                response_code=Codes(code),
                evse_processing=Processing(processing),
            )
        )

    # Pre-charge

    def answer_dc_pre_charge(self, heard: Heard) -> Said:
        station = self._station
        request: dc.DCPreChargeReq = heard.body
        voltage = request.ev_target_voltage.si()
        code = begin_precharge(station, voltage)
        if code == "OK":
            publish_dc_target(station, reachable(station, voltage), PRECHARGE_CURRENT)
        return Said(
            dc.DCPreChargeRes(
                header=stamp(station),
                response_code=Codes(code),
                evse_present_voltage=number(station.present_voltage()),
            )
        )

    # Welding detection

    def answer_dc_welding_detection(self, _heard: Heard) -> Said | Later[Said]:
        """Back in state B; the falling voltage is what the car looks at."""
        return self._in_pilot_states({"A", "B", "E", "F"}, self._welding)

    def _welding(self, good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
        return Said(
            dc.DCWeldingDetectionRes(
                header=stamp(self._station),
                response_code=Codes.OK if good else Codes.FAILED,
                evse_present_voltage=number(self._station.present_voltage()),
            )
        )

    def _in_pilot_states(
        self, wanted: set[str], answer: Callable[[bool], Said]
    ) -> Said | Later[Said]:
        station = self._station
        if not station.profile.demand_pilot_states:
            return answer(True)
        return when(
            station.scheduler,
            lambda: station.pilot.state in wanted,
            station.profile.pilot_wait,
            answer,
        )
