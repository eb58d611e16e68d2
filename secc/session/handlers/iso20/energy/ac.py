"""ISO 15118-20, AC: the window of power, and the loop with the station's target.

A car that said one sum hears one sum: the lines are named only to one that named them
[V2G20-1822].
"""

from typing import Any, Final

from bsw.chrgm.iso20.lines import lines
from bsw.chrgm.iso20.words import least, maybe, most, number
from bsw.chrgm.messages.iso20 import ac
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from secc.api.objects import (
    AcEvDynamicModeValues,
    AcEvPowerLimits,
    AcEvPresentPowerValues,
    Power,
)
from secc.session.context import StationContext
from secc.session.handlers.iso20.both_ways import of_ac
from secc.session.handlers.iso20.display import publish_display
from secc.session.handlers.iso20.keeping import Keeping
from secc.session.handlers.iso20.offers import Offers, told_needs
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import amount, stamp
from secc.session.limits import (
    ac_discharge_hardware,
    ac_discharge_power,
    ac_minimum_power,
    ac_power,
)

Codes = ResponseCode
FREQUENCY: Final = 50.0
"""Hz, where nobody said otherwise."""
_KINDS: dict[tuple[bool, bool], tuple[type, type]] = {
    (False, False): (ac.ScheduledACCLReqControlMode, ac.ScheduledACCLResControlMode),
    (False, True): (ac.BPTScheduledACCLReqControlMode, ac.BPTScheduledACCLResControlMode),
    (True, False): (ac.DynamicACCLReqControlMode, ac.DynamicACCLResControlMode),
    (True, True): (ac.BPTDynamicACCLReqControlMode, ac.BPTDynamicACCLResControlMode),
}
"""Request and response of a loop: dynamic or not, both ways or not."""


class AlternatingCurrent:
    def __init__(
        self, station: StationContext, offers: Offers, status: Status, keeping: Keeping
    ) -> None:
        self._station = station
        self._offers = offers
        self._status = status
        self._keeping = keeping
        self._by_line = False  # the car named its lines
        self._vehicle = (0.0, 0.0)  # W that it takes and gives at most

    # Limits

    def answer_ac_charge_parameter_discovery(self, heard: Heard) -> Said:
        needs = heard.body.ac_cpd_req_energy_transfer_mode
        both_ways = isinstance(needs, ac.BPTACCPDReqEnergyTransferMode)
        fits = both_ways is self._offers.made.both_ways and self._possible(needs)
        if fits:
            power = lines(needs, "ev_maximum_charge_power")
            self._by_line = power is not None and bool(power.each)
            self._publish_limits(needs)
            self._station.able = of_ac(needs)
        return Said(
            ac.ACChargeParameterDiscoveryRes(
                header=stamp(self._station),
                response_code=Codes.OK if fits else Codes.FAILED_WRONG_CHARGE_PARAMETER,
                ac_cpd_res_energy_transfer_mode=self._offer(),
            )
        )

    def _possible(self, needs: ac.AnyACCPDReqEnergyTransferMode) -> bool:
        """[V2G20-1619]."""
        low, high = needs.ev_minimum_charge_power.si(), needs.ev_maximum_charge_power.si()
        possible = 0 <= low <= high and high > 0
        if isinstance(needs, ac.BPTACCPDReqEnergyTransferMode):
            least_back = amount(needs.ev_minimum_discharge_power)
            possible = possible and least_back <= amount(needs.ev_maximum_discharge_power)
        return possible

    def _offer(self) -> ac.AnyACCPDResEnergyTransferMode:
        station = self._station
        state, mode = station.state, station.mode
        told = state.ac_parameters
        known: dict[str, Any] = {
            **self._spread("evse_maximum_charge_power", ac_power(state, mode), most),
            **self._spread("evse_minimum_charge_power", ac_minimum_power(state, mode), least),
            "evse_nominal_frequency": number(FREQUENCY if told is None else told.nominal_frequency),
            "maximum_power_asymmetry": maybe(None if told is None else told.max_power_asymmetry),
            "evse_power_ramp_limitation": maybe(
                None if told is None else told.power_ramp_limitation
            ),
        }
        if not self._offers.made.both_ways:
            return ac.ACCPDResEnergyTransferMode(**known)
        sign = -1.0 if station.profile.negative_discharge else 1.0
        back = sign * ac_discharge_hardware(state, mode)
        return ac.BPTACCPDResEnergyTransferMode(
            **known,
            **self._spread("evse_maximum_discharge_power", back, number),
            **self._spread("evse_minimum_discharge_power", 0.0, number),
        )

    def _spread(self, name: str, power: float, word: Any) -> dict[str, Any]:  # noqa: ANN401
        """A power in total, as the car's own form has it."""
        if not self._by_line:
            return {name: word(power)}
        each = word(power / 3.0)
        return {name: each, f"{name}_l2": each, f"{name}_l3": each}

    def _publish_limits(self, message: object) -> None:
        told = AcEvPowerLimits(
            max_charge_power=_power(message, "ev_maximum_charge_power"),
            min_charge_power=_power(message, "ev_minimum_charge_power"),
            max_discharge_power=_power(message, "ev_maximum_discharge_power", magnitude=True),
            min_discharge_power=_power(message, "ev_minimum_discharge_power", magnitude=True),
        )
        most, least = told.max_charge_power, told.max_discharge_power
        self._vehicle = (
            self._vehicle[0] if most is None else most.total,
            self._vehicle[1] if least is None else least.total,
        )
        if self._station.news("ac_ev_power_limits", told):
            self._station.publish("ac_ev_power_limits", told)

    # The loop

    def answer_ac_charge_loop(self, heard: Heard) -> Said:
        station = self._station
        request: ac.ACChargeLoopReq = heard.body
        selection = self._offers.made
        asked, answered = _KINDS[selection.dynamic, selection.both_ways]
        mode = request.cl_req_control_mode
        if type(mode) is not asked:
            kind = ac.ACChargeLoopRes
            return Said(smallest(kind, header=stamp(station), response_code=Codes.FAILED))
        if station.charging:
            station.start_loop()
        publish_display(station, request.display_parameters)
        self._publish(mode)
        return Said(
            ac.ACChargeLoopRes(
                header=stamp(station),
                response_code=self._keeping.judge(self._flowing(mode)),
                evse_status=self._status.told(),
                meter_info=self._status.meter(asked=request.meter_info_requested),
                evse_target_frequency=self._frequency(),
                cl_res_control_mode=answered(**self._targets()),
            )
        )

    def _flowing(self, mode: object) -> float:
        """W: measured here, or as the vehicle says."""
        present = self._station.state.ac_present
        told = lines(mode, "ev_present_active_power")
        if present is not None:
            return present.total
        return 0.0 if told is None else told.total

    def _publish(self, mode: object) -> None:
        station = self._station
        self._publish_limits(mode)
        active = _power(mode, "ev_present_active_power")
        assert active is not None, "a mandatory element"
        station.publish(
            "ac_ev_present_powers",
            AcEvPresentPowerValues(
                present_active_power=active, present_reactive_power=_reactive(mode)
            ),
        )
        if not isinstance(mode, ac.DynamicACCLReqControlMode):
            return
        told = AcEvDynamicModeValues(
            departure_time=mode.departure_time,
            target_energy_request=max(0.0, mode.ev_target_energy_request.si()),
            max_energy_request=max(0.0, mode.ev_maximum_energy_request.si()),
            min_energy_request=max(0.0, mode.ev_minimum_energy_request.si()),
        )
        if station.news("ac_ev_dynamic_control_mode", told):
            station.publish("ac_ev_dynamic_control_mode", told)

    @property
    def _wanted(self) -> float | None:
        """W that are to flow: the set point that holds for the site goes before the outlet's own.

        What the vehicle has said that it can is not passed.
        """
        state, told = self._station.state, self._station.state.ac_target
        if state.set_point is None:
            return None if told is None else told.target_active_power.total
        most, least = self._vehicle
        return max(-least, min(most, state.set_point))

    def _frequency(self) -> Any:  # noqa: ANN401 - a RationalNumber or nothing
        target = self._station.state.ac_target
        return maybe(None if target is None else target.target_frequency)

    def _targets(self) -> dict[str, object]:
        """The set point of the north side, never above what the outlet can."""
        station = self._station
        state, mode = station.state, station.mode
        limit = (
            0.0 if state.no_energy is not None or not station.charging else ac_power(state, mode)
        )
        target, wanted = limit, self._wanted
        if wanted is not None:
            back = ac_discharge_power(state, mode) if self._offers.made.both_ways else 0.0
            target = max(-back if station.charging else 0.0, wanted)
        told = self._spread("evse_target_active_power", min(target, limit), most)
        if self._offers.made.dynamic:
            told.update(told_needs(station, self._offers.made))
        if state.ac_present is not None:
            present = state.ac_present.total
            told.update(self._spread("evse_present_active_power", present, number))
        reactive = None if state.ac_target is None else state.ac_target.target_reactive_power
        if reactive is not None:
            told.update(self._spread("evse_target_reactive_power", reactive.total, number))
        return told


def _power(message: object, name: str, *, magnitude: bool = False) -> Power | None:
    told = lines(message, name)
    if told is None:
        return None
    total = abs(told.total) if magnitude else told.total
    if not told.each:
        return Power(total=total)
    each = [
        abs(one) if magnitude else one for one in (*told.each, None, None)[:3] if one is not None
    ]
    named = dict(zip(("L1", "L2", "L3"), each, strict=False))
    return Power(total=total, **named)


def _reactive(message: object) -> Power | None:
    told = lines(message, "ev_present_reactive_power")
    return None if told is None else Power(total=told.total)
