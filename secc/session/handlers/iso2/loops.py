"""ISO 15118-2, the charge loops: ChargingStatus for AC, CurrentDemand for DC."""

from typing import Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from secc.session.context import StationContext
from secc.session.handlers.iso2.contract import Contract
from secc.session.handlers.iso2.words import ac_status, amps, dc_status, evse_id, most, volts
from secc.session.handlers.published import publish_dc_loop
from secc.session.limits import ac_current, loop_limits

OK: Final = iso2.ResponseCode.OK
Unit = iso2.Unit


class Loops:
    def __init__(self, station: StationContext, contract: Contract) -> None:
        self._station = station
        self._contract = contract

    def answer_charging_status(self, _heard: Heard) -> Said:
        station = self._station
        station.start_loop()
        meter = self._contract.meter()
        state = station.state
        limit = 0.0 if state.no_energy is not None else ac_current(state, station.mode)
        return Said(
            iso2.ChargingStatusRes(
                response_code=OK,
                evseid=evse_id(station),
                sa_schedule_tuple_id=station.chosen,
                evse_max_current=most(limit, Unit.A),
                meter_info=meter,
                receipt_required=self._contract.receipt_wanted(),
                ac_evse_status=ac_status(station),
            )
        )

    def answer_current_demand(self, heard: Heard) -> Said:
        station = self._station
        request: iso2.CurrentDemandReq = heard.body
        station.start_loop()
        publish_dc_loop(station, request)
        limits = loop_limits(station.state)
        voltage, current = request.ev_target_voltage.si(), request.ev_target_current.si()
        meter = self._contract.meter()
        return Said(
            iso2.CurrentDemandRes(
                response_code=OK,
                dc_evse_status=dc_status(station),
                evse_present_voltage=volts(station.present_voltage()),
                evse_present_current=amps(station.present_current()),
                evse_current_limit_achieved=current >= limits.current,
                evse_voltage_limit_achieved=voltage >= limits.voltage,
                evse_power_limit_achieved=station.present_voltage() * current >= limits.power,
                evse_maximum_voltage_limit=most(limits.voltage, Unit.V),
                evse_maximum_current_limit=most(limits.current, Unit.A),
                evse_maximum_power_limit=most(limits.power, Unit.W),
                evseid=evse_id(station),
                sa_schedule_tuple_id=station.chosen,
                meter_info=meter,
                receipt_required=self._contract.receipt_wanted(),
            )
        )
