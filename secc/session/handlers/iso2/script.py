"""The station's ISO 15118-2 voice, put together from its parts."""

from typing import Any, Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import NONE, mode_of
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.iso2 import TABLE
from bsw.chrgm.services import energy_by_mode
from secc.session.context import StationContext
from secc.session.handlers.dc import DirectCurrent, Words
from secc.session.handlers.iso2.contract import Contract
from secc.session.handlers.iso2.loops import Loops
from secc.session.handlers.iso2.parameters import Parameters
from secc.session.handlers.iso2.power import Power, Stop
from secc.session.handlers.iso2.setup import Setup
from secc.session.handlers.iso2.words import dc_status, evse_id, evse_status, volts
from secc.session.handlers.script import StationScript

_DC: Final = mode_of("DC_extended")


class Ends:
    """A refusal, and the end: with values the car has to ignore, but valid ones."""

    def __init__(self, station: StationContext, parameters: Parameters, stop: Stop) -> None:
        self._station = station
        self._parameters = parameters
        self.conclude = stop.conclude

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        """True values where we know them."""
        response: Any = TABLE.exchanges[name].response
        station = self._station
        mode = _DC if station.mode is NONE else station.mode
        return Said(
            smallest(
                response,
                response_code=iso2.ResponseCode(code),
                evseid=evse_id(station),
                service_id=getattr(heard.body, "service_id", 1),
                dc_evse_status=dc_status(station),
                evse_status=evse_status(station),
                evse_charge_parameter=self._parameters.offer(mode),
            )
        )


def script(station: StationContext) -> StationScript:
    setup = Setup(station)
    contract = Contract(station)
    words = Words(iso2, dc_status, volts, station.profile.pilot_wait)
    parameters, stop = Parameters(station, setup), Stop(station)
    parts = (
        setup,
        contract,
        parameters,
        DirectCurrent(station, words),
        Loops(station, contract),
        Power(station),
        stop,
    )

    def service() -> str:
        chosen = energy_by_mode("iso2").get(station.mode.name)
        return "" if chosen is None else chosen.station

    return StationScript(station, TABLE, parts, Ends(station, parameters, stop), service)


SCRIPT = script
