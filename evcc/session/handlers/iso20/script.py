"""The parts of the vehicle's ISO 15118-20 script: common messages, and one part for each current.

A part is an object with ``ask_`` and ``hear_`` methods; whoever adds a service adds a part here.
"""

from bsw.chrgm.sequence.iso20 import TABLE
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.authorization import Authorization
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.confirming import Confirming
from evcc.session.handlers.iso20.energy.ac import AlternatingCurrent20
from evcc.session.handlers.iso20.energy.acdp import Pantograph
from evcc.session.handlers.iso20.energy.dc import DirectCurrent20
from evcc.session.handlers.iso20.energy.wpt import Wireless
from evcc.session.handlers.iso20.energy.wpt_place import PadPlace
from evcc.session.handlers.iso20.installation import Installation
from evcc.session.handlers.iso20.parking import Parking
from evcc.session.handlers.iso20.power import Power
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.services import Services
from evcc.session.handlers.iso20.setup import Setup
from evcc.session.handlers.iso20.status import Notifications
from evcc.session.handlers.script import VehicleScript


def script(context: VehicleContext) -> VehicleScript:
    choosing = Choosing(context)
    status = Notifications(context, choosing)
    confirming = Confirming(context, choosing, status)
    schedule = Schedule(context, choosing, status)
    authorization = Authorization(context)
    parking = Parking(context)
    dc = DirectCurrent20(context, choosing, status, schedule, parking)
    parts = (
        Setup(context, choosing),
        authorization,
        Installation(context, authorization),
        Services(context, choosing, parking),
        parking,
        schedule,
        confirming,
        dc,
        Pantograph(context, choosing),
        PadPlace(context, choosing),
        Wireless(context, choosing, status, schedule),
        AlternatingCurrent20(context, choosing, status, schedule, parking),
        Power(context, choosing, schedule, status, dc),
    )
    return VehicleScript(context, TABLE, parts, lambda: choosing.place)


SCRIPT = script
