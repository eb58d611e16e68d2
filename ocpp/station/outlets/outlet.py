"""One EVSE's transactions: when they start, what they say, when they end.

A pure machine: what happens at the outlet comes in, events of a transaction come out.  The points
at which a transaction starts and stops are sets; it starts with the first that comes true and
ends with the first that was true and is so no more [TxStartPoint, TxStopPoint].  While energy
flows the end waits until it has come to rest: what a car takes on the way down is paid for too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.outlets.samples import (
    NO_MORE,
    Choice,
    chosen,
    of_context,
    phases_used,
    register,
)
from ocpp.station.outlets.survivor import Snapshot
from ocpp.station.records import (
    ChargingState,
    Context,
    Instant,
    Phase,
    Reading,
    Sample,
    Stop,
    Token,
    Trigger,
    TxEvent,
)

Meter = Callable[[], tuple[Sample, ...]]
"""What the outlet's meter shows now."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event, and what its transaction is after it."""

    event: TxEvent
    state: bytes


@dataclass(frozen=True, slots=True)
class _Order:
    """To end a transaction: what gave it, and as what it is told."""

    trigger: Trigger
    stop: Stop
    token: Token | None = None


WITHDRAWN: Final = frozenset({Trigger.DEAUTHORIZED, Trigger.TARIFF_REFUSED})
"""Ends of an authorization with which energy ends at once."""
KEPT_SAMPLES: Final = 512
"""Beyond these every second one from inside goes [E06.FR.12]."""


class Outlet:
    """One EVSE."""

    def __init__(
        self,
        evse: int,
        rules: TxRules,
        *,
        meter: Meter,
        now: Callable[[], Instant],
        new_id: Callable[[], str],
        emit: Callable[[Occurrence], None],
    ) -> None:
        self.evse = evse
        self.rules = rules  # other ones count from the next event on
        self.connector: int | None = None
        self.token: Token | None = None
        self.charging = ChargingState.IDLE
        self.transaction: str | None = None
        self.finished = False  # energy or transaction ended, and the vehicle is still there
        self.mode = ""  # operation mode of 2.1, where there is one
        self.asleep = False
        self.limits: dict[str, float] | None = None  # of the transaction
        self.more = NO_MORE
        self._meter = meter
        self._now = now
        self._new_id = new_id
        self._emit = emit
        self._bay = False
        self._signed = False
        self._energy = False
        self._stop: Stop | None = None
        self._ordered: _Order | None = None  # ordered, and waits until nothing flows
        self._clear()

    def _clear(self) -> None:
        """Nothing is owed to an event any more."""
        self._place_told = False
        self._token_told = False
        self._remote_start: int | None = None
        self._reservation: int | None = None
        self._phases_told: int | None = None
        self._began: Reading | None = None
        self._kept: list[Reading] = []

    @property
    def energy_wh(self) -> float:
        """What the meter's register shows."""
        return register(self._meter())

    @property
    def since_begin_wh(self) -> float:
        """What the transaction has taken."""
        return self.energy_wh - register(self._began.samples if self._began is not None else ())

    @property
    def ending(self) -> bool:
        """The transaction's end is ordered, and waits until nothing flows."""
        return self._ordered is not None

    @property
    def _flows(self) -> bool:
        return self._energy and self.charging is ChargingState.CHARGING

    def holding(self) -> frozenset[Point]:
        """The points that are true now."""
        connected, authorized = self.connector is not None, self.token is not None
        true = {
            Point.BAY: self._bay,
            Point.CONNECTED: connected,
            Point.AUTHORIZED: authorized,
            Point.POWER_PATH: connected and authorized,
            Point.ENERGY: self._energy,
            Point.SIGNED: self._signed,
        }
        return frozenset(point for point, holds in true.items() if holds)

    def arrive(self) -> None:
        """A vehicle stands in the bay."""
        before, self._bay = self.holding(), True
        self._moved(before, Trigger.DETECTED)

    def depart(self) -> None:
        before, self._bay = self.holding(), False
        self._moved(before, Trigger.DEPARTED, self._stop)

    def plug(self, connector: int) -> None:
        before = self.holding()
        self.connector = connector
        self.finished = False
        self.charging = ChargingState.CONNECTED
        self._moved(before, Trigger.PLUGGED)

    def resume(self, transaction: str, state: Snapshot, charging: ChargingState) -> None:
        """It goes on after a power cut or a reset: as it was but for ``charging`` [E17.FR.10]."""
        self.transaction, self.token = transaction, state.token
        self.connector, self.charging = state.connector, charging
        self._bay, self._signed = Point.BAY in state.points, Point.SIGNED in state.points
        self._energy = Point.ENERGY in state.points
        self._began, self._phases_told = state.began, state.phases
        self._place_told, self._token_told = state.place_told, state.token_told

    def resumed(self, charging: ChargingState) -> None:
        """It is said that it goes on, and how."""
        self.charging = charging
        self.measure(Trigger.RESUMED)

    def unplug(self) -> None:
        """At the vehicle's side; with StopTxOnEVSideDisconnect the authorization goes as well."""
        before = self.holding()
        self.connector = None
        self.finished = False
        self._energy = False
        self.charging = ChargingState.IDLE
        if self.rules.stop_on_disconnect:
            self._withdraw()
        self._moved(before, Trigger.COMMUNICATION_LOST, self._stop or Stop.DISCONNECTED)

    def authorize(
        self, token: Token, *, remote_start: int | None = None, reservation: int | None = None
    ) -> None:
        """The driver may charge."""
        self.settle()
        before = self.holding()
        self.token = token
        self._token_told = False
        self._stop = None
        self._remote_start = remote_start
        self._reservation = reservation
        self._moved(before, Trigger.AUTHORIZED)

    def deauthorize(self, trigger: Trigger, stop: Stop, *, token: Token | None = None) -> None:
        """The driver, the back end or the clock ended it; ``token`` is the one that did.

        Energy is still to be stopped; where the transaction goes on without it, it is not counted
        as flowing from here on if the authorization was withdrawn.
        """
        if self._ordered is not None:
            return
        before = self.holding()
        self._withdraw()
        self._stop = stop
        if self._flows and self.transaction is not None and self._reaches_stop(before, trigger):
            self._ordered = _Order(trigger, stop, token)
            return
        if trigger in WITHDRAWN and self._energy:
            self._energy = False
            self.charging = ChargingState.CONNECTED
        self._moved(before, trigger, stop, token)

    def time_out(self) -> None:
        """Nobody plugged in [E03.FR.05, E03.FR.15]."""
        self.deauthorize(Trigger.CONNECT_TIMEOUT, Stop.TIMEOUT)
        if self.transaction is not None and Point.BAY not in self.rules.stop:
            self._say(Phase.ENDED, Trigger.CONNECT_TIMEOUT, Stop.TIMEOUT)

    def flow(self) -> None:
        """Energy flows."""
        before, self._energy = self.holding(), True
        self.finished = False
        self._state(ChargingState.CHARGING, before)
        waits = Point.SIGNED in self.rules.start and not self._signed
        if waits and any(sample.signed is not None for sample in self._meter()):
            self.sign()  # [E01.FR.04]

    def pause(self, *, by_vehicle: bool, trigger: Trigger = Trigger.STATE_CHANGED) -> None:
        """None flows for now; the charge is not over."""
        paused = ChargingState.SUSPENDED_EV if by_vehicle else ChargingState.SUSPENDED_EVSE
        self._state(paused, self.holding(), trigger)

    def stop_energy(self, *, by_vehicle: bool = False) -> None:
        """The power path is open again."""
        before = self.holding()
        self.finished = self.finished or (self._energy and self.connector is not None)
        self._energy = False
        if by_vehicle and self._stop is None:
            self._stop = Stop.BY_VEHICLE
        rest = ChargingState.IDLE if self.connector is None else ChargingState.CONNECTED
        self._state(rest, before)

    def sign(self) -> None:
        """The first signed reading is there."""
        before, self._signed = self.holding(), True
        self._moved(before, Trigger.SIGNED)

    def measure(
        self,
        trigger: Trigger = Trigger.METER_PERIODIC,
        context: Context = Context.PERIODIC,
        choice: Choice | None = None,
    ) -> None:
        """Say what the meter shows, if there is a transaction."""
        if self.transaction is not None:
            self._say(Phase.UPDATED, trigger, context=context, choice=choice)

    def keep_sample(
        self, context: Context = Context.PERIODIC, choice: Choice | None = None
    ) -> None:
        """For the end of the transaction [E06.FR.11]."""
        if self.transaction is None:
            return
        samples = chosen(choice or Choice(self.rules.ended, self.rules.signs), self._meter())
        if samples:
            self._kept.append(Reading(self._now(), of_context(context, samples)))
        if len(self._kept) > KEPT_SAMPLES:
            del self._kept[1:-1:2]

    def end(self, trigger: Trigger, stop: Stop) -> None:
        """Whatever the points say: a reset, a fault."""
        self._withdraw()
        if self.transaction is not None and self._ordered is None:
            self._ordered = _Order(trigger, stop)
        if self.transaction is None or not self._flows:
            self._rest()

    def settle(self) -> None:
        """Nobody waits any longer until what flows has come to rest."""
        if self._ordered is not None:
            self._rest()

    def _rest(self) -> None:
        self._energy = False
        if self.connector is not None:
            self.charging = ChargingState.CONNECTED
        if self._ordered is not None:
            self._say_end(self._ordered)

    def _say_end(self, order: _Order) -> None:
        self._say(Phase.ENDED, order.trigger, order.stop, order.token)

    def _reaches_stop(self, before: frozenset[Point], trigger: Trigger) -> bool:
        """With a withdrawn authorization energy ends as well."""
        lost = before - self.holding()
        withdrawn = {Point.ENERGY} if trigger in WITHDRAWN else set()
        return bool((lost | withdrawn) & self.rules.stop)

    def _withdraw(self) -> None:
        self.token = None
        self._remote_start = self._reservation = None

    def _state(
        self,
        charging: ChargingState,
        before: frozenset[Point],
        trigger: Trigger = Trigger.STATE_CHANGED,
    ) -> None:
        if charging is not self.charging or before != self.holding():
            self.charging = charging
            self._moved(before, trigger, self._stop)

    def _moved(
        self,
        before: frozenset[Point],
        trigger: Trigger,
        stop: Stop | None = None,
        token: Token | None = None,
    ) -> None:
        """Something has changed: a transaction may start, go on or end with it."""
        after = self.holding()
        if self.transaction is None:
            if (after - before) & self.rules.start:
                self.transaction = self._new_id()
                self.finished = False
                self._place_told = self._token_told = False
                self._say(Phase.STARTED, trigger)
        elif self._ordered is not None and not self._flows:
            self._say_end(self._ordered)
        elif self._reaches_stop(before, trigger):
            self._say(Phase.ENDED, trigger, stop or Stop.OTHER, token)
        else:
            self._say(Phase.UPDATED, trigger, token=token)

    def _say(
        self,
        phase: Phase,
        trigger: Trigger,
        stop: Stop | None = None,
        token: Token | None = None,
        *,
        context: Context = Context.PERIODIC,
        choice: Choice | None = None,
    ) -> None:
        assert self.transaction is not None
        at = self._now()
        samples = self._meter()
        first_place = self.connector is not None and not self._place_told
        readings = self._readings(
            phase, at, samples, begins=first_place, context=context, choice=choice
        )
        ours = self.token if not self._token_told else None
        remote = self._remote_start
        event = TxEvent(
            transaction=self.transaction,
            phase=phase,
            trigger=Trigger.REMOTE_START if remote is not None else trigger,
            at=at,
            evse=self.evse,
            connector=self.connector,
            tells_place=first_place or (trigger is Trigger.ASKED and self.connector is not None),
            token=ours or token,
            charging=self.charging,
            stop=stop if phase is Phase.ENDED else None,
            remote_start=remote,
            reservation=self._reservation,
            phases=self._phases(samples),
            meter_wh=register(samples),
            readings=readings,
            mode=self.mode,
            asleep=self.asleep,
            limits=self.limits if trigger is Trigger.LIMIT_SET else None,
        )
        self._place_told = self._place_told or first_place
        self._token_told = self._token_told or self.token is not None
        self._remote_start = self._reservation = None
        state = self._snapshot(samples)
        if phase is Phase.ENDED:
            self.transaction = self.token = self._stop = self._ordered = None
            self._signed = False
            self.finished = self.connector is not None
            self._clear()
        self._emit(Occurrence(event, msgspec.json.encode(state)))

    def _snapshot(self, samples: tuple[Sample, ...]) -> Snapshot:
        return Snapshot(
            self.evse,
            self.connector,
            self.charging,
            self._began,
            samples,
            self.token,
            tuple(point for point in Point if point in self.holding()),
            place_told=self._place_told,
            token_told=self._token_told,
            phases=self._phases_told,
            ending=self._ordered is not None,
        )

    def _readings(
        self,
        phase: Phase,
        at: Instant,
        samples: tuple[Sample, ...],
        *,
        begins: bool,
        context: Context,
        choice: Choice | None,
    ) -> tuple[Reading, ...]:
        """The begin stands in the first event that has a place, and again in the last."""
        rules, more = self.rules, self.more
        if phase is Phase.ENDED:
            end = chosen(_choice(rules.ended, more.ended, rules), samples)
            ends = (Reading(at, of_context(Context.END, end)),) if end else ()
            return (*self._begin(), *self._kept, *ends)
        if begins and self._began is None:
            start = chosen(_choice(rules.started, more.started, rules), samples)
            self._began = Reading(at, of_context(Context.BEGIN, samples)) if samples else None
            return (Reading(at, of_context(Context.BEGIN, start)),) if start else ()
        wanted = choice or _choice(rules.updated, more.updated, rules)
        updated = chosen(wanted, samples)
        return (Reading(at, of_context(context, updated)),) if updated else ()

    def _begin(self) -> tuple[Reading, ...]:
        """The values of the begin that belong to the end."""
        if self._began is None:
            return ()
        begin = chosen(Choice(self.rules.ended, self.rules.signs), self._began.samples)
        return (Reading(self._began.at, begin),) if begin else ()

    def _phases(self, samples: tuple[Sample, ...]) -> int | None:
        """How many phases the vehicle uses, if that is known and news [E02.FR.18, E02.FR.19]."""
        used = phases_used(samples) if self.charging is ChargingState.CHARGING else None
        if used is None or used == self._phases_told:
            return None
        self._phases_told = used
        return used


def _choice(measurands: tuple[str, ...] | None, more: tuple[str, ...], rules: TxRules) -> Choice:
    """Those of the rules, and those of the operation mode [Q01.FR.33 to Q01.FR.35]."""
    both = None if measurands is None else (*measurands, *more)
    return Choice(both, rules.signs)
