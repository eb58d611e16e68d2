"""A charging station towards its back end: the blocks put together, one version at a time.

Owns what is said when: boot first, then connectors, then events; heartbeats in silence.  The
charger side drives it by plain calls and is told through a port what the back end wants; which
vehicle protocol is spoken there is not known here.
"""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from msgspec import UNSET

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from ocpp.catalogue import Message
from ocpp.connection import Gone
from ocpp.happenings import Answered, Called, Happening
from ocpp.station.answering import Answering
from ocpp.station.blocks import Blocks
from ocpp.station.boot import Boot, Standing
from ocpp.station.charging.smart import SmartCharging
from ocpp.station.charging.wire import sent
from ocpp.station.contracts.relay import Relay
from ocpp.station.contracts.shown import Contract
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.diagnostics.outside import Nowhere, Outside
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger, LedgerRules
from ocpp.station.memory import Memory
from ocpp.station.outlets.connectors import Connectors
from ocpp.station.outlets.drivers import Agreed, Drivers
from ocpp.station.outlets.outlet import Outlet, TxRules, ended_by_power_loss, snapshot
from ocpp.station.outlets.outlets import Outlets
from ocpp.station.outlets.places import Charger, Place
from ocpp.station.outlets.remote import always
from ocpp.station.provisioning.tuning import Tuning
from ocpp.station.questions import BackendLine, Questions
from ocpp.station.records import Instant, Stop, Token, Trigger, TxEvent
from ocpp.station.rules import StationRules, make_model
from ocpp.station.security.roots import NoVault, Vault
from ocpp.station.security.signing import Keys, NoKeys
from ocpp.station.store import Interrupted, Store
from ocpp.station.tariffs.block import Tariffs
from ocpp.station.translation import (
    Learned,
    Registered,
    Translator,
    registered,
)
from ocpp.station.v2 import V2, V21
from ocpp.station.v16 import V16
from ocpp.versions import Version

TRANSLATORS: Final[Mapping[Version, Translator]] = {
    Version.V16: V16(),
    Version.V201: V2(),
    Version.V21: V21(),
}


class Station:
    """One station.  Is the user of its client and of its ledger."""

    def __init__(
        self,
        scheduler: Scheduler,
        worker: Worker,
        store: Store,
        rules: StationRules,
        *,
        line: BackendLine,
        charger: Charger,
        randomness: Randomness,
        log: Logger,
        outside: Outside | None = None,
        keys: Keys | None = None,
        vault: Vault | None = None,
    ) -> None:
        """Without ``outside`` no file is moved, without ``keys`` no certificate is asked for."""
        self._scheduler = scheduler
        self._store = store
        self._rules = rules
        self._line = line
        self._charger = charger
        self._randomness = randomness
        self._log = log
        self._memory = Memory(scheduler, worker, store, log)
        self._questions = Questions(line, log)
        self._ledger = Ledger(
            scheduler, worker, store, caller=line, user=self, log=log, rules=rules.ledger
        )
        self._boot = Boot(scheduler, ask=self._ask_boot, accepted=self._accepted, rules=rules.boot)
        self._heartbeat = scheduler.alarm(self._beat, name="ocpp.heartbeat")
        self._lost_at: int | None = None
        model = make_model(rules)
        self._tuning = Tuning(model, rules.tx, rules.ledger, retune=self._retune)
        self._outlets = Outlets(
            scheduler, self._ledger, charger, self, now=self._now, new_id=self._new_id
        )
        for evse in rules.evses:
            self._outlets.add(evse, self._tuning.tx)
        self._places = self._outlets.places
        self._ground = Ground(
            scheduler,
            self._memory,
            model,
            self._places,
            charger,
            self._questions,
            randomness,
            log,
            self._new_id,
            self._now,
            accepted=lambda: self._boot.standing is Standing.ACCEPTED and line.is_open,
        )
        self._desk = Desk()
        self._answering = Answering(line, self._boot, self._desk, self._memory, log)
        self._connectors = Connectors(self._ground)
        self._blocks = Blocks(
            self._desk,
            self._ground,
            self._ledger,
            line,
            changed=self._connectors.update,
            stopper=self,
            outside=outside or Nowhere(),
            keys=keys or NoKeys(),
            vault=vault or NoVault(),
        )
        self._drivers = Drivers(
            self._places,
            charger,
            judge=self._blocks.judge,
            reservations=self._blocks.reservations,
            cost=self._blocks.cost,
            usable=self._blocks.tariffs.usable,
            online=self._online,
            ask=self._questions.ask,
            changed=self._connectors.update,
            authorize_remote=lambda: model.flag("AuthCtrlr", "AuthorizeRemoteStart"),
        )
        self._desk.take(
            {"RequestStartTransaction": self._start, "RequestStopTransaction": self._stop}
        )
        self._desk.take(
            {"RemoteStartTransaction": self._start, "RemoteStopTransaction": self._stop},
            versions=ONLY_16,
        )
        self._blocks.remote.offer(
            {
                "BootNotification": self._boot_asked,
                "Heartbeat": always(lambda _place: self._beat()),
                "StatusNotification": always(self._connectors.again),
                "TransactionEvent": always(self._outlets.measure),
            }
        )
        self._connectors.listen(self._blocks.smart.look)
        self._blocks.variables.restore()
        self._blocks.networks.start()

    @property
    def standing(self) -> Standing:
        return self._boot.standing

    @property
    def told_everything(self) -> bool:
        """Nothing is on its way to the disk or to the back end."""
        return self._ledger.idle and self._memory.idle

    @property
    def is_online(self) -> bool:
        """The back end may be asked."""
        return self._ground.online

    @property
    def profile(self) -> int:
        """The security profile of the slot in use."""
        return self._blocks.networks.profile

    def certify(self, kind: str) -> bool:
        """Ask for a certificate of this kind, as if it were ordered; whether there are keys."""
        begin = self._blocks.signing.trigger(kind, None)
        if begin is not None:
            begin()
        return begin is not None

    def outlet(self, evse: int) -> Outlet:
        return self._places[evse].outlet

    def begin(self, interrupted: list[Interrupted]) -> None:
        """End what a power cut interrupted; ``Store.open`` tells."""
        for one in interrupted:
            state = snapshot(one.state)
            samples = self._charger.meter(state.evse) if state.evse in self._places else ()
            event = self.priced(ended_by_power_loss(one.id, state, self._now(), samples))
            self._ledger.record(event, self._new_id(), one.state)

    def close(self) -> None:
        """Nothing of this happens any more; somebody else takes the line and the store."""
        self._boot.close()
        self._heartbeat.cancel()
        self._ledger.disconnected()
        self._blocks.close()
        self._outlets.close()

    def plugged(self, evse: int, connector: int = 1) -> None:
        place = self._places[evse]
        place.connect.cancel()
        place.outlet.plug(connector)
        self._connectors.update(place)

    def unplugged(self, evse: int) -> None:
        place = self._places[evse]
        place.outlet.unplug()
        if place.outlet.token is not None:
            place.connect.rearm(place.outlet.rules.connect_within)
        self._connectors.update(place)

    def presented(self, evse: int, token: Token, contract: Contract | None = None) -> None:
        """A driver shows a token: to start, or to stop what runs here; or a vehicle a contract."""
        self._drivers.presented(self._places[evse], token, contract)

    @property
    def relay(self) -> Relay:
        """The way of vehicles' requests for contracts, and of questions about certificates."""
        return self._blocks.relay

    @property
    def tariffs(self) -> Tariffs:
        return self._blocks.tariffs

    @property
    def smart(self) -> SmartCharging:
        """Limits, schedules and what vehicles need."""
        return self._blocks.smart

    def charging(self, evse: int) -> None:
        """Energy flows."""
        place = self._places[evse]
        place.outlet.flow()
        self._connectors.update(place)

    def paused(self, evse: int, *, by_vehicle: bool) -> None:
        place = self._places[evse]
        place.outlet.pause(by_vehicle=by_vehicle)
        self._connectors.update(place)

    def stopped(self, evse: int, *, by_vehicle: bool = False) -> None:
        """The power path is open."""
        place = self._places[evse]
        place.outlet.stop_energy(by_vehicle=by_vehicle)
        self._connectors.update(place)

    def ended_by_vehicle(self, evse: int) -> None:
        """The vehicle has ended its session [E15.FR.04, E15.FR.05]."""
        place = self._places[evse]
        if place.outlet.token is not None:
            self._drivers.stop(place, Trigger.STOPPED, Stop.BY_VEHICLE)

    def faulted(self, evse: int, *, fault: bool) -> None:
        """Something is broken, or whole again."""
        place = self._places[evse]
        if fault and not place.fault:
            place.outlet.end(Trigger.ABNORMAL, Stop.OTHER)
            self._charger.stop(evse, Stop.OTHER)
        place.fault = fault
        self._connectors.update(place)
        self._blocks.reservations.look()

    def opened(self, version: Version) -> None:
        """From the client."""
        self._ground.version = version
        self._ground.translator = TRANSLATORS[version]
        self._ledger.connected()
        self._boot.connected()
        self._blocks.opened()
        if self._boot.standing is Standing.ACCEPTED:
            away = self._scheduler.now - (self._lost_at or 0)
            threshold = self._ground.model.number("OCPPCommCtrlr", "OfflineThreshold") * S
            self._serve(everything=away > threshold)

    def lost(self, reason: Gone) -> None:
        """From the client."""
        self._blocks.security.gone(reason)
        if self._ground.translator is not None:
            self._lost_at = self._scheduler.now
        else:
            self._blocks.networks.failed()
        self._ground.translator = self._ground.version = None
        self._boot.disconnected()
        self._ledger.disconnected()
        self._blocks.gone()
        self._heartbeat.cancel()

    def happened(self, happening: Happening) -> None:
        """From the client."""
        if isinstance(happening, Called):
            assert self._ground.version is not None
            self._answering.called(happening, self._ground.version)
            return
        if isinstance(happening, Answered) and self._heartbeat.armed:
            self._heartbeat.rearm(self._heartbeat_every)  # any answer shows life [G02.FR.05]
        if not self._ledger.happened(happening):
            self._questions.happened(happening)

    def timed_out(self, place: Place) -> None:
        """From an outlet."""
        self._drivers.timed_out(place)

    def measured(self, place: Place) -> None:
        """From an outlet."""
        self._drivers.measured(place)

    def priced(self, event: TxEvent) -> TxEvent:
        """From an outlet."""
        return self._blocks.tariffs.priced(event)

    def ended(self, place: Place) -> None:
        """From an outlet."""
        self._blocks.ended(place)

    def written(self, event: TxEvent) -> None:
        """From the ledger."""

    def no_room(self, event: TxEvent) -> None:
        """From the ledger: what cannot be accounted for is not charged."""
        self._blocks.security.report("MemoryExhaustion")
        self._log.error("no-room", transaction=event.transaction, phase=event.phase.value)
        if event.evse in self._places and event.transaction == self.outlet(event.evse).transaction:
            self._charger.stop(event.evse, Stop.OTHER)

    def gave_up(self, event: TxEvent) -> None:
        """From the ledger."""
        self._log.error("given-up", transaction=event.transaction, phase=event.phase.value)

    def learned(self, event: TxEvent, learned: Learned) -> None:
        """From the ledger: the back end's own id, and what it thinks of the driver [E05]."""
        if event.evse not in self._places:
            return
        place = self._places[event.evse]
        self._blocks.cost.told(event, learned)
        if learned.remote_id is not None:
            place.names = {learned.remote_id: event.transaction}
        if event.transaction == place.outlet.transaction and learned.verdict is not None:
            self._drivers.learned(place, learned.verdict)

    def _now(self) -> Instant:
        return Instant(self._store.run, self._scheduler.now)

    def _new_id(self) -> str:
        return str(UUID(bytes=self._randomness.octets(16), version=4))

    def _retune(self, tx: TxRules, ledger: LedgerRules) -> None:
        self._ledger.retune(ledger)
        self._outlets.retune(tx)

    @property
    def _heartbeat_every(self) -> int:
        return round(self._ground.model.number("OCPPCommCtrlr", "HeartbeatInterval") * S)

    def _online(self) -> Translator | None:
        """The translator while the back end may be asked."""
        return self._ground.translator if self._ground.online else None

    def _ask_boot(self) -> None:
        translator = self._ground.translator
        assert translator is not None
        reason = self._blocks.reset.reason or self._rules.reason
        request = translator.boot(self._rules.identity, reason)

        def answered(answer: Message | None) -> None:
            if answer is None:
                self._boot.unanswered()
            else:
                self._boot.answered(registered(answer))

        self._questions.ask(request, answered)

    def _accepted(self, answer: Registered) -> None:
        if self._ground.calendar_ns is None:
            self._ground.calendar_ns = answer.unix_ns - self._scheduler.now
        if answer.interval:
            interval = str(max(1, answer.interval // S))
            self._ground.model.set("OCPPCommCtrlr", "HeartbeatInterval", interval)
        ordered = bool(self._blocks.reset.reason)
        self._blocks.reset.forget()
        self._serve(everything=True)
        self._blocks.accepted(ordered=ordered)

    def _serve(self, *, everything: bool) -> None:
        """The back end listens: connectors first, then what waits [B01.FR.05, B04]."""
        (self._connectors.again if everything else self._connectors.changes)()
        translator, calendar_ns = self._ground.translator, self._ground.calendar_ns
        assert translator is not None
        assert calendar_ns is not None
        self._ledger.open(translator, calendar_ns)
        self._heartbeat.rearm(self._heartbeat_every)
        self._blocks.online()

    def _beat(self) -> None:
        self._heartbeat.rearm(self._heartbeat_every)
        self._questions.ask(("Heartbeat", {}), lambda _answer: None)

    def _start(self, message: Message) -> Reply:
        translator = self._ground.translator
        assert translator is not None
        agreed = self._drivers.remote_start(translator.remote_start(message))
        if agreed is not None and message.chargingProfile is not UNSET:
            refusal = self._blocks.smart.expect(agreed.place.evse, sent(message.chargingProfile))
            if refusal is not None:
                agreed.withdraw()
                return Reply(status("Rejected", refusal.reason, refusal.why))
        return self._agreed(agreed)

    def _stop(self, message: Message) -> Reply:
        translator = self._ground.translator
        assert translator is not None
        return self._agreed(self._drivers.remote_stop(translator.remote_stop(message)))

    def _agreed(self, agreed: Agreed | None) -> Reply:
        """Answer first, then do it."""
        if agreed is None:
            return Reply(REJECTED)
        if agreed.transaction is None or self._ground.version is Version.V16:
            return Reply(ACCEPTED, agreed.then)
        return Reply({**ACCEPTED, "transactionId": agreed.transaction}, agreed.then)

    def _boot_asked(self, place: Place | None) -> Callable[[], None] | None:
        """Only while it is not accepted [F06.FR.17]; the answer goes first."""
        del place
        if self._boot.standing is Standing.ACCEPTED:
            return None

        def ask() -> None:
            self._boot.asked_for()

        return ask

    def stop_at(self, place: Place, trigger: Trigger, stop: Stop) -> None:
        """From a block: end what runs there."""
        place.connect.cancel()
        place.outlet.end(trigger, stop)
        self._charger.stop(place.evse, stop)
        self._connectors.update(place)
