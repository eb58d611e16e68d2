"""Dynamic profiles: what renews them, sent by the back end or asked for by the station [K28]."""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import UNSET

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.catalogue import Message
from ocpp.station.charging.book import Book
from ocpp.station.charging.profiles import Kind, Profile
from ocpp.station.charging.wire import Json, period_of, sent, updated
from ocpp.station.desk import ACCEPTED, ONLY_21, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.twoway.modes import Refusal, changed
from ocpp.versions import Version

LEAST: Final = 1
"""Seconds between two questions, whatever a profile says."""


class Dynamic:
    """The block.  ``book`` is asked each time: there is one of it for the whole station."""

    def __init__(self, desk: Desk, ground: Ground, book: Callable[[], Book]) -> None:
        self._ground = ground
        self._book = book
        self._alarms: dict[int, Alarm] = {}
        self._every: dict[int, float] = {}
        desk.take({"UpdateDynamicSchedule": self._update}, versions=ONLY_21)

    def close(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    def look(self, held: tuple[Profile, ...]) -> None:
        """After each change: when which profile is to be renewed [K28.FR.10]."""
        now = self._ground.seconds
        wanted = {each.id: each for each in held if _every(each)}
        for gone in self._alarms.keys() - wanted.keys():
            self._alarms.pop(gone).cancel()
        for number, profile in wanted.items():
            alarm = self._alarms.get(number)
            if alarm is None:
                ask = partial(self._ask, number)
                alarm = self._alarms[number] = self._ground.scheduler.alarm(ask, name="ocpp.pull")
            every = self._every[number] = _every(profile)
            since = now if profile.updated is None else profile.updated
            if not alarm.armed or since + every > now:
                alarm.rearm(max(1, round((since + every - now) * S)))

    def _ask(self, number: int) -> None:
        """Again after the interval, also without an answer: the line may be away."""
        self._alarms[number].rearm(round(self._every[number] * S))
        if self._ground.version is Version.V21:
            self._ground.ask(
                "PullDynamicScheduleUpdate",
                {"chargingProfileId": number},
                partial(self._answered, number),
            )

    def _answered(self, number: int, answer: Message | None) -> None:
        """[K28.FR.08]."""
        if answer is None or answer.status != "Accepted" or answer.scheduleUpdate is UNSET:
            return
        refusal = self._change(number, sent(answer.scheduleUpdate))
        if refusal is not None:
            why = refusal.why
            self._ground.log.warning("schedule update refused", profile=number, why=why)

    def _update(self, message: Message) -> Reply:
        refusal = self._change(message.chargingProfileId, sent(message.scheduleUpdate))
        if refusal is None:
            return Reply(ACCEPTED)
        return Reply(status("Rejected", refusal.reason, refusal.why))

    def _change(self, number: int, change: Json) -> Refusal | None:
        """Of a dynamic profile's one period [K28.FR.06, K28.FR.09, K28.FR.11]."""
        now, book = self._ground.seconds, self._book()
        found = next((each for each in book.held if each.id == number), None)
        if found is None or found.kind is not Kind.DYNAMIC:
            return Refusal("InvalidProfile", f"no dynamic profile {number} is held")
        (schedule,) = found.wire["chargingSchedule"]
        (period,) = schedule["chargingSchedulePeriod"]
        refusal = changed(period, change)
        if refusal is not None:
            return refusal
        wire = updated(dict(found.wire), change, now)
        return book.update(number, period_of(wire), now, wire)


def _every(profile: Profile) -> float:
    """Seconds; 0: it is not pulled."""
    every = float(profile.wire.get("dynUpdateInterval", 0))
    return max(every, LEAST) if profile.kind is Kind.DYNAMIC and every > 0 else 0.0
