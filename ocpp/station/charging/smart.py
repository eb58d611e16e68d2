"""Smart charging: profiles come in, limits go to the outlets, each when it begins to hold [K].

Owns the book of profiles and what was last told to each outlet.
"""

from collections.abc import Callable
from typing import Final

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.charging.book import RULES, Book, Wanted
from ocpp.station.charging.composite import Limit, Running, limit_at, station_limit
from ocpp.station.charging.composites import Composites
from ocpp.station.charging.course import Course
from ocpp.station.charging.elsewhere import CONTROLLER, Elsewhere, follower
from ocpp.station.charging.keepsakes import keep, kept
from ocpp.station.charging.needs import EvNeeds
from ocpp.station.charging.offering import Offering
from ocpp.station.charging.offers import Step
from ocpp.station.charging.present import Present
from ocpp.station.charging.priority import Priority
from ocpp.station.charging.profiles import DAY, Profile, Purpose
from ocpp.station.charging.sharing import held_down, shared
from ocpp.station.charging.supplies import Supplies
from ocpp.station.charging.wire import Json, known_in, not_kept_to, purpose, read, reported, sent
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.post import Post
from ocpp.station.records import Stop, Trigger
from ocpp.station.twoway.dynamic import Dynamic
from ocpp.station.twoway.grid import Grid
from ocpp.station.twoway.modes import Mode, Refusal, objection
from ocpp.station.twoway.outside import Outside, extra_of
from ocpp.station.twoway.permission import Permission
from ocpp.versions import Version

UPCOMING: Final = "the one that begins"
LOOK_AHEAD: Final = DAY
"""Seconds in which the next change is looked for; none in them: look again after them."""


class SmartCharging:
    """The block.  ``look`` after every change at an outlet."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        post: Post,
        *,
        stop: Callable[[Place, Trigger, Stop], None],
        back_share: Callable[[], float],
        deviates: Callable[[bool], None],
    ) -> None:
        """What the grid leaves of what may be given back, and whether that takes anything away."""
        self._ground = ground
        self._version: Version | None = None  # the last one that was spoken
        self._deviates = deviates
        self._courses = {evse: Course() for evse in ground.places}
        self._expected: dict[int, Json] = {}
        self._alarm = ground.scheduler.alarm(self.refresh, name="ocpp.profile")
        self._supplies = Supplies(ground.charger.supply, tuple(ground.places))
        self.permission = Permission(desk, ground, stop=stop, changed=self.refresh)
        self.needs = EvNeeds(ground, self.permission.rejected)
        self.elsewhere = Elsewhere(
            ground, lambda: self._book, now=lambda: self.now, changed=self.refresh
        )
        self.outside = Outside(
            desk,
            ground,
            order=lambda: self.elsewhere.order,
            signalled=lambda: any(self._signalled(evse) for evse in self._courses),
            changed=self.refresh,
            back_share=back_share,
        )
        self._dynamic = Dynamic(desk, ground, lambda: self._book)
        self._present = Present(ground, lambda evse: self._courses[evse].transaction)
        self.offering = Offering(
            self.needs,
            self._courses,
            self._supplies,
            running=self._running,
            present=self._present.at,
            now=lambda: self.now,
            grid=self._grid,
        )
        self._book = Book(
            self._supplies,
            RULES,
            changed=self._changed,
            held=kept(ground),
            apart=self.needs.apart,
        )
        self.offering.begin(self._book.held)
        Composites(
            desk,
            ground,
            self._supplies,
            running=self._running,
            present=lambda evse: self._present.at(evse, self._book.held),
            grid=self._grid,
        )
        self.priority = Priority(
            desk,
            ground,
            post,
            self._courses,
            held=lambda: self._book.held,
            refresh=self.refresh,
        )
        self._answer(desk)

    def _answer(self, desk: Desk) -> None:
        desk.take(
            {
                "SetChargingProfile": self._set_2,
                "ClearChargingProfile": self._clear_2,
                "GetChargingProfiles": self._get,
            }
        )
        older = {"SetChargingProfile": self._set_16, "ClearChargingProfile": self._clear_16}
        desk.take(older, versions=ONLY_16)

    def lost(self) -> None:
        """The back end cannot be heard: some profiles hold only for so long without it."""
        self._present.lost()
        self.refresh()

    def back(self) -> None:
        """It can be heard again."""
        self._version = self._ground.version
        self._book.forget(self._present.back(self._book.held))
        self.refresh()

    # What happens at the outlets

    def close(self) -> None:
        self._alarm.cancel()
        self.needs.close()
        self.outside.close()
        self._dynamic.close()

    def loaded(self, watts: float) -> None:
        """What the site's meter shows."""
        now = self.now
        modes = {
            evse: (self._limit(evse, now).mode, self._supplies[evse]) for evse in self._courses
        }
        self.outside.loaded(watts, modes)

    def look(self, place: Place) -> None:
        """A transaction may have begun or ended here, or power may flow from now on."""
        course, outlet = self._courses[place.evse], place.outlet
        before = (course.transaction, course.ready)
        if course.transaction is not None and outlet.transaction != course.transaction:
            self.needs.ended(place.evse)
            self.permission.ended(place.evse)
            self._end(course)
        if outlet.token is None:
            if place.asked is None:
                self._expected.pop(place.evse, None)
        elif outlet.transaction is not None:  # it may have been there before its driver
            self._begin(place.evse, outlet.transaction)
        course.transaction = outlet.transaction
        could = outlet.token is not None and outlet.connector is not None
        if could and course.ready is None:
            course.ready = self._ground.scheduler.now
        elif not could:
            course.ready = None
        if (course.transaction, course.ready) != before:
            self.refresh()

    def age(self, evse: int) -> float | None:
        """For how many seconds power could flow to what runs there."""
        ready = self._courses[evse].ready
        return None if ready is None else (self._ground.scheduler.now - ready) / S

    def resume(self, place: Place, age: float | None) -> None:
        """An interrupted transaction goes on, with its profiles [E17.FR.15, B13.FR.31]."""
        course = self._courses[place.evse]
        course.transaction = place.outlet.transaction
        course.ready = None if age is None else self._ground.scheduler.now - round(age * S)

    def gone(self, transaction: str) -> None:
        """It ended with the power, and its profiles with it."""
        self._book.ended(transaction)

    def chosen(self, evse: int, number: int, steps: tuple[Step, ...] | None) -> None:
        """The vehicle has chosen an offer; ``steps`` is its own course, if it has told one."""
        offer = self.offering.chosen(evse, number, steps)
        transaction = self._courses[evse].transaction
        if transaction is not None and self._book.choose(transaction, offer.schedule):
            self.offering.begin(self._book.held)
            self.refresh()

    def expect(self, evse: int, wire: Json) -> Refusal | None:
        """A profile for the transaction that is to be started at an outlet [F01.FR.26, K05]."""
        if wire["chargingProfilePurpose"] != "TxProfile" or "transactionId" in wire:
            return Refusal("InvalidProfile", "it belongs to the transaction that begins")
        refusal = self._unable(wire)
        if refusal is not None:
            return refusal
        wanted = self._read({**wire, "transactionId": UPCOMING}, evse, UPCOMING)
        refusal = self._book.objection(wanted, {evse: UPCOMING})
        if refusal is None:
            self._expected[evse] = wire
        return refusal

    def _begin(self, evse: int, transaction: str) -> None:
        """What was sent ahead for it holds from now on."""
        wire = self._expected.pop(evse, None)
        if wire is None:
            return
        if "chargingProfileId" not in wire:
            wire = {**wire, "transactionId": transaction}
        profile = self._read(wire, evse, transaction)
        refusal = self._book.add(profile, {evse: transaction}, replaces=self._older)
        if refusal is not None:
            self._ground.log.warning("profile refused", profile=profile.id, why=refusal.why)

    def _end(self, course: Course) -> None:
        """Its own profiles go with it, and so does its priority."""
        assert course.transaction is not None
        ended, course.priority = course.transaction, False
        self._book.ended(ended)

    # Limits

    @property
    def now(self) -> float:
        """As the ground has it."""
        return self._ground.seconds

    def refresh(self) -> None:
        """Tell each outlet what holds now, and look again when something else will."""
        now = self.now
        limits = {evse: self._limit(evse, now) for evse in self._courses}
        for evse, limit in self._within_station(limits, now).items():
            course = self._courses[evse]
            if limit != course.limit:
                before, course.limit = course.limit, limit
                self._ground.charger.limit(evse, limit, self._supplies[evse])
                self._mode(evse, before, limit)
        if not any(self._signalled(evse) for evse in self._courses):
            self.outside.forget_signal()
        self._alarm.rearm(self._next(now))
        self._deviates(any(one.limit and one.limit.held_back for one in self._courses.values()))

    def _mode(self, evse: int, before: Limit | None, limit: Limit) -> None:
        """Another mode is told of as soon as it begins [K01.FR.110]."""
        outlet = self._ground.places[evse].outlet
        outlet.mode, outlet.asleep = limit.mode.value, limit.asleep
        outlet.more = extra_of(self._ground.model, limit.mode)
        if limit.mode is not (Mode.CHARGING if before is None else before.mode):
            outlet.measure(Trigger.MODE_CHANGED)

    def _limit(self, evse: int, now: float) -> Limit:
        held, running = self._present.at(evse, self._book.held), self._running(evse)
        return limit_at(now, evse, held, self._supplies[evse], running, grid=self._grid(evse))

    def _grid(self, evse: int) -> Grid:
        """Before 2.1 no back end has a word for giving back: it is left to the site."""
        active = sum(course.transaction is not None for course in self._courses.values())
        free = self._version in {Version.V16, Version.V201}
        return self.outside.grid(evse, active, free=free)

    def _signalled(self, evse: int) -> bool:
        """Whether a curve for the signal counts there now."""
        limit = self._courses[evse].limit
        if limit is None or limit.mode is not Mode.LOCAL_FREQUENCY:
            return False
        running = self._running(evse)
        ready = None if running is None else running.ready
        held = (each for each in self._present.at(evse, self._book.held) if each.evse in {0, evse})
        periods = (each.period_at(self.now, ready) for each in held)
        return any(each is not None and each.v2x.signal for each in periods)

    def _running(self, evse: int) -> Running | None:
        course = self._courses[evse]
        if course.transaction is None:
            return None
        ready = course.ready
        age = None if ready is None else (self._ground.scheduler.now - ready) / 1e9
        began = None if age is None else self.now - age
        gives = self.permission.gives(evse)
        return Running(course.transaction, began, priority=course.priority, gives=gives)

    def _within_station(self, limits: dict[int, Limit], now: float) -> dict[int, Limit]:
        """What the whole station may draw, shared by the outlets that run [K04.FR.05]."""
        total = station_limit(now, self._present.at(0, self._book.held), self._supplies)
        active = [evse for evse, course in self._courses.items() if course.transaction is not None]
        if total is None or len(active) < 2:
            return limits
        supplies = self._supplies
        wanted = {
            evse: supplies[evse].watts(limits[evse].amperes, limits[evse].phases) for evse in active
        }
        return {**limits, **held_down(limits, shared(total, wanted), supplies)}

    def _next(self, now: float) -> int:
        """Nanoseconds until some profile says something else."""
        end = now + LOOK_AHEAD
        borders = {end}
        for evse in self._courses:
            running = self._running(evse)
            ready = None if running is None else running.ready
            for profile in self._present.at(evse, self._book.held):
                if profile.evse in {0, evse}:
                    borders |= profile.borders(now, end, ready)
        borders |= {now + each for each in self._present.within(self._book.held, self._courses)}
        return max(1, round((min(borders) - now) * S))

    def _changed(self, held: tuple[Profile, ...]) -> None:
        keep(self._ground, held)
        self._dynamic.look(held)
        self.refresh()
        for evse in self.offering.changed(held):
            self._ground.charger.offered(evse)

    # The back end's calls

    @property
    def _older(self) -> bool:
        return self._ground.version is Version.V16

    @property
    def _transactions(self) -> dict[int, str | None]:
        return {evse: course.transaction for evse, course in self._courses.items()}

    def _take(self, profile: Profile, *, replaces: bool) -> Refusal | None:
        refusal = self._unable(dict(profile.wire)) or self._reserved(profile)
        if refusal is not None:
            return refusal
        profile = follower(profile, self.elsewhere.order, self.now)
        refusal = self._book.add(profile, self._transactions, replaces=replaces)
        if refusal is None and profile.purpose is Purpose.TRANSACTION:
            self.needs.arrived(profile.evse)
        return refusal

    def _unable(self, wire: Json) -> Refusal | None:
        unable = not_kept_to(wire, lambda name: self._ground.model.flag(CONTROLLER, name))
        if unable:
            return Refusal("InvalidSchedule", f"this station does not have {unable}")
        if self._older:
            return None
        return objection(wire, wire["chargingProfilePurpose"], self.outside.abilities)

    def _reserved(self, profile: Profile) -> Refusal | None:
        """Numbers up to MaxExternalConstraintsId are for limits from elsewhere [K01.FR.81]."""
        most = self._ground.model.get(CONTROLLER, "MaxExternalConstraintsId")
        if most and profile.id <= int(most):
            return Refusal("InvalidProfileId", f"the back end's begin above {most}")
        return None

    def _read(self, wire: Json, evse: int, transaction: str | None = None) -> Profile:
        return read(wire, evse, now=self.now, transaction=transaction, wall=self._ground.wall)

    def _set_2(self, message: Message) -> Reply:
        profile = self._read(sent(message.chargingProfile), message.evseId)
        refusal = self._take(profile, replaces=False)
        if refusal is None:
            return Reply(ACCEPTED)
        return Reply(status("Rejected", refusal.reason, refusal.why))

    def _set_16(self, message: Message) -> Reply:
        wire = sent(message.csChargingProfiles)
        transaction = self._named_16(message.connectorId, wire)
        profile = self._read(wire, message.connectorId, transaction)
        refusal = self._take(profile, replaces=True)
        if refusal is not None:
            self._ground.log.warning("profile refused", profile=profile.id, why=refusal.why)
            return Reply(REJECTED)
        return Reply(ACCEPTED)

    def _named_16(self, connector: int, wire: Json) -> str | None:
        """Our id of the transaction that is meant; without one it is the one that runs there."""
        place = self._ground.places.get(connector)
        if place is None or wire["chargingProfilePurpose"] != "TxProfile":
            return None
        named = wire.get("transactionId")
        if named is None:
            return place.outlet.transaction
        return place.names.get(named, f"unknown {named}")

    def _clear_2(self, message: Message) -> Reply:
        number, criteria = message.chargingProfileId, message.chargingProfileCriteria
        if number is not UNSET:
            return self._cleared(Wanted(ids=(number,)))
        if criteria is UNSET:
            return Reply(status("Unknown"))
        wanted = sent(criteria)
        word = wanted.get("chargingProfilePurpose")
        return self._cleared(
            Wanted(
                evse=wanted.get("evseId"),
                purpose=None if word is None else purpose(word),
                level=wanted.get("stackLevel"),
            )
        )

    def _clear_16(self, message: Message) -> Reply:
        """Without any criterion all of them."""
        wanted = sent(message)
        word = wanted.get("chargingProfilePurpose")
        return self._cleared(
            Wanted(
                ids=(wanted["id"],) if "id" in wanted else (),
                evse=wanted.get("connectorId"),
                purpose=None if word is None else purpose(word),
                level=wanted.get("stackLevel"),
            )
        )

    def _cleared(self, wanted: Wanted) -> Reply:
        return Reply(ACCEPTED if self._book.clear(wanted) else status("Unknown"))

    def _get(self, message: Message) -> Reply:
        criteria = sent(message.chargingProfile)
        word = criteria.get("chargingProfilePurpose")
        wanted = Wanted(
            ids=tuple(criteria.get("chargingProfileId", ())),
            evse=None if message.evseId is UNSET else message.evseId,
            purpose=None if word is None else purpose(word),
            level=criteria.get("stackLevel"),
            sources=tuple(criteria.get("chargingLimitSource", ())),
        )
        found = tuple(
            each for each in self._book.find(wanted) if known_in(self._ground.version, each)
        )
        if not found:
            return Reply(status("NoProfiles"))
        return Reply(ACCEPTED, lambda: self._report(message.requestId, found))

    def _report(self, request: int, found: tuple[Profile, ...]) -> None:
        for fields in reported(request, found, self._ground.version):
            self._ground.tell("ReportChargingProfiles", fields)
