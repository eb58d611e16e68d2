"""The blocks of a station put together: who answers what, and who hears of which turn of events.

Owns their order.  What a block does is the block's own affair.
"""

from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from bsw.os.clock import S
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Message
from ocpp.client import ClientRules
from ocpp.station.authorization.cache import Cache
from ocpp.station.authorization.judge import Judge
from ocpp.station.authorization.local_list import LocalList
from ocpp.station.charging.book import KEYS_16
from ocpp.station.charging.smart import SmartCharging
from ocpp.station.contracts.relay import Relay
from ocpp.station.contracts.shown import VEHICLES, rules_of
from ocpp.station.contracts.transfer16 import Transfers
from ocpp.station.der.block import Der
from ocpp.station.desk import SINCE_2, Desk, Reply, status
from ocpp.station.diagnostics.customer import Customer
from ocpp.station.diagnostics.logs import Logs
from ocpp.station.diagnostics.monitoring import Monitoring
from ocpp.station.diagnostics.security import Security
from ocpp.station.display.cost import Cost
from ocpp.station.display.messages import Display
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger
from ocpp.station.maintenance.firmware import Firmware
from ocpp.station.metering.aligned import Aligned
from ocpp.station.outlets.availability import Availability
from ocpp.station.outlets.limits import TxLimits
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.remote import Remote, always
from ocpp.station.outlets.remote import Trigger as AskedFor
from ocpp.station.outlets.reservation import Reservations
from ocpp.station.outlets.resumption import Resumption
from ocpp.station.outlets.survivor import Snapshot
from ocpp.station.outlets.vehicles import Vehicles
from ocpp.station.ports import Ports
from ocpp.station.post import Post
from ocpp.station.provisioning.keys16 import Keys16
from ocpp.station.provisioning.model import ACTUAL, Key, Variable
from ocpp.station.provisioning.network import Networks
from ocpp.station.provisioning.reports import Reports
from ocpp.station.provisioning.reset import Reset
from ocpp.station.provisioning.variables import Variables
from ocpp.station.records import Stop, Trigger
from ocpp.station.security.roots import Roots
from ocpp.station.security.signing import STATION, Signing
from ocpp.station.store import Interrupted
from ocpp.station.surviving import Surviving
from ocpp.station.tariffs.block import Tariffs
from ocpp.station.translation import Verdict

CLOCK: Final = "ClockCtrlr"
COMM: Final = "OCPPCommCtrlr"


class BlockUser(Protocol):
    """The station, as blocks know it."""

    def changed(self, place: Place) -> None:
        """The connector may be in another state."""

    def stop_at(self, place: Place, trigger: Trigger, stop: Stop) -> None:
        """End what runs there."""

    def interrupted(self, one: Interrupted, state: Snapshot) -> None:
        """It does not go on after a power cut."""


class Blocks:
    """All of them, and the turns they hear of."""

    def __init__(
        self, desk: Desk, ground: Ground, ledger: Ledger, ports: Ports, user: BlockUser
    ) -> None:
        self._ground = ground
        self._line = ports.line
        self._user = user
        self.post = Post(ground)
        self.security = Security(ground, self.post)
        self.variables = Variables(desk, ground.model, ground.memory)
        self.reports = Reports(desk, ground)
        self.keys = Keys16(desk, ground.model, self.variables, len(ground.places))
        self.monitoring = Monitoring(desk, ground, self.post)
        self._drivers(desk, ground)
        self._upkeep(desk, ground, ledger, ports)
        self._diagnostics(desk, ground, ports)
        self._certificates(desk, ground, ports)
        self.remote = Remote(
            desk,
            ground,
            ledger,
            unlocking=lambda place: user.stop_at(place, Trigger.UNLOCKED, Stop.OTHER),
        )
        self.remote.offer(self._offers())
        desk.take({"DataTransfer": _unknown_vendor}, versions=SINCE_2)
        ground.model.show(Key(CLOCK), "DateTime", ground.stamp)
        ground.model.listen(self._changed)
        ground.charger.contracts(rules_of(ground.model))

    def _drivers(self, desk: Desk, ground: Ground) -> None:
        """What concerns who charges here, how fast, and for how much."""
        self.cache = Cache(desk, ground)
        self.list = LocalList(desk, ground)
        self.judge = Judge(ground.model, self.list, self.cache)
        self.reservations = Reservations(desk, ground, self._user.changed)
        self.aligned = Aligned(ground)
        self.display = Display(desk, ground)
        self.cost = Cost(desk, ground)
        self.tariffs = Tariffs(
            desk,
            ground,
            self.monitoring.notify,
            reserved=self.reservations.held_for,
        )
        self.smart = SmartCharging(
            desk,
            ground,
            self.post,
            stop=self._user.stop_at,
            back_share=lambda: self.der.share,
            deviates=lambda less: self.der.limits(less),  # noqa: PLW0108 - made later
        )
        self.vehicles = Vehicles(ground)
        self.limits = TxLimits(ground, stop=self._user.stop_at, changed=self.smart.refresh)
        self.der = Der(desk, ground, self.post, self.smart.refresh)
        for name, value in KEYS_16.items():
            self.keys.add(name, value)

    def _upkeep(self, desk: Desk, ground: Ground, ledger: Ledger, ports: Ports) -> None:
        """What keeps the station itself going."""
        self.availability = Availability(desk, ground, self._serves_or_not)
        vault = ports.vault
        self.networks = Networks(
            desk, ground, ports.line, able=vault.secures, with_certificate=lambda: vault.certified
        )
        surviving = Surviving(
            self.tariffs,
            self.smart,
            self.limits,
            self.vehicles,
            end=self._user.interrupted,
            changed=self._user.changed,
        )
        self.resumption = Resumption(ground, surviving)
        self.reset = Reset(
            desk,
            ground,
            ledger,
            self.resumption,
            end=lambda place, stop: self._user.stop_at(place, Trigger.RESET, stop),
            busy=lambda: self.firmware.installing,
        )
        self.firmware = Firmware(
            desk,
            ground,
            post=self.post,
            security=self.security,
            availability=self.availability,
            reset=self.reset,
            outside=ports.outside,
        )

    def _diagnostics(self, desk: Desk, ground: Ground, ports: Ports) -> None:
        """What tells the back end how the station is."""
        self.logs = Logs(desk, ground, self.security, ports.outside)
        self.customer = Customer(desk, ground, self.cache)

    def _certificates(self, desk: Desk, ground: Ground, ports: Ports) -> None:
        """The station's own, and what it passes on for vehicles."""
        self.roots = Roots(desk, ground, ports.vault)
        self.relay = Relay(ground)
        self.signing = Signing(
            desk,
            ground,
            self.security,
            ports.keys,
            renew=self._come_back,
            carried=self.relay.ask,
        )
        self.transfers = Transfers(desk, ground)

    def _offers(self) -> dict[str, AskedFor]:
        """What the back end may ask to be said at once."""
        return {
            "MeterValues": always(self.aligned.say),
            "LogStatusNotification": always(self.logs.say),
            "DiagnosticsStatusNotification": always(self.logs.say_diagnostics),
            "FirmwareStatusNotification": always(self.firmware.say),
            "SignChargingStationCertificate": partial(self.signing.trigger, STATION),
            "SignChargePointCertificate": partial(self.signing.trigger, STATION),
            "SignCombinedCertificate": partial(self.signing.trigger, STATION),
            "SignV2GCertificate": partial(self.signing.trigger, "V2GCertificate"),
            "SignV2G20Certificate": partial(self.signing.trigger, "V2G20Certificate"),
        }

    def accepted(self, *, ordered: bool) -> None:
        """The back end has taken the station in; ``ordered``: it had it started."""
        self.security.started(ordered=ordered)
        self.resumption.look()
        self.aligned.start()
        self.smart.refresh()
        self.der.look()
        self.monitoring.accepted()
        self.reservations.look()
        self.firmware.accepted()
        self.signing.accepted()

    def opened(self) -> None:
        """A connection stands."""
        self.smart.back()
        self.networks.opened()
        self.security.opened()

    def online(self) -> None:
        """The back end listens, at first or again."""
        self.post.online()
        self.relay.online()
        self.monitoring.streams.online()

    def close(self) -> None:
        """Nothing of this happens any more."""
        for block in (
            self.aligned,
            self.reservations,
            self.post,
            self.monitoring,
            self.logs,
            self.display,
            self.signing,
            self.firmware,
            self.smart,
            self.der,
            self.limits,
            self.tariffs,
            self.resumption,
        ):
            block.close()

    def gone(self) -> None:
        """The line is lost, or could not be had."""
        self.smart.lost()
        self.reports.gone()

    def look(self, place: Place) -> None:
        """Something has changed at an outlet."""
        self.limits.look(place)
        self.smart.look(place)
        self.resumption.running(place)

    def usable(self, evse: int, verdict: Verdict) -> bool:
        """What the back end says with its yes counts from now on; False: it cannot be kept to."""
        good = self.tariffs.usable(evse, verdict.tariff)
        if good:
            self.smart.permission.authorized(evse, verdict.transfers)
        return good

    def ended(self, place: Place) -> None:
        """A transaction is over."""
        self.cost.ended_offline(place)
        self.display.look()
        self.availability.refresh()
        self.reset.ended()

    def _come_back(self) -> None:
        """With another password or certificate, once the answer is out."""
        self._ground.scheduler.after(S, self._line.renew, name="ocpp.renew")

    def _serves_or_not(self, place: Place) -> None:
        self._user.changed(place)
        self.reservations.look()

    def _changed(self, variable: Variable, kind: str) -> None:
        """What concerns the line."""
        if kind != ACTUAL:
            return
        if variable.name == "BasicAuthPassword":
            self.networks.changed_password(variable.actual.value)
            if self._ground.version is not None:
                self._come_back()
        elif variable.component.name == VEHICLES:
            self._ground.charger.contracts(rules_of(self._ground.model))
        elif variable.component.name == CLOCK:
            self.smart.refresh()
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
