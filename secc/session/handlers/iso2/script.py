"""The station's ISO 15118-2 voice, put together from its parts."""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import NONE, mode_of
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.script import ServiceHandlers, methods
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

_DC: Final = mode_of("DC_extended")


class Iso2ResponderScript:
    """Implements ``bsw.chrgm.responder.Answers``."""

    def __init__(self, station: StationContext) -> None:
        self._station = station
        setup = Setup(station)
        contract = Contract(station)
        words = Words(iso2, dc_status, volts, station.profile.pilot_wait)
        self._parameters = Parameters(station, setup)
        self._stop = Stop(station)
        self._services = ServiceHandlers(station, self)
        self._answers = methods(
            "answer",
            TABLE.exchanges,
            (
                setup,
                contract,
                self._parameters,
                DirectCurrent(station, words),
                Loops(station, contract),
                Power(station),
                self._stop,
            ),
        )

    def answer(self, name: str, heard: Heard) -> Said | Later[Said]:
        chosen = energy_by_mode("iso2").get(self._station.mode.name)
        place = "" if chosen is None else chosen.station
        method = self._services.find(place, "answer", name) or self.own("answer", name)
        said: Said | Later[Said] = method(heard)
        return said

    def own(self, _verb: str, name: str) -> Callable[..., Any]:
        """The answer as the protocol has it, for a service that goes on from there."""
        return self._answers[name]

    def overdue(self, name: str, heard: Heard) -> Said:
        return self.refuse(name, "FAILED", heard)

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        """Values the car has to ignore, but valid ones, and true where we know them."""
        response: Any = protocol("iso2").table.exchanges[name].response
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

    def conclude(self) -> SessionResult:
        return self._stop.conclude()


SCRIPT = Iso2ResponderScript
