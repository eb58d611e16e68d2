"""Who may charge: tokens at the outlet, calls of the back end, and what it says afterwards.

Owns the way from a token to an authorization and back.  Whom it may ask, and whether now, comes in
as a function.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ocpp.catalogue import Message
from ocpp.station.outlet import Point, TxRules
from ocpp.station.places import Charger, Place
from ocpp.station.questions import Done
from ocpp.station.records import ChargingState, Stop, Token, Trigger
from ocpp.station.translation import RemoteStart, RemoteStop, Request, Standing, Translator, Verdict

_ALONE: Final = {True: Standing.ACCEPTED, False: Standing.UNKNOWN}
"""What is decided of an unknown token while nobody can be asked."""

Online = Callable[[], Translator | None]
"""The translator while the back end may be asked."""
Ask = Callable[[Request, Done], None]


class Drivers:
    """All outlets' drivers."""

    def __init__(
        self,
        places: Mapping[int, Place],
        charger: Charger,
        rules: TxRules,
        *,
        online: Online,
        ask: Ask,
        changed: Callable[[Place], None],
        unknown_offline: bool,
        authorize_remote: bool,
    ) -> None:
        self._places = places
        self._charger = charger
        self._rules = rules
        self._online = online
        self._ask = ask
        self._changed = changed
        self._alone = Verdict(_ALONE[unknown_offline])
        self._authorize_remote = authorize_remote

    def presented(self, place: Place, token: Token) -> None:
        """A driver shows a token: to start, or to stop what runs here."""
        present = place.outlet.token
        if present is not None and present.same_as(token):
            self.stop(place, Trigger.STOPPED, Stop.LOCAL, token)
        elif place.asked is None:
            place.asked = token
            self._authorize(token, partial(self._judged, place, token))

    def stop(self, place: Place, trigger: Trigger, stop: Stop, token: Token | None = None) -> None:
        """The authorization ends, and energy with it."""
        place.connect.cancel()
        place.outlet.deauthorize(trigger, stop, token=token)
        self._charger.stop(place.evse, stop)
        self._changed(place)

    def timed_out(self, place: Place) -> None:
        """Nobody plugged in."""
        place.outlet.time_out()
        self._charger.stop(place.evse, Stop.TIMEOUT)
        self._changed(place)

    def learned(self, place: Place, verdict: Verdict) -> None:
        """What the back end thinks of the driver of the transaction that runs here [E05]."""
        if not verdict.accepted:
            self._invalid(place)
        elif place.outlet.token is not None and verdict.group is not None:
            token = place.outlet.token
            place.outlet.token = Token(token.id, token.kind, verdict.group)

    def measured(self, place: Place) -> None:
        """Whether the energy left to a driver who was refused is used up."""
        if place.grace is not None and place.outlet.since_begin_wh >= place.grace:
            self._suspend(place)

    def remote_start(self, start: RemoteStart) -> Callable[[], None] | None:
        """What to do after saying yes; ``None`` if the answer is no."""
        place = self._free(start.evse)
        if place is None:
            return None
        place.asked = start.token
        return partial(self._start, place, start)

    def remote_stop(self, stop: RemoteStop) -> Callable[[], None] | None:
        """The same."""
        place = next((each for each in self._places.values() if _is_meant(each, stop)), None)
        return (
            None if place is None else partial(self.stop, place, Trigger.REMOTE_STOP, Stop.REMOTE)
        )

    def _authorize(self, token: Token, done: Callable[[Verdict], None]) -> None:
        """Ask the back end, or decide alone while it cannot be asked [C13, C15]."""
        translator = self._online()
        if translator is None:
            done(self._alone)
            return

        def answered(answer: Message | None) -> None:
            if answer is not None:
                done(translator.verdict(answer))
            else:  # lost with the line, or refused over it
                done(self._alone if self._online() is None else Verdict(Standing.UNKNOWN))

        self._ask(translator.authorize(token), answered)

    def _judged(self, place: Place, token: Token, verdict: Verdict) -> None:
        """A local driver's token has its verdict."""
        place.asked = None
        known = Token(token.id, token.kind, verdict.group)
        present = place.outlet.token
        if not verdict.accepted or (present is not None and not present.same_group(known)):
            self._charger.refuse(place.evse, token, verdict)
        elif present is not None:
            self.stop(place, Trigger.STOPPED, Stop.LOCAL, known)
        else:
            self._allow(place, known)

    def _start(self, place: Place, start: RemoteStart) -> None:
        if not self._authorize_remote or start.token.kind == "Central":
            place.asked = None
            self._allow(place, start.token, start.remote_start)
        else:
            self._authorize(start.token, partial(self._judged_remote, place, start))

    def _judged_remote(self, place: Place, start: RemoteStart, verdict: Verdict) -> None:
        place.asked = None
        if verdict.accepted:
            group = verdict.group or start.token.group
            token = Token(start.token.id, start.token.kind, group)
            self._allow(place, token, start.remote_start)
        else:
            self._charger.refuse(place.evse, start.token, verdict)

    def _allow(self, place: Place, token: Token, remote_start: int | None = None) -> None:
        place.outlet.authorize(token, remote_start=remote_start)
        if place.outlet.connector is None:
            place.connect.rearm(self._rules.connect_within)
        self._charger.allow(place.evse, token)
        self._changed(place)

    def _free(self, evse: int | None) -> Place | None:
        """The EVSE asked for, or one with a vehicle, or any, as long as nobody charges there."""
        free = [
            place
            for place in self._places.values()
            if evse in {None, place.evse}
            and place.outlet.token is None
            and place.asked is None
            and not place.fault
        ]
        plugged = [place for place in free if place.outlet.connector is not None]
        return next(iter(plugged or free), None)

    def _invalid(self, place: Place) -> None:
        rules = self._rules
        if rules.stop_on_invalid:
            self.stop(place, Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)
        elif rules.max_energy > 0 and place.outlet.charging is ChargingState.CHARGING:
            place.grace = rules.max_energy
        else:
            self._suspend(place)

    def _suspend(self, place: Place) -> None:
        """No more energy, but the transaction stays open [E05.FR.02, E05.FR.03]."""
        place.grace = None
        if Point.ENERGY in self._rules.stop:
            self.stop(place, Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)
            return
        place.outlet.pause(by_vehicle=False)
        self._charger.stop(place.evse, Stop.DEAUTHORIZED)
        self._changed(place)


def _is_meant(place: Place, stop: RemoteStop) -> bool:
    ours = place.outlet.transaction
    if ours is None:
        return False
    if stop.remote_id is not None:
        return place.names.get(stop.remote_id) == ours
    return stop.transaction == ours
