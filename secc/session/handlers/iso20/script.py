"""The parts of the station's ISO 15118-20 script: common messages, and one part for each current.

A part is an object with ``answer_`` methods; whoever adds a service adds a part here.
"""

from typing import Any

from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.iso20 import TABLE
from secc.session.context import StationContext
from secc.session.handlers.iso20.authorization import Authorization
from secc.session.handlers.iso20.confirmation import Confirmation
from secc.session.handlers.iso20.energy.ac import AlternatingCurrent
from secc.session.handlers.iso20.energy.acdp import Pantograph
from secc.session.handlers.iso20.energy.dc import DirectCurrent20
from secc.session.handlers.iso20.energy.wpt import Wireless
from secc.session.handlers.iso20.energy.wpt_place import PadPlace
from secc.session.handlers.iso20.installation import Installation
from secc.session.handlers.iso20.keeping import Keeping
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.parking import Parking
from secc.session.handlers.iso20.power import Power
from secc.session.handlers.iso20.schedule import Schedule
from secc.session.handlers.iso20.services import Services
from secc.session.handlers.iso20.setup import Setup
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.stop import Stop
from secc.session.handlers.iso20.words import evse_id, stamp
from secc.session.handlers.script import StationScript


class Ends:
    """A refusal, and the end: values the car has to ignore, but valid ones [V2G20-736]."""

    def __init__(self, station: StationContext, stop: Stop) -> None:
        self._station = station
        self.conclude = stop.conclude

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        side = TABLE.sides.get(name)
        exchange = TABLE.exchanges[name] if side is None else side.exchange
        response: Any = exchange.response
        return Said(
            smallest(
                response,
                header=stamp(self._station),
                response_code=ResponseCode(code),
                evseid=evse_id(self._station),
                service_id=getattr(heard.body, "service_id", 1),
            )
        )


def script(station: StationContext) -> StationScript:
    offers = Offers(station)
    status = Status(station, offers)
    schedule = Schedule(station, offers)
    stop = Stop(station, offers, status)
    keeping = Keeping(station, offers)
    parts = (
        Setup(station, offers),
        Authorization(station),
        Installation(station),
        Services(station, offers),
        Parking(station),
        Confirmation(station, status),
        schedule,
        DirectCurrent20(station, offers, status, keeping),
        Pantograph(station),
        PadPlace(station),
        Wireless(station, status),
        AlternatingCurrent(station, offers, status, keeping),
        Power(station, offers, schedule, status, keeping),
        stop,
    )

    def service() -> str:
        return "" if offers.selection is None else offers.selection.service.station

    return StationScript(station, TABLE, parts, Ends(station, stop), service)


SCRIPT = script
