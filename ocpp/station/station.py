"""A charging station towards its back end: the blocks put together, one version at a time.

Owns what is said when: boot first, then connectors, then events; heartbeats in silence.  The
charger side drives it by plain calls and is told through a port what the back end wants; which
vehicle protocol is spoken there is not known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from ocpp.catalogue import Message
from ocpp.connection import Gone
from ocpp.happenings import Answered, Called, Happening
from ocpp.router import Fields
from ocpp.station.boot import DEFAULT_BOOT, Boot, BootRules, Standing
from ocpp.station.drivers import Drivers
from ocpp.station.ledger import DEFAULT_LEDGER, Ledger, LedgerRules
from ocpp.station.outlet import (
    DEFAULT_TX,
    Occurrence,
    Outlet,
    TxRules,
    ended_by_power_loss,
    snapshot,
)
from ocpp.station.places import Charger, Place
from ocpp.station.questions import Line, Questions
from ocpp.station.records import Instant, Stop, Token, Trigger, TxEvent
from ocpp.station.store import Interrupted, Store
from ocpp.station.translation import (
    Identity,
    Learned,
    Registered,
    RemoteStart,
    RemoteStop,
    Translator,
    registered,
    timestamp,
)
from ocpp.station.v2 import V2
from ocpp.station.v16 import V16
from ocpp.versions import Problem, Version, Wrong

_ACCEPTED: Final = {"status": "Accepted"}
_REJECTED: Final = {"status": "Rejected"}
TRANSLATORS: Final[Mapping[Version, Translator]] = {
    Version.V16: V16(),
    Version.V201: V2(),
    Version.V21: V2(),
}


class BackendLine(Line, Protocol):
    """The line to the back end: ``ocpp.client.Client``, or a test's."""

    @property
    def is_open(self) -> bool: ...
    def answer(self, name: str, fields: Fields) -> bool: ...
    def refuse(self, name: str, problem: Problem) -> bool: ...


@dataclass(frozen=True, slots=True)
class StationRules:
    """``heartbeat_every`` counts where the back end gives no interval.

    ``offline_threshold`` is OfflineThreshold, ``unknown_offline`` OfflineTxForUnknownIdEnabled,
    ``authorize_remote`` AuthorizeRemoteStart.
    """

    identity: Identity
    evses: tuple[int, ...] = (1,)
    reason: str = "PowerUp"
    heartbeat_every: int = 300 * S
    offline_threshold: int = 60 * S
    unknown_offline: bool = False
    authorize_remote: bool = True
    tx: TxRules = DEFAULT_TX
    boot: BootRules = DEFAULT_BOOT
    ledger: LedgerRules = DEFAULT_LEDGER


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
    ) -> None:
        self._scheduler = scheduler
        self._store = store
        self._rules = rules
        self._line = line
        self._charger = charger
        self._randomness = randomness
        self._log = log
        self._questions = Questions(line, log)
        self._ledger = Ledger(
            scheduler, worker, store, caller=line, user=self, log=log, rules=rules.ledger
        )
        self._boot = Boot(scheduler, ask=self._ask_boot, accepted=self._accepted, rules=rules.boot)
        self._heartbeat = scheduler.alarm(self._beat, name="ocpp.heartbeat")
        self._heartbeat_every = rules.heartbeat_every
        self._translator: Translator | None = None
        self._calendar_ns: int | None = None
        self._lost_at: int | None = None
        self._places = {evse: self._place(evse) for evse in rules.evses}
        self._drivers = Drivers(
            self._places,
            charger,
            rules.tx,
            online=self._online,
            ask=self._questions.ask,
            changed=self._update,
            unknown_offline=rules.unknown_offline,
            authorize_remote=rules.authorize_remote,
        )

    @property
    def standing(self) -> Standing:
        return self._boot.standing

    @property
    def told_everything(self) -> bool:
        """Nothing is on its way to the disk or to the back end."""
        return self._ledger.idle

    def outlet(self, evse: int) -> Outlet:
        return self._places[evse].outlet

    def begin(self, interrupted: list[Interrupted]) -> None:
        """End what a power cut interrupted; ``Store.open`` tells."""
        for one in interrupted:
            state = snapshot(one.state)
            samples = self._charger.meter(state.evse) if state.evse in self._places else ()
            event = ended_by_power_loss(one.id, state, self._now(), samples)
            self._ledger.record(event, self._new_id(), one.state)

    def plugged(self, evse: int, connector: int = 1) -> None:
        place = self._places[evse]
        place.connect.cancel()
        place.outlet.plug(connector)
        self._update(place)

    def unplugged(self, evse: int) -> None:
        place = self._places[evse]
        place.outlet.unplug()
        if place.outlet.token is not None:
            place.connect.rearm(self._rules.tx.connect_within)
        self._update(place)

    def presented(self, evse: int, token: Token) -> None:
        """A driver shows a token: to start, or to stop what runs here."""
        self._drivers.presented(self._places[evse], token)

    def charging(self, evse: int) -> None:
        """Energy flows."""
        place = self._places[evse]
        place.outlet.flow()
        self._update(place)

    def paused(self, evse: int, *, by_vehicle: bool) -> None:
        place = self._places[evse]
        place.outlet.pause(by_vehicle=by_vehicle)
        self._update(place)

    def stopped(self, evse: int, *, by_vehicle: bool = False) -> None:
        """The power path is open."""
        place = self._places[evse]
        place.outlet.stop_energy(by_vehicle=by_vehicle)
        self._update(place)

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
        self._update(place)

    def opened(self, version: Version) -> None:
        """From the client."""
        self._translator = TRANSLATORS[version]
        self._ledger.connected()
        self._boot.connected()
        if self._boot.standing is Standing.ACCEPTED:
            away = self._scheduler.now - (self._lost_at or 0)
            self._serve(everything=away > self._rules.offline_threshold)

    def lost(self, reason: Gone) -> None:
        """From the client."""
        del reason
        if self._translator is not None:
            self._lost_at = self._scheduler.now
        self._translator = None
        self._boot.disconnected()
        self._ledger.disconnected()
        self._heartbeat.cancel()

    def happened(self, happening: Happening) -> None:
        """From the client."""
        if isinstance(happening, Called):
            self._called(happening)
            return
        if isinstance(happening, Answered) and self._heartbeat.armed:
            self._heartbeat.rearm(self._heartbeat_every)  # any answer shows life [G02.FR.05]
        if not self._ledger.happened(happening):
            self._questions.happened(happening)

    def written(self, event: TxEvent) -> None:
        """From the ledger."""

    def no_room(self, event: TxEvent) -> None:
        """From the ledger: what cannot be accounted for is not charged."""
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
        if learned.remote_id is not None:
            place.names = {learned.remote_id: event.transaction}
        if event.transaction == place.outlet.transaction and learned.verdict is not None:
            self._drivers.learned(place, learned.verdict)

    def _place(self, evse: int) -> Place:
        rules = self._rules.tx
        outlet = Outlet(
            evse,
            rules,
            meter=partial(self._charger.meter, evse),
            now=self._now,
            new_id=self._new_id,
            emit=self._occurred,
        )
        alarm = self._scheduler.alarm
        return Place(
            outlet,
            alarm(lambda: self._drivers.timed_out(self._places[evse]), name="ocpp.connect"),
            alarm(partial(self._sample, evse), name="ocpp.meter"),
        )

    def _now(self) -> Instant:
        return Instant(self._store.run, self._scheduler.now)

    def _new_id(self) -> str:
        return str(UUID(bytes=self._randomness.octets(16), version=4))

    def _occurred(self, occurrence: Occurrence) -> None:
        event = occurrence.event
        self._ledger.record(event, self._new_id(), occurrence.state)
        assert event.evse is not None
        place = self._places[event.evse]
        if place.outlet.transaction is None:
            place.metering.cancel()
            place.grace = None
            self._charger.stop(place.evse, event.stop or Stop.OTHER)
        elif not place.metering.armed and self._rules.tx.updated_every:
            place.metering.rearm(self._rules.tx.updated_every)

    def _sample(self, evse: int) -> None:
        place = self._places[evse]
        place.outlet.measure()
        place.metering.rearm(self._rules.tx.updated_every)
        self._drivers.measured(place)

    def _update(self, place: Place) -> None:
        """Say how the connector is, if that has changed and the back end may hear it."""
        translator = self._online()
        if translator is None:
            return
        state = translator.state(place.view)
        if state == place.told:
            return
        place.told = state
        assert self._calendar_ns is not None
        now = timestamp(self._calendar_ns + self._scheduler.now)
        request = translator.status(place.evse, 1, state, now)
        self._questions.ask(request, partial(self._state_told, place))

    def _online(self) -> Translator | None:
        """The translator while the back end may be asked."""
        accepted = self._boot.standing is Standing.ACCEPTED and self._line.is_open
        return self._translator if accepted else None

    @staticmethod
    def _state_told(place: Place, answer: Message | None) -> None:
        if answer is None:
            place.told = None

    def _ask_boot(self) -> None:
        assert self._translator is not None
        request = self._translator.boot(self._rules.identity, self._rules.reason)

        def answered(answer: Message | None) -> None:
            if answer is None:
                self._boot.unanswered()
            else:
                self._boot.answered(registered(answer))

        self._questions.ask(request, answered)

    def _accepted(self, answer: Registered) -> None:
        if self._calendar_ns is None:
            self._calendar_ns = answer.unix_ns - self._scheduler.now
        self._heartbeat_every = answer.interval or self._rules.heartbeat_every
        self._serve(everything=True)

    def _serve(self, *, everything: bool) -> None:
        """The back end listens: connectors first, then what waits [B01.FR.05, B04]."""
        for place in self._places.values():
            if everything:
                place.told = None
            self._update(place)
        assert self._translator is not None
        assert self._calendar_ns is not None
        self._ledger.open(self._translator, self._calendar_ns)
        self._heartbeat.rearm(self._heartbeat_every)

    def _beat(self) -> None:
        self._heartbeat.rearm(self._heartbeat_every)
        self._questions.ask(("Heartbeat", {}), lambda _answer: None)

    def _called(self, called: Called) -> None:
        """The back end asks."""
        problem = self._boot.objection()
        if problem is not None:
            self._line.refuse(called.id, problem)
        elif self._boot.refuses(called.action):
            self._line.answer(called.id, _REJECTED)
        else:
            self._served(called)

    def _served(self, called: Called) -> None:
        assert self._translator is not None
        match self._translator.command(called.action, called.message):
            case RemoteStart() as start:
                self._agree(called, self._drivers.remote_start(start))
            case RemoteStop() as stop:
                self._agree(called, self._drivers.remote_stop(stop))
            case None:
                self._other(called)

    def _agree(self, called: Called, then: Callable[[], None] | None) -> None:
        """Answer first, then do it."""
        self._line.answer(called.id, _REJECTED if then is None else _ACCEPTED)
        if then is not None:
            then()

    def _other(self, called: Called) -> None:
        match called.action:
            case "DataTransfer":
                self._line.answer(called.id, {"status": "UnknownVendorId"})
            case "TriggerMessage":
                self._triggered(called)
            case _:
                problem = Problem(Wrong.NOT_SUPPORTED, f"no {called.action} at this station")
                self._line.refuse(called.id, problem)

    def _triggered(self, called: Called) -> None:
        """Answer first, then the message [F06.FR.04]."""
        wanted = called.message.requestedMessage
        if wanted == "BootNotification":
            status = "Accepted" if self._boot.asked_for() else "Rejected"
            self._line.answer(called.id, {"status": status})
        elif wanted == "Heartbeat":
            self._line.answer(called.id, _ACCEPTED)
            self._beat()
        elif wanted == "StatusNotification" and self._boot.standing is Standing.ACCEPTED:
            self._line.answer(called.id, _ACCEPTED)
            for place in self._places.values():
                place.told = None
                self._update(place)
        else:
            self._line.answer(called.id, {"status": "NotImplemented"})
