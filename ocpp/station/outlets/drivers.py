"""Who may charge: tokens at the outlet, calls of the back end, and what it says afterwards.

Owns the way from a token to an authorization and back.  Whom it may ask, and whether now, comes in
as a function.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ocpp.catalogue import Message
from ocpp.station.authorization.judge import Judge
from ocpp.station.contracts.shown import Contract
from ocpp.station.display.cost import Cost
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.points import Point
from ocpp.station.outlets.reservation import Reservations
from ocpp.station.records import ChargingState, Stop, Token, Trigger
from ocpp.station.translation import RemoteStart, RemoteStop, Standing, Translator, Verdict


@dataclass(frozen=True, slots=True)
class Agreed:
    """What to do once the answer was given, and where; a transaction there before [F01.FR.13]."""

    then: Callable[[], None]
    place: Place
    transaction: str | None = None

    def withdraw(self) -> None:
        """It is not answered with yes after all."""
        self.place.asked = None


class Drivers:
    """All outlets' drivers."""

    def __init__(
        self,
        ground: Ground,
        *,
        judge: Judge,
        reservations: Reservations,
        cost: Cost,
        usable: Callable[[int, Verdict], bool],
        changed: Callable[[Place], None],
    ) -> None:
        self._ground = ground
        self._places = ground.places
        self._charger = ground.charger
        self._judge = judge
        self._reservations = reservations
        self._cost = cost
        self._usable = usable  # all that the verdict says of this outlet can be kept to
        self._changed = changed

    def presented(self, place: Place, token: Token, contract: Contract | None = None) -> None:
        """A driver shows a token: to start, or to stop what runs here; or a vehicle a contract."""
        present = place.outlet.token
        if present is not None and present.same_as(token):
            self.stop(place, Trigger.STOPPED, Stop.LOCAL, token)
        elif _serves_no_more(place):
            self._charger.refuse(place.evse, token, Verdict(Standing.NOT_NOW))
        elif place.asked is None:
            place.asked = token
            self._authorize(token, partial(self._judged, place, token), contract)

    def stop(self, place: Place, trigger: Trigger, stop: Stop, token: Token | None = None) -> None:
        """The authorization ends, and energy with it."""
        place.connect.cancel()
        place.outlet.deauthorize(trigger, stop, token=token)
        self._charger.stop(place.evse, stop)
        self._changed(place)

    def declined(self, place: Place) -> None:
        """The driver who was let in does not want to pay that [I07.FR.30, I08.FR.20]."""
        self.stop(place, Trigger.TARIFF_REFUSED, Stop.DEAUTHORIZED)

    def timed_out(self, place: Place) -> None:
        """Nobody plugged in."""
        place.outlet.time_out()
        self._charger.stop(place.evse, Stop.TIMEOUT)
        self._changed(place)

    def learned(self, place: Place, verdict: Verdict) -> None:
        """What the back end thinks of the driver of the transaction that runs here [E05]."""
        if place.outlet.token is not None:
            self._judge.learn(place.outlet.token, verdict, of_event=True)
        if not verdict.at(place.evse).accepted:
            self._invalid(place)
        elif place.outlet.token is not None and verdict.group is not None:
            token = place.outlet.token
            place.outlet.token = replace(token, group=verdict.group)

    def measured(self, place: Place) -> None:
        """Whether the energy left to a driver who was refused is used up."""
        if place.grace is not None and place.outlet.since_begin_wh >= place.grace:
            self._suspend(place)

    def remote_start(self, start: RemoteStart) -> "Agreed | None":
        """What to do after saying yes; ``None`` if the answer is no."""
        place = self._free(start.evse, start.token)
        if place is None:
            return None
        place.asked = start.token
        runs = None if place.outlet.ending else place.outlet.transaction
        return Agreed(partial(self._start, place, start), place, runs)

    def remote_stop(self, stop: RemoteStop) -> "Agreed | None":
        """The same."""
        place = next((each for each in self._places.values() if _is_meant(each, stop)), None)
        if place is None:
            return None
        return Agreed(partial(self.stop, place, Trigger.REMOTE_STOP, Stop.REMOTE), place)

    def _authorize(
        self, token: Token, done: Callable[[Verdict], None], contract: Contract | None = None
    ) -> None:
        """Ask the back end, or decide alone: it cannot be asked, or need not [C07, C12 to C15].

        A contract is always asked about: only the back end hears that it was taken back.
        """
        translator = self._online
        if translator is None:
            done(self._offline(token, contract))
            return
        known = self._judge.online(token) if contract is None else None
        if known is not None:
            done(known)
            return

        def answered(answer: Message | None) -> None:
            if answer is not None:
                verdict = translator.verdict(answer)
                if verdict is not None:
                    self._judge.learn(token, verdict)
                    done(verdict)
                else:
                    self._without_chain(token, contract, done)
            elif self._online is None:  # lost with the line
                done(self._offline(token, contract))
            elif request[0] != "Authorize":
                self._without_chain(token, contract, done)
            else:
                done(Verdict(Standing.UNKNOWN))

        request = translator.authorize(token, contract)
        self._ground.questions.ask(request, answered)

    @property
    def _online(self) -> Translator | None:
        """The translator while the back end may be asked."""
        return self._ground.translator if self._ground.online else None

    def _offline(self, token: Token, contract: Contract | None) -> Verdict:
        if contract is None:
            return self._judge.offline(token)
        return self._judge.contract_offline(token, contract)

    def _without_chain(
        self, token: Token, contract: Contract | None, done: Callable[[Verdict], None]
    ) -> None:
        """A back end that knows no contracts is asked for the eMAID, if the chain is good here."""
        if contract is None or not contract.judged:
            done(Verdict(Standing.INVALID, certificate="CertChainError"))
        else:
            self._authorize(token, done)

    def _judged(self, place: Place, token: Token, verdict: Verdict) -> None:
        """A local driver's token has its verdict."""
        place.asked = None
        verdict = verdict.at(place.evse)
        known = replace(token, group=verdict.group)
        present = place.outlet.token
        if verdict.accepted and self._judge.is_master(verdict.group):
            self._master(place, known)
        elif not verdict.accepted or (present is not None and not present.same_group(known)):
            self._charger.refuse(place.evse, token, verdict)
        elif present is not None:
            self.stop(place, Trigger.STOPPED, Stop.LOCAL, known)
        elif _serves_no_more(place) or self._reservations.objects(place, known):
            self._charger.refuse(place.evse, token, Verdict(Standing.NOT_NOW))
        elif not self._usable(place.evse, verdict):
            self._charger.refuse(place.evse, token, Verdict(Standing.INVALID))
        else:
            self._allow(place, known)
            self._cost.authorized(place, verdict.text)

    def _master(self, place: Place, token: Token) -> None:
        """Without a display to choose from, all transactions end [C16.FR.02, C16.FR.03]."""
        running = [each for each in self._places.values() if each.outlet.token is not None]
        for each in running:
            self.stop(each, Trigger.STOPPED, Stop.MASTER_PASS, token)
        if place not in running:
            self._charger.refuse(place.evse, token, Verdict(Standing.NOT_NOW))

    def _start(self, place: Place, start: RemoteStart) -> None:
        asks = self._ground.model.flag("AuthCtrlr", "AuthorizeRemoteStart")
        if not asks or start.token.kind == "Central":
            place.asked = None
            self._allow(place, start.token, start.remote_start)
        else:
            self._authorize(start.token, partial(self._judged_remote, place, start))

    def _judged_remote(self, place: Place, start: RemoteStart, verdict: Verdict) -> None:
        place.asked = None
        verdict = verdict.at(place.evse)
        if verdict.accepted and _serves_no_more(place):
            self._charger.refuse(place.evse, start.token, Verdict(Standing.NOT_NOW))
        elif verdict.accepted and not self._usable(place.evse, verdict):
            self._charger.refuse(place.evse, start.token, Verdict(Standing.INVALID))
        elif verdict.accepted:
            group = verdict.group or start.token.group
            token = replace(start.token, group=group)
            self._allow(place, token, start.remote_start)
        else:
            self._charger.refuse(place.evse, start.token, verdict)
        self._changed(place)

    def _allow(self, place: Place, token: Token, remote_start: int | None = None) -> None:
        reservation = self._reservations.claim(place, token)
        place.outlet.authorize(token, remote_start=remote_start, reservation=reservation)
        if place.outlet.connector is None:
            place.connect.rearm(place.outlet.rules.connect_within)
        self._charger.allow(place.evse, token)
        self._changed(place)

    def _free(self, evse: int | None, token: Token) -> Place | None:
        """The EVSE asked for, or one with a vehicle, or any, as long as nobody charges there."""
        free = [
            place
            for place in self._places.values()
            if evse in {None, place.evse}
            and place.outlet.token is None
            and place.asked is None
            and not (place.fault or place.inoperative or place.waits)
            and not self._reservations.objects(place, token)
        ]
        plugged = [place for place in free if place.outlet.connector is not None]
        return next(iter(plugged or free), None)

    def _invalid(self, place: Place) -> None:
        rules = place.outlet.rules
        if rules.stop_on_invalid:
            self.stop(place, Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)
        elif rules.max_energy > 0 and place.outlet.charging is ChargingState.CHARGING:
            place.grace = rules.max_energy
        else:
            self._suspend(place)

    def _suspend(self, place: Place) -> None:
        """No more energy, but the transaction stays open [E05.FR.02, E05.FR.03]."""
        place.grace = None
        if Point.ENERGY in place.outlet.rules.stop:
            self.stop(place, Trigger.DEAUTHORIZED, Stop.DEAUTHORIZED)
            return
        place.outlet.pause(by_vehicle=False)
        self._charger.stop(place.evse, Stop.DEAUTHORIZED)
        self._changed(place)


def _serves_no_more(place: Place) -> bool:
    """Asked again with each verdict: much may happen while the back end is asked."""
    return place.inoperative or place.fault


def _is_meant(place: Place, stop: RemoteStop) -> bool:
    ours = place.outlet.transaction
    if ours is None:
        return False
    if stop.remote_id is not None:
        return place.names.get(stop.remote_id) == ours
    return stop.transaction == ours
