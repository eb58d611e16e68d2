"""ISO 15118-2, ChargeParameterDiscovery: what the car can take and what the station gives."""

from typing import Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import NONE, Mode
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.services import energy_by_word
from secc.api.literals import EnergyTransferMode
from secc.session.context import StationContext
from secc.session.handlers.iso2.setup import Setup
from secc.session.handlers.iso2.words import (
    ac_status,
    amps,
    dc_status,
    least,
    most,
    schedule_list,
    volts,
)
from secc.session.handlers.needs import publish_charging_needs
from secc.session.handlers.published import publish_ac_needs, publish_dc_needs, publish_departure
from secc.session.limits import (
    ac_current,
    ac_power,
    dc_limits,
    hardware_power,
    nominal_voltage,
    regulation_tolerance,
)

OK: Final = iso2.ResponseCode.OK
Codes = iso2.ResponseCode
Unit = iso2.Unit


class Parameters:
    def __init__(self, station: StationContext, setup: Setup) -> None:
        self._station = station
        self._setup = setup

    def answer_charge_parameter_discovery(self, heard: Heard) -> Said:
        station = self._station
        request: iso2.ChargeParameterDiscoveryReq = heard.body
        code = self._judge(request)
        if code is not OK:
            return self._response(code, iso2.EVSEProcessing.FINISHED, request, None)
        station.mode = self._asked(request)
        station.state.renegotiate = False
        self._publish(request)
        if not station.schedules.ready:
            return self._response(OK, iso2.EVSEProcessing.ONGOING, request, None)
        self._fix_schedules(request)
        offered = schedule_list(station.schedules)
        return self._response(OK, iso2.EVSEProcessing.FINISHED, request, offered)

    def _judge(self, request: iso2.ChargeParameterDiscoveryReq) -> Codes:
        if request.requested_energy_transfer_mode not in self._setup.modes():
            return Codes.FAILED_WRONG_ENERGY_TRANSFER_MODE  # [V2G2-476]
        needs = request.ev_charge_parameter
        ac = self._asked(request).ac
        if isinstance(needs, iso2.ACEVChargeParameter):
            possible = ac and self._ac_possible(needs)
        else:
            possible = not ac and self._dc_possible(needs)
        return OK if possible else Codes.FAILED_WRONG_CHARGE_PARAMETER  # [V2G2-477]

    def _asked(self, request: iso2.ChargeParameterDiscoveryReq) -> Mode:
        return energy_by_word("iso2")[request.requested_energy_transfer_mode.value].mode

    def _ac_possible(self, needs: iso2.ACEVChargeParameter) -> bool:
        low, high = needs.ev_min_current.si(), needs.ev_max_current.si()
        return (
            0 <= low <= high and high > 0 and needs.ev_max_voltage.si() > 0 <= needs.e_amount.si()
        )

    def _dc_possible(self, needs: iso2.DCEVChargeParameter) -> bool:
        limits = dc_limits(self._station.state)
        current, voltage = needs.ev_maximum_current_limit.si(), needs.ev_maximum_voltage_limit.si()
        power = needs.ev_maximum_power_limit
        return (
            current > 0
            and current >= limits.minimum_current
            and voltage > 0
            and voltage >= limits.minimum_voltage
            and (power is None or power.si() >= 0)
        )

    def _publish(self, request: iso2.ChargeParameterDiscoveryReq) -> None:
        station = self._station
        station.publish("requested_energy_transfer_mode", EnergyTransferMode(station.mode.name))
        needs = request.ev_charge_parameter
        publish_departure(station, needs.departure_time)
        if isinstance(needs, iso2.ACEVChargeParameter):
            publish_ac_needs(station, needs)
        else:
            publish_dc_needs(station, needs)
        publish_charging_needs(station, needs, request.max_entries_sa_schedule_tuple)

    def _fix_schedules(self, request: iso2.ChargeParameterDiscoveryReq) -> None:
        station = self._station
        resumed = station.resumed
        if resumed is not None and resumed.schedule is not None and not station.looping:
            passed = max(0, station.calendar.unix() - resumed.since)
            most = request.max_entries_sa_schedule_tuple
            station.schedules.offer_again(resumed.schedule.after(passed), entries=most)
            return
        limits = dc_limits(station.state)
        power = ac_power(station.state, station.mode) if station.mode.ac else limits.power
        station.schedules.offer(
            power,
            entries=request.max_entries_sa_schedule_tuple,
            departure=request.ev_charge_parameter.departure_time,
            ceiling=hardware_power(station.state, station.mode),
        )

    def _response(
        self,
        code: Codes,
        processing: iso2.EVSEProcessing,
        request: iso2.ChargeParameterDiscoveryReq,
        schedules: iso2.SAScheduleList | None,
    ) -> Said:
        mode = self._station.mode if self._station.mode is not NONE else self._asked(request)
        body = iso2.ChargeParameterDiscoveryRes(
            response_code=code,
            evse_processing=processing,
            sa_schedules=schedules,
            evse_charge_parameter=self.offer(mode),
        )
        return Said(body, self._station.schedules.sent_signature if schedules is not None else None)

    def offer(self, mode: Mode) -> iso2.ACEVSEChargeParameter | iso2.DCEVSEChargeParameter:
        """The station's electrical offer for a mode."""
        station = self._station
        if mode.ac:
            return iso2.ACEVSEChargeParameter(
                ac_evse_status=ac_status(station),
                evse_nominal_voltage=volts(nominal_voltage(station.state)),
                evse_max_current=most(ac_current(station.state, mode), Unit.A),
            )
        limits = dc_limits(station.state)
        physical = station.state.physical
        tolerance = regulation_tolerance(station.state)
        energy = physical.dc_energy_to_be_delivered
        return iso2.DCEVSEChargeParameter(
            dc_evse_status=dc_status(station),
            evse_maximum_current_limit=most(limits.current, Unit.A),
            evse_maximum_power_limit=most(limits.power, Unit.W),
            evse_maximum_voltage_limit=most(limits.voltage, Unit.V),
            evse_minimum_current_limit=least(limits.minimum_current, Unit.A),
            evse_minimum_voltage_limit=least(limits.minimum_voltage, Unit.V),
            evse_current_regulation_tolerance=None if tolerance is None else amps(tolerance),
            evse_peak_current_ripple=amps(limits.ripple),
            evse_energy_to_be_delivered=None if energy is None else most(energy, Unit.WH),
        )
