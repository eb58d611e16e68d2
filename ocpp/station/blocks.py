"""The blocks of a station put together: who answers what, and who hears of which turn of events.

Owns their order.  What a block does is the block's own affair.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from bsw.os.clock import S
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Message
from ocpp.client import ClientRules
from ocpp.station.authorization.cache import Cache
from ocpp.station.authorization.judge import Judge
from ocpp.station.authorization.local_list import LocalList
from ocpp.station.desk import Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger
from ocpp.station.metering.aligned import Aligned
from ocpp.station.outlets.availability import Availability
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.reservation import Reservations
from ocpp.station.provisioning.keys16 import Keys16
from ocpp.station.provisioning.model import ACTUAL, Key, Variable
from ocpp.station.provisioning.network import Networks
from ocpp.station.provisioning.reports import Reports
from ocpp.station.provisioning.reset import Reset
from ocpp.station.provisioning.variables import Variables
from ocpp.station.records import Stop, Trigger
from ocpp.station.remote import Remote, always
from ocpp.versions import Version

COMM: Final = "OCPPCommCtrlr"


class Stopper(Protocol):
    """Who ends transactions for a block."""

    def stop_at(self, place: Place, trigger: Trigger, stop: Stop) -> None: ...


class BlockLine(Protocol):
    """The line, as far as blocks change it."""

    rules: ClientRules

    def renew(self, reason: str = "") -> None: ...


class Blocks:
    """All of them, and the turns they hear of."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        ledger: Ledger,
        line: BlockLine,
        *,
        changed: Callable[[Place], None],
        stopper: Stopper,
    ) -> None:
        self._ground = ground
        self._line = line
        self.cache = Cache(desk, ground)
        self.list = LocalList(desk, ground)
        self.judge = Judge(ground.model, self.list, self.cache)
        self.variables = Variables(desk, ground.model, ground.memory)
        self.reports = Reports(desk, ground)
        self.keys = Keys16(desk, ground.model, self.variables, len(ground.places))
        self.reservations = Reservations(desk, ground, changed)
        self.availability = Availability(desk, ground, self._serves_or_not)
        self._tell_connector = changed
        self.aligned = Aligned(ground)
        self.networks = Networks(
            desk, ground, line, able=lambda _profile: False, with_certificate=lambda: False
        )
        self.reset = Reset(
            desk,
            ground,
            ledger,
            end=lambda place, stop: stopper.stop_at(place, Trigger.RESET, stop),
            busy=lambda: False,
        )
        self.remote = Remote(
            desk,
            ground,
            ledger,
            unlocking=lambda place: stopper.stop_at(place, Trigger.UNLOCKED, Stop.OTHER),
        )
        self.remote.offer({"MeterValues": always(self.aligned.say)})
        desk.take({"DataTransfer": _unknown_vendor}, versions=Version)
        key = Key("ClockCtrlr")
        ground.model.show(key, "DateTime", ground.stamp)
        ground.model.listen(self._changed)

    def accepted(self) -> None:
        """The back end has taken the station in."""
        self.aligned.start()
        self.reservations.look()

    def online(self) -> None:
        """The back end listens, at first or again."""

    def close(self) -> None:
        """Nothing of this happens any more."""
        self.aligned.close()
        self.reservations.close()

    def gone(self) -> None:
        """The line is lost, or could not be had."""
        self.reports.gone()

    def ended(self) -> None:
        """A transaction is over."""
        self.availability.refresh()
        self.reset.ended()

    def _serves_or_not(self, place: Place) -> None:
        self._tell_connector(place)
        self.reservations.look()

    def _changed(self, variable: Variable, kind: str) -> None:
        """What concerns the line."""
        if kind != ACTUAL:
            return
        if variable.name == "BasicAuthPassword":
            self.networks.changed_password(variable.actual.value)
            if self._ground.version is not None:
                self._ground.scheduler.after(S, self._line.renew, name="ocpp.password")
        elif variable.component.name == COMM:
            self._line.rules = self._line_rules(variable.name)

    def _line_rules(self, name: str) -> ClientRules:
        """What no variable was set for stays the integrator's own."""
        number, rules = self._ground.model.number, self._line.rules
        if name == "WebSocketPingInterval":
            return replace(rules, ping_every=round(number(COMM, name) * S))
        if not name.startswith("RetryBackOff"):
            return rules
        back_off = BackOffRules(
            round(number(COMM, "RetryBackOffWaitMinimum") * S),
            round(number(COMM, "RetryBackOffRandomRange") * S),
            round(number(COMM, "RetryBackOffRepeatTimes")),
        )
        return replace(rules, back_off=back_off)


def _unknown_vendor(message: Message) -> Reply:
    del message
    return Reply(status("UnknownVendorId"))
