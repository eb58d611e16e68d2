"""Transactions that outlive a power cut or a reset [E17, B13].

Where ResumptionTimeout allows it, a transaction goes on if the station was down for less time than
that and, at an outlet that senses vehicles, once it is known whether one is still there.  A reset
that is to go on may take as long as it likes.  Energy goes on only if that is allowed, after a
delay by chance, and to a vehicle that does not say that it is another one.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

import msgspec

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.points import Point
from ocpp.station.outlets.survivor import Snapshot, snapshot
from ocpp.station.records import ChargingState, Trigger
from ocpp.station.store import Interrupted

KEPT: Final = "transactions"
CONTROLLER: Final = "TxCtrlr"
SENSED_WITHIN: Final = 5 * S
"""Until then an outlet that senses vehicles has said whether one is there."""
STAMPS: Final = 30
"""So many times in a ResumptionTimeout it is written down that the station is up ..."""
SOONEST, LATEST = 2 * S, 60 * S
"""... but neither more nor less often than this."""
ENERGY: Final = frozenset(
    {ChargingState.CHARGING, ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE}
)


class Kept(msgspec.Struct, frozen=True):
    """Of a running transaction: when the station was up, in seconds since 1970, and who is there.

    ``reset``: it is to go on after a reset, in this state; ``transfers`` are those that the back
    end allows; ``ready`` is for how many seconds power could flow.
    """

    at: int
    vehicle: str = ""
    reset: str = ""
    transfers: tuple[str, ...] | None = None
    ready: float | None = None


class Survivors(Protocol):
    """What the other blocks know of transactions."""

    def can_resume(self, transaction: str) -> bool:
        """Whether all that is needed is still known."""

    def seen(self, place: Place) -> Kept:
        """Who is there, and what is allowed; the rest is the block's own."""

    def keep(self) -> None:
        """Remember how things are."""

    def resume(self, place: Place, transaction: str, kept: Kept) -> None:
        """It goes on."""

    def ended(self, one: Interrupted, state: Snapshot) -> None:
        """It does not: it has ended when the power went."""

    def changed(self, place: Place) -> None:
        """Energy may rest or flow, and the connector be in another state."""


class Resumption:
    """The block."""

    def __init__(self, ground: Ground, survivors: Survivors) -> None:
        self._ground = ground
        self._survivors = survivors
        self._kept = ground.memory.read(KEPT, dict[str, Kept], {})
        self._waiting: dict[int, tuple[Interrupted, Snapshot]] = {}
        self._here: dict[int, int] = {}
        self._expected: dict[int, str] = {}
        self._began = ground.scheduler.now
        alarm = ground.scheduler.alarm
        self._stamp = alarm(self._keep, name="ocpp.stamp")
        self._look = alarm(self.look, name="ocpp.resume")
        self._delays: dict[int, Alarm] = {
            evse: alarm(partial(self._go_on, place), name="ocpp.energy")
            for evse, place in ground.places.items()
        }

    def close(self) -> None:
        for alarm in (self._stamp, self._look, *self._delays.values()):
            alarm.cancel()

    @property
    def timeout(self) -> int:
        """0: nothing is resumed."""
        return round(self._ground.model.number(CONTROLLER, "ResumptionTimeout"))

    def begin(self, interrupted: Iterable[Interrupted]) -> None:
        """Each goes on, ends, or waits until it is known which."""
        for one in interrupted:
            state = snapshot(one.state)
            place = self._ground.places.get(state.evse)
            if place is None or place.evse in self._waiting or not self._may(one, state):
                self._survivors.ended(one, state)
                continue
            place.waits = True
            self._waiting[place.evse] = (one, state)
        self.look()

    def look(self) -> None:
        """Something may be known now that was not."""
        for evse in list(self._waiting):
            self._decide(self._ground.places[evse])
        if self._waiting:
            self._look.rearm(S)

    def plugged(self, place: Place, connector: int) -> bool:
        """A vehicle is there; True: it is taken care of."""
        if place.evse not in self._waiting:
            return False
        self._here[place.evse] = connector
        self._decide(place)
        return True

    def unplugged(self, place: Place) -> None:
        """Whoever comes next is somebody else."""
        self._expected.pop(place.evse, None)
        self._here.pop(place.evse, None)

    def give_up(self, place: Place) -> None:
        """Somebody wants something here before it is known whether it goes on: it does not."""
        waiting = self._waiting.get(place.evse)
        if waiting is not None:
            self._end(place, *waiting)

    def is_other(self, place: Place, vehicle: str) -> bool:
        """The vehicle that asks now is not the one whose transaction has gone on: it ends."""
        expected = self._expected.pop(place.evse, "")
        return bool(expected) and _plain(expected) != _plain(vehicle)

    def running(self, place: Place) -> None:
        """A transaction may have begun or ended here."""
        if place.outlet.transaction is None:
            place.rests = False
            self._delays[place.evse].cancel()
            self._expected.pop(place.evse, None)
        elif self.timeout and place.outlet.transaction not in self._kept:
            self._keep()

    def reset(self, places: Iterable[Place]) -> None:
        """These go on after a reset that comes now: energy rests, each says so [B13.FR.04]."""
        for place in places:
            outlet = place.outlet
            before, place.rests = outlet.charging, True
            self._survivors.changed(place)
            if before is ChargingState.CHARGING:
                outlet.pause(by_vehicle=False)
            outlet.measure(Trigger.RESET)
            assert outlet.transaction is not None
            self._kept[outlet.transaction] = self._seen(place, before.value)
        self._keep()

    def go_on(self, places: Iterable[Place]) -> None:
        """Nothing is started anew after all: they go on at once [B13.FR.11]."""
        for place in places:
            transaction = place.outlet.transaction
            kept = self._kept.get(transaction or "")
            if transaction is not None and kept is not None and kept.reset:
                self._kept[transaction] = self._seen(place)
                old = ChargingState(kept.reset)
                self._tell(place, old, alive=True)
        self._keep()

    def _may(self, one: Interrupted, state: Snapshot) -> bool:
        """What ends it must not have happened already."""
        kept = self._kept.get(one.id)
        if kept is None or state.ending or not self._survivors.can_resume(one.id):
            return False
        cut = Point.ENERGY in state.points and not kept.reset
        stops = self._ground.places[state.evse].outlet.rules.stop
        return bool(kept.reset or self.timeout) and not (cut and Point.ENERGY in stops)

    def _decide(self, place: Place) -> None:
        one, state = self._waiting[place.evse]
        kept = self._kept[one.id]
        since, now = self._ground.scheduler.now - self._began, self._now
        senses = self._ground.charger.senses(place.evse)
        patience = SENSED_WITHIN if senses else self.timeout * S
        here = place.evse in self._here or state.connector is None
        away = 0 if kept.reset else now - kept.at
        if not kept.reset and (not now or not kept.at):
            if since > self.timeout * S:
                self._end(place, one, state)
        elif not kept.reset and not 0 <= away <= self.timeout:
            self._end(place, one, state)
        elif here or since >= patience:
            self._resume(place, one, state, kept)

    def _resume(self, place: Place, one: Interrupted, state: Snapshot, kept: Kept) -> None:
        outlet, here = place.outlet, self._here.pop(place.evse, None)
        del self._waiting[place.evse]
        place.waits = False
        old = ChargingState(kept.reset) if kept.reset else state.charging
        alive = bool(kept.reset)
        if not alive:  # no session has outlived the cut
            points = tuple(each for each in state.points if each is not Point.ENERGY)
            state = replace(state, points=points)
            if kept.vehicle:
                self._expected[place.evse] = kept.vehicle
        gone = state.connector is not None and here is None
        outlet.resume(one.id, replace(state, connector=here or state.connector), old)
        if one.remote_id is not None:
            place.names = {one.remote_id: one.id}
        self._survivors.resume(place, one.id, kept)
        self._ground.log.info("resumes", transaction=one.id, charging=old.value)
        if gone:
            outlet.unplug()  # says so, and may end it [E17.FR.16, E17.FR.17]
        self._kept[one.id] = msgspec.structs.replace(kept, at=self._now, reset="")
        if outlet.transaction is not None:
            self._tell(place, outlet.charging, alive=alive)
        if outlet.token is not None and outlet.connector is None:
            place.connect.rearm(outlet.rules.connect_within)
        self._keep()
        self._survivors.changed(place)

    def _tell(self, place: Place, old: ChargingState, *, alive: bool) -> None:
        """It goes on; energy does if it may [E17.FR.11 to FR.13, E17.FR.18]."""
        outlet = place.outlet
        flowed = old is ChargingState.CHARGING
        allowed = self._ground.model.flag(CONTROLLER, "AllowEnergyTransferResumption")
        delay = self._delay() if allowed and flowed else 0
        place.rests = flowed and (not allowed or delay > 0)
        outlet.resumed(ChargingState.SUSPENDED_EVSE if place.rests else old)
        if delay:
            self._delays[place.evse].rearm(delay)
        if not alive and outlet.charging in ENERGY and not place.rests:
            outlet.stop_energy()  # until the vehicle comes back to the station
        self._survivors.changed(place)

    def _go_on(self, place: Place) -> None:
        """The delay is over."""
        place.rests = False
        self._survivors.changed(place)
        outlet = place.outlet
        if outlet.charging is ChargingState.SUSPENDED_EVSE:
            (outlet.flow if Point.ENERGY in outlet.holding() else outlet.stop_energy)()
        self._survivors.changed(place)

    def _delay(self) -> int:
        most = round(self._ground.model.number(CONTROLLER, "EnergyTransferResumptionRandomRange"))
        return self._ground.runtime.randomness.below(most * S + 1) if most else 0

    def _end(self, place: Place, one: Interrupted, state: Snapshot) -> None:
        """[E17.FR.20 to FR.22]."""
        del self._waiting[place.evse]
        connector, place.waits = self._here.pop(place.evse, None), False
        self._survivors.ended(one, state)
        if connector is not None:
            place.outlet.plug(connector)
        self._survivors.changed(place)

    def _running(self) -> list[Place]:
        places = self._ground.places.values()
        return [place for place in places if place.outlet.transaction is not None]

    def _keep(self) -> None:
        """The station is up, and this runs."""
        running = {place.outlet.transaction or "": place for place in self._running()}
        waiting = {one.id: self._kept[one.id] for one, _state in self._waiting.values()}
        if not self.timeout and not any(each.reset for each in self._kept.values()):
            return
        stamps = {name: self._stamped(name, place) for name, place in running.items()}
        self._kept = {**waiting, **stamps}
        self._survivors.keep()
        self._ground.memory.write(KEPT, self._kept)
        if running:
            every = self.timeout * S // STAMPS
            self._stamp.rearm(min(max(every, SOONEST), LATEST))

    def _stamped(self, name: str, place: Place) -> Kept:
        """A reset that is to come stays so; a vehicle that is not named now was named before."""
        before = self._kept.get(name)
        return self._seen(place, before.reset if before is not None else "")

    def _seen(self, place: Place, reset: str = "") -> Kept:
        seen = self._survivors.seen(place)
        before = self._kept.get(place.outlet.transaction or "")
        vehicle = seen.vehicle or (before.vehicle if before is not None else "")
        return Kept(self._now, vehicle, reset, seen.transfers, seen.ready)

    @property
    def _now(self) -> int:
        """0: nobody has told the time."""
        return self._ground.runtime.unix() or (self._ground.unix_ns or 0) // S


def _plain(vehicle: str) -> str:
    """A MAC address with and without colons is the same."""
    return vehicle.replace(":", "").casefold()
