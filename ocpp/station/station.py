"""A charging station towards its back end: the blocks put together, one version at a time.

Owns what is said when: boot first, then connectors, then events; heartbeats in silence.  The
charger side drives it by plain calls and is told through a port what the back end wants; which
vehicle protocol is spoken there is not known here.
"""

from ocpp.connection import Gone
from ocpp.happenings import Answered, Called, Happening
from ocpp.station.blocks import Blocks
from ocpp.station.charging.smart import SmartCharging
from ocpp.station.contracts.relay import Relay
from ocpp.station.contracts.shown import Contract
from ocpp.station.der.block import Der
from ocpp.station.desk import Desk
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger, LedgerRules
from ocpp.station.memory import Memory
from ocpp.station.outlets.connectors import Connectors
from ocpp.station.outlets.drivers import Drivers
from ocpp.station.outlets.limits import TxLimits
from ocpp.station.outlets.orders import Orders
from ocpp.station.outlets.outlet import Outlet
from ocpp.station.outlets.outlets import Outlets
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.points import TxRules
from ocpp.station.outlets.remote import always
from ocpp.station.outlets.survivor import Snapshot, ended_by_power_loss
from ocpp.station.outlets.vehicles import Vehicles
from ocpp.station.ports import Ports
from ocpp.station.presence.answering import Answering
from ocpp.station.presence.boot import Standing
from ocpp.station.presence.presence import Presence
from ocpp.station.provisioning.tuning import Tuning
from ocpp.station.questions import Questions
from ocpp.station.records import Stop, Token, Trigger, TxEvent
from ocpp.station.rules import StationRules, make_model
from ocpp.station.runtime import Runtime
from ocpp.station.store import Interrupted
from ocpp.station.tariffs.block import Tariffs
from ocpp.station.translation import Learned
from ocpp.versions import Version


class Station:
    """One station.  Is the user of its client and of its ledger."""

    def __init__(self, runtime: Runtime, ports: Ports, rules: StationRules) -> None:
        self._runtime = runtime
        self._charger = ports.charger
        self._log = runtime.log
        self._ledger = Ledger(
            runtime.scheduler,
            runtime.worker,
            runtime.store,
            caller=ports.line,
            user=self,
            log=runtime.log,
            rules=rules.ledger,
        )
        model = make_model(rules)
        tuning = Tuning(model, rules.tx, rules.ledger, retune=self._retune)
        self._ledger.retune(tuning.ledger)
        self._outlets = Outlets(runtime, self._ledger, ports.charger, self)
        for evse in rules.evses:
            self._outlets.add(evse, tuning.tx)
        self._places = self._outlets.places
        self._ground = Ground(
            runtime,
            Memory(runtime.scheduler, runtime.worker, runtime.store, runtime.log),
            model,
            self._places,
            ports.charger,
            Questions(ports.line, runtime.log),
            ports.line,
        )
        self._put_together(ports, rules)

    def _put_together(self, ports: Ports, rules: StationRules) -> None:
        """What stands on the ground."""
        ground, self._desk = self._ground, Desk()
        self._connectors = Connectors(ground)
        self._blocks = blocks = Blocks(self._desk, ground, self._ledger, ports, self)
        self._drivers = Drivers(
            ground,
            judge=blocks.judge,
            reservations=blocks.reservations,
            cost=blocks.cost,
            usable=blocks.usable,
            changed=self._connectors.update,
        )
        Orders(self._desk, ground, self._drivers, blocks.smart)
        self._presence = Presence(
            ground, rules, ledger=self._ledger, connectors=self._connectors, blocks=blocks
        )
        boot = self._presence.boot
        self._answering = Answering(ports.line, boot, self._desk, ground.memory, self._log)
        blocks.remote.offer(
            {
                "StatusNotification": always(self._connectors.again),
                "TransactionEvent": always(self._outlets.measure),
            }
        )
        self._connectors.listen(blocks.look)
        blocks.variables.restore()
        blocks.networks.start()

    @property
    def standing(self) -> Standing:
        return self._presence.boot.standing

    @property
    def told_everything(self) -> bool:
        """Nothing is on its way to the disk or to the back end."""
        return self._ledger.idle and self._ground.memory.idle

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
        """End what a power cut interrupted, or go on with it; ``Store.open`` tells."""
        self._blocks.resumption.begin(interrupted)

    def interrupted(self, one: Interrupted, state: Snapshot) -> None:
        """From a block: it does not go on."""
        samples = self._charger.meter(state.evse) if state.evse in self._places else ()
        event = self.priced(ended_by_power_loss(one.id, state, self._runtime.instant(), samples))
        self._ledger.record(event, self._runtime.new_id(), one.state)

    def end_all(self, stop: Stop) -> None:
        """The station is told to stop: what runs ends, when nothing flows any more."""
        for place in self._places.values():
            if place.outlet.transaction is not None or place.outlet.token is not None:
                self.stop_at(place, Trigger.ABNORMAL, stop)

    def settle(self) -> None:
        """Ends that were ordered wait no longer until what flows has come to rest."""
        for place in self._places.values():
            place.outlet.settle()

    def close(self) -> None:
        """Nothing of this happens any more; somebody else takes the line and the store."""
        self._presence.close()
        self._blocks.close()
        self._outlets.close()

    def plugged(self, evse: int, connector: int = 1) -> None:
        place = self._places[evse]
        place.connect.cancel()
        if not self._blocks.resumption.plugged(place, connector):
            place.outlet.plug(connector)
        self._connectors.update(place)

    def unplugged(self, evse: int) -> None:
        place = self._places[evse]
        self._blocks.vehicles.went(evse)
        self._blocks.resumption.unplugged(place)
        place.outlet.unplug()
        if place.outlet.token is not None:
            place.connect.rearm(place.outlet.rules.connect_within)
        self._connectors.update(place)

    def presented(self, evse: int, token: Token, contract: Contract | None = None) -> None:
        """A driver shows a token: to start, or to stop what runs here; or a vehicle a contract."""
        self._blocks.resumption.give_up(self._places[evse])
        self._drivers.presented(self._places[evse], token, contract)

    def asks(self, evse: int, vehicle: str) -> bool:
        """A session asks who pays.  False: it is not for the vehicle whose transaction goes on."""
        place = self._places[evse]
        other = self._blocks.resumption.is_other(place, vehicle)
        if other:
            self.stop_at(place, Trigger.COMMUNICATION_LOST, Stop.DISCONNECTED)
        return not other

    @property
    def relay(self) -> Relay:
        """The way of vehicles' requests for contracts, and of questions about certificates."""
        return self._blocks.relay

    @property
    def tariffs(self) -> Tariffs:
        return self._blocks.tariffs

    @property
    def vehicles(self) -> Vehicles:
        """What is known of those that are there."""
        return self._blocks.vehicles

    @property
    def limits(self) -> TxLimits:
        """What transactions may take, cost and last."""
        return self._blocks.limits

    @property
    def der(self) -> Der:
        """Controls of the grid."""
        return self._blocks.der

    @property
    def smart(self) -> SmartCharging:
        """Limits, schedules and what vehicles need."""
        return self._blocks.smart

    def declined(self, evse: int) -> bool:
        """The driver has seen what it costs, and does not want it.  False: nobody is let in."""
        place = self._places[evse]
        let_in = place.outlet.token is not None
        if let_in:
            self._drivers.declined(place)
        return let_in

    def charging(self, evse: int) -> None:
        """Energy flows."""
        place = self._places[evse]
        self._blocks.resumption.give_up(place)
        place.outlet.flow()
        if place.rests:
            place.outlet.pause(by_vehicle=False)
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
            self._blocks.resumption.give_up(place)
            place.outlet.end(Trigger.ABNORMAL, Stop.OTHER)
            self._charger.stop(evse, Stop.OTHER)
        place.fault = fault
        self._connectors.update(place)
        self._blocks.reservations.look()

    def opened(self, version: Version) -> None:
        """From the client."""
        self._presence.opened(version)

    def lost(self, reason: Gone) -> None:
        """From the client."""
        self._blocks.security.gone(reason)
        self._presence.lost()

    def happened(self, happening: Happening) -> None:
        """From the client."""
        if isinstance(happening, Called):
            assert self._ground.version is not None
            self._answering.called(happening, self._ground.version)
            return
        if isinstance(happening, Answered):
            self._presence.answered()
        if not self._ledger.happened(happening):
            self._ground.questions.happened(happening)

    def timed_out(self, place: Place) -> None:
        """From an outlet."""
        self._drivers.timed_out(place)

    def measured(self, place: Place) -> None:
        """From an outlet."""
        self._drivers.measured(place)

    def priced(self, event: TxEvent) -> TxEvent:
        """From an outlet."""
        priced = self._blocks.tariffs.priced(event)
        self._blocks.limits.priced(priced)
        return priced

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
        self._blocks.limits.learned(event, learned.limits, learned.cost)
        if learned.remote_id is not None:
            place.names = {learned.remote_id: event.transaction}
        if event.transaction == place.outlet.transaction and learned.verdict is not None:
            self._drivers.learned(place, learned.verdict)

    def _retune(self, tx: TxRules, ledger: LedgerRules) -> None:
        self._ledger.retune(ledger)
        self._outlets.retune(tx)

    def changed(self, place: Place) -> None:
        """From a block: the connector may be in another state."""
        self._connectors.update(place)

    def stop_at(self, place: Place, trigger: Trigger, stop: Stop) -> None:
        """From a block: end what runs there."""
        place.connect.cancel()
        place.outlet.end(trigger, stop)
        self._charger.stop(place.evse, stop)
        self._connectors.update(place)
