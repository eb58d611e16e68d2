"""The DC steps that the protocols have in common: cable check, pre-charge, welding.

DIN 70121 and ISO 15118-2 name the same fields alike; what differs - the message classes and the
words for state and quantities - is handed in.  ISO 15118-20 takes the judgement alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said
from secc.session.context import StationContext
from secc.session.handlers.published import publish_dc_status, publish_dc_target
from secc.session.limits import dc_limits
from secc.session.waiting import when


@dataclass(frozen=True, slots=True)
class Words:
    """One protocol's message module, and how it says status and volts."""

    messages: Any
    status: Callable[[StationContext], Any]
    volts: Callable[[float], Any]
    pilot_wait: int


def judge_cable(station: StationContext, *, good: bool) -> tuple[str, str]:
    """Code and processing of a cable check; ``good``: the pilot shows what it has to."""
    if not good or station.faulty:
        return "FAILED", "Finished"
    station.publish_once("start_cable_check")
    if station.state.cable_check is None:
        station.phase = "EVSE_IsolationMonitoringActive"
        return "OK", "Ongoing"
    if station.isolation_faulty:
        station.phase = "EVSE_Malfunction"
        return "FAILED", "Finished"
    station.phase = "EVSE_Ready"
    return "OK", "Finished"


def begin_precharge(station: StationContext, voltage: float) -> str:
    """The code of a pre-charge to this voltage; what can be reached is begun."""
    possible = 0 <= voltage <= dc_limits(station.state).voltage
    if not (possible or station.profile.clamp_precharge):
        return "FAILED"
    station.publish_once("start_pre_charge")
    return "OK"


def reachable(station: StationContext, voltage: float) -> float:
    return max(0.0, min(voltage, dc_limits(station.state).voltage))


class DirectCurrent:
    def __init__(self, station: StationContext, words: Words) -> None:
        self._station = station
        self._words = words

    def answer_cable_check(self, heard: Heard) -> Said | Later[Said]:
        """State C or D first [V2G2-917], [V2G-DC-547], then the isolation test."""
        publish_dc_status(self._station, heard.body.dc_ev_status)
        return self._in_pilot_states({"C", "D"}, self._check)

    def _check(self, good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
        code, processing = judge_cable(self._station, good=good)
        messages = self._words.messages
        return Said(
            messages.CableCheckRes(
                response_code=messages.ResponseCode(code),
                dc_evse_status=self._words.status(self._station),
                evse_processing=messages.EVSEProcessing(processing),
            )
        )

    def answer_pre_charge(self, heard: Heard) -> Said:
        station, messages = self._station, self._words.messages
        voltage = heard.body.ev_target_voltage.si()
        current = heard.body.ev_target_current.si()
        code = begin_precharge(station, voltage)
        if code == "OK":
            publish_dc_status(station, heard.body.dc_ev_status)
            publish_dc_target(station, reachable(station, voltage), min(current, 2.0))
        return Said(
            messages.PreChargeRes(
                response_code=messages.ResponseCode(code),
                dc_evse_status=self._words.status(station),
                evse_present_voltage=self._words.volts(station.present_voltage()),
            )
        )

    def answer_welding_detection(self, heard: Heard) -> Said | Later[Said]:
        """Back in state B [V2G2-920]; the falling voltage is what the car looks at."""
        publish_dc_status(self._station, heard.body.dc_ev_status)
        return self._in_pilot_states({"A", "B", "E", "F"}, self._welding)

    def _welding(self, good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
        messages = self._words.messages
        return Said(
            messages.WeldingDetectionRes(
                response_code=messages.ResponseCode("OK" if good else "FAILED"),
                dc_evse_status=self._words.status(self._station),
                evse_present_voltage=self._words.volts(self._station.present_voltage()),
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
            self._words.pilot_wait,
            answer,
        )
