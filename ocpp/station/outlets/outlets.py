"""All outlets of a station: made, measured while a transaction runs, their events written.

Owns the alarms of an outlet.  Who may charge there is decided elsewhere.
"""

from functools import partial
from typing import Protocol

from ocpp.station.ledger import Ledger
from ocpp.station.outlets.outlet import Occurrence, Outlet
from ocpp.station.outlets.places import Charger, Place
from ocpp.station.outlets.points import TxRules
from ocpp.station.records import Context, Stop, Trigger, TxEvent
from ocpp.station.runtime import Runtime


class OutletUser(Protocol):
    """Who hears of it."""

    def priced(self, event: TxEvent) -> TxEvent:
        """What is to be told, with what it costs."""

    def timed_out(self, place: Place) -> None:
        """Nobody plugged in."""

    def measured(self, place: Place) -> None:
        """A transaction's values were taken."""

    def ended(self, place: Place) -> None:
        """A transaction is over."""


class Outlets:
    """The outlets by their EVSE's number."""

    def __init__(
        self,
        runtime: Runtime,
        ledger: Ledger,
        charger: Charger,
        user: OutletUser,
    ) -> None:
        self._runtime = runtime
        self._ledger = ledger
        self._charger = charger
        self._user = user
        self.places: dict[int, Place] = {}

    def add(self, evse: int, rules: TxRules) -> None:
        outlet = Outlet(
            evse,
            rules,
            meter=partial(self._charger.meter, evse),
            now=self._runtime.instant,
            new_id=self._runtime.new_id,
            emit=self._occurred,
        )
        alarm = self._runtime.scheduler.alarm
        self.places[evse] = Place(
            outlet,
            alarm(lambda: self._user.timed_out(self.places[evse]), name="ocpp.connect"),
            alarm(partial(self._sample, evse), name="ocpp.meter"),
            alarm(partial(self._keep_sample, evse), name="ocpp.keep"),
        )

    def close(self) -> None:
        for place in self.places.values():
            for alarm in (place.connect, place.metering, place.keeping):
                alarm.cancel()

    def retune(self, rules: TxRules) -> None:
        """Other rules count from the next event on."""
        for place in self.places.values():
            place.outlet.rules = rules

    def measure(self, place: Place | None) -> None:
        """Asked for [F06.FR.07]: one outlet, or all."""
        for each in self.places.values() if place is None else [place]:
            each.outlet.measure(Trigger.ASKED, Context.TRIGGER)

    def _occurred(self, occurrence: Occurrence) -> None:
        event = self._user.priced(occurrence.event)
        self._ledger.record(event, self._runtime.new_id(), occurrence.state)
        assert event.evse is not None
        place = self.places[event.evse]
        rules = place.outlet.rules
        if place.outlet.transaction is None:
            place.metering.cancel()
            place.keeping.cancel()
            place.grace = None
            self._charger.stop(place.evse, event.stop or Stop.OTHER)
            self._runtime.scheduler.post(lambda: self._user.ended(place), name="ocpp.ended")
            return
        if not place.metering.armed and rules.updated_every:
            place.metering.rearm(rules.updated_every)
        if not place.keeping.armed and rules.ended_every:
            place.keeping.rearm(rules.ended_every)

    def _sample(self, evse: int) -> None:
        place = self.places[evse]
        place.outlet.measure()
        if place.outlet.rules.updated_every:
            place.metering.rearm(place.outlet.rules.updated_every)
        self._user.measured(place)

    def _keep_sample(self, evse: int) -> None:
        place = self.places[evse]
        place.outlet.keep_sample()
        if place.outlet.rules.ended_every:
            place.keeping.rearm(place.outlet.rules.ended_every)
