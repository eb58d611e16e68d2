"""The vehicle's ISO 15118-2 voice, put together from its parts."""

from bsw.chrgm.messages import iso2
from bsw.chrgm.sequence.iso2 import TABLE
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent, Words
from evcc.session.handlers.iso2.contract import Contract
from evcc.session.handlers.iso2.parameters import Parameters
from evcc.session.handlers.iso2.power import Power
from evcc.session.handlers.iso2.setup import Setup
from evcc.session.handlers.iso2.words import amps, dc_status, volts
from evcc.session.handlers.script import VehicleScript


def script(context: VehicleContext) -> VehicleScript:
    setup = Setup(context)
    contract = Contract(context, setup)
    dc = DirectCurrent(context, Words(iso2, dc_status, volts, amps))
    parts = (setup, contract, Parameters(context, setup), dc, Power(context, setup, dc, contract))
    return VehicleScript(context, TABLE, parts, lambda: setup.service_place)


SCRIPT = script
