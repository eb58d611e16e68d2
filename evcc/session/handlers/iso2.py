"""The vehicle's ISO 15118-2 voice, put together from its parts."""

from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.script import methods
from bsw.chrgm.sequence.iso2 import TABLE
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent, Words
from evcc.session.handlers.iso2_contract import Contract
from evcc.session.handlers.iso2_parameters import Parameters
from evcc.session.handlers.iso2_power import Power
from evcc.session.handlers.iso2_setup import Setup
from evcc.session.handlers.iso2_words import amps, dc_status, volts
from evcc.session.handlers.steering import steer


class Iso2InitiatorScript:
    """Implements ``bsw.chrgm.initiator.Script``."""

    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        setup = Setup(context)
        contract = Contract(context, setup)
        dc = DirectCurrent(context, Words(iso2, dc_status, volts, amps))
        parts = (
            setup,
            contract,
            Parameters(context, setup),
            dc,
            Power(context, setup, dc, contract),
        )
        self._ask = methods("ask", TABLE.exchanges, parts)
        self._hear = methods("hear", TABLE.exchanges, parts)

    def ask(self, name: str) -> Said | Later[Said]:
        self._context.enter(name)
        said: Said | Later[Said] = self._ask[name]()
        return said

    def hear(self, name: str, heard: Heard) -> Next:
        follow: Next = self._hear[name](heard)
        return follow

    def steer(self, wish: Go, allowed: tuple[str, ...]) -> Next:
        return steer(self._context, wish, allowed)


SCRIPT = Iso2InitiatorScript
