"""ISO 15118-20, the DC loop: a set point of the vehicle, or one of the station in its limits."""

from typing import Any

from bsw.chrgm.agreement import Progress
from bsw.chrgm.iso20.words import least, most, number, si
from bsw.chrgm.messages.iso20 import dc
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from secc.api.objects import DcChargeDynamicModeValues
from secc.session.context import StationContext
from secc.session.handlers.iso20.display import publish_display
from secc.session.handlers.iso20.keeping import Keeping
from secc.session.handlers.iso20.offers import Offers, told_needs
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import amount, stamp
from secc.session.handlers.published import publish_dc_maximum, publish_dc_target_in_loop
from secc.session.limits import DcLimits, dc_discharge, loop_limits, set_current, within

_KINDS: dict[tuple[bool, bool], tuple[type, type]] = {
    (False, False): (dc.ScheduledDCCLReqControlMode, dc.ScheduledDCCLResControlMode),
    (False, True): (dc.BPTScheduledDCCLReqControlMode, dc.BPTScheduledDCCLResControlMode),
    (True, False): (dc.DynamicDCCLReqControlMode, dc.DynamicDCCLResControlMode),
    (True, True): (dc.BPTDynamicDCCLReqControlMode, dc.BPTDynamicDCCLResControlMode),
}
"""Request and response of a loop: dynamic or not, both ways or not."""


class DirectLoop:
    def __init__(
        self, station: StationContext, offers: Offers, status: Status, keeping: Keeping
    ) -> None:
        self._station = station
        self._offers = offers
        self._status = status
        self._keeping = keeping

    def answer(self, heard: Heard) -> Said:
        """In kind, or not at all."""
        station = self._station
        request: dc.DCChargeLoopReq = heard.body
        selection = self._offers.made
        asked, answered = _KINDS[selection.dynamic, selection.both_ways]
        if type(request.cl_req_control_mode) is not asked:
            return Said(
                smallest(
                    dc.DCChargeLoopRes, header=stamp(station), response_code=ResponseCode.FAILED
                )
            )
        if station.charging:
            station.start_loop()
        publish_display(station, request.display_parameters)
        station.publish("dc_ev_present_voltage", request.ev_present_voltage.si())
        voltage, current = self._set_point(request.cl_req_control_mode)
        return self._response(request, answered, voltage, current)

    def _set_point(self, mode: Any) -> tuple[float, float]:  # noqa: ANN401 - one of four kinds
        """What the source is to do now; in standby nothing."""
        station = self._station
        dynamic = self._offers.made.dynamic
        if dynamic:
            voltage, current = mode.ev_maximum_voltage.si(), self._wanted(mode)
            self._publish_dynamic(mode)
        else:
            voltage, current = mode.ev_target_voltage.si(), mode.ev_target_current.si()
        publish_dc_maximum(
            station,
            si(mode.ev_maximum_charge_current),
            si(mode.ev_maximum_charge_power),
            si(mode.ev_maximum_voltage),
        )
        if station.record.agreed.progress is not Progress.CHARGING:
            current = 0.0
        back = self._most_back()
        publish_dc_target_in_loop(station, voltage, current, back)
        return voltage, max(-back, current)

    def _wanted(self, mode: dc.DynamicDCCLReqControlMode) -> float:
        """The site's set point as far as the vehicle can follow; without one all it takes."""
        most = mode.ev_maximum_charge_current.si()
        wanted = set_current(self._station.state)
        if wanted is None:
            return most
        least = 0.0
        if isinstance(mode, dc.BPTDynamicDCCLReqControlMode):
            least = -self._vehicle_back(mode)
        return max(least, min(most, wanted))

    def _vehicle_back(self, mode: dc.BPTDynamicDCCLReqControlMode) -> float:
        """A that the vehicle gives, by its current and its power."""
        volts = self._station.present_voltage()
        power = amount(mode.ev_maximum_discharge_power)
        by_power = power / volts if volts > 0 else 0.0
        return min(amount(mode.ev_maximum_discharge_current), by_power)

    def _most_back(self) -> float:
        """A that the source takes back, never beyond its limits [V2G20-2188]."""
        if not self._offers.made.both_ways:
            return 0.0
        limits, volts = dc_discharge(self._station.state), self._station.present_voltage()
        return min(limits.current, limits.power / volts) if volts > 0 else 0.0

    def _publish_dynamic(self, mode: dc.DynamicDCCLReqControlMode) -> None:
        back = {}
        if isinstance(mode, dc.BPTDynamicDCCLReqControlMode):
            back = {
                "max_discharge_power": amount(mode.ev_maximum_discharge_power),
                "min_discharge_power": amount(mode.ev_minimum_discharge_power),
                "max_discharge_current": amount(mode.ev_maximum_discharge_current),
            }
        told = DcChargeDynamicModeValues(
            departure_time=mode.departure_time,
            target_energy_request=_positive(mode.ev_target_energy_request.si()),
            max_energy_request=_positive(mode.ev_maximum_energy_request.si()),
            min_energy_request=_positive(mode.ev_minimum_energy_request.si()),
            max_charge_power=_positive(mode.ev_maximum_charge_power.si()),
            min_charge_power=_positive(mode.ev_minimum_charge_power.si()),
            max_charge_current=_positive(mode.ev_maximum_charge_current.si()),
            max_voltage=_positive(mode.ev_maximum_voltage.si()),
            min_voltage=_positive(mode.ev_minimum_voltage.si()),
            **back,
        )
        if self._station.news("d20_dc_dynamic_charge_mode", told):
            self._station.publish("d20_dc_dynamic_charge_mode", told)

    def _response(
        self, request: dc.DCChargeLoopReq, kind: type, voltage: float, current: float
    ) -> Said:
        station = self._station
        limits = self._now
        flows = station.present_voltage() * station.present_current()
        return Said(
            dc.DCChargeLoopRes(
                header=stamp(station),
                response_code=self._keeping.judge(flows),
                evse_status=self._status.told(),
                meter_info=self._status.meter(asked=request.meter_info_requested),
                evse_present_current=number(station.present_current()),
                evse_present_voltage=number(station.present_voltage()),
                evse_power_limit_achieved=station.present_voltage() * current >= limits.power,
                evse_current_limit_achieved=current >= limits.current,
                evse_voltage_limit_achieved=voltage >= limits.voltage,
                cl_res_control_mode=self._limits(kind),
            )
        )

    @property
    def _now(self) -> DcLimits:
        """Never above those of the parameter discovery [V2G20-2654]."""
        return within(loop_limits(self._station.state), self._offers.discovered)

    def _limits(self, kind: type) -> Any:  # noqa: ANN401 - one of four kinds
        station = self._station
        limits = self._now
        told: dict[str, Any] = {
            "evse_maximum_charge_power": most(limits.power),
            "evse_minimum_charge_power": least(min(limits.minimum_power, limits.power)),
            "evse_maximum_charge_current": most(limits.current),
            "evse_maximum_voltage": most(limits.voltage),
        }
        if self._offers.made.both_ways:
            back = dc_discharge(station.state)
            sign = -1.0 if station.profile.negative_discharge else 1.0
            told["evse_maximum_discharge_power"] = number(sign * back.power)
            told["evse_minimum_discharge_power"] = number(sign * back.minimum_power)
            told["evse_maximum_discharge_current"] = number(sign * back.current)
            told["evse_minimum_voltage"] = least(limits.minimum_voltage)
        if self._offers.made.dynamic:
            told.update(told_needs(station, self._offers.made))
        return kind(**told)


def _positive(amount_told: float) -> float:
    return max(0.0, amount_told)
