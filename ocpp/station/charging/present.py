"""Which profiles hold at an outlet now, and how: late by chance, capped by charge, silent offline.

The book has them as they came; limits, composites and offers are made of what this gives.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from bsw.os.clock import S
from ocpp.station.charging.profiles import Profile, Schedule
from ocpp.station.ground import Ground

SOC: Final = "SoC"
LOOK_EVERY: Final = 10.0
"""Seconds after which a state of charge is looked at again that a profile waits for."""


class Present:
    """All outlets'.  ``transaction`` tells what runs at one."""

    def __init__(self, ground: Ground, transaction: Callable[[int], str | None]) -> None:
        self._ground = ground
        self._transaction = transaction
        self._lost_at: int | None = ground.scheduler.now

    def lost(self) -> None:
        """The back end cannot be heard any more."""
        if self._lost_at is None:
            self._lost_at = self._ground.scheduler.now

    def back(self, held: Iterable[Profile]) -> tuple[Profile, ...]:
        """It can be heard again; these were silent for too long to hold once more [K01.FR.102]."""
        gone = tuple(each for each in held if each.forgotten and self._silent(each))
        self._lost_at = None
        return gone

    def at(self, evse: int, held: Iterable[Profile]) -> tuple[Profile, ...]:
        """Of those that are held; for no outlet (0) as they are for the whole station."""
        transaction = self._transaction(evse) if evse else None
        return tuple(
            self._shaped(each, evse, transaction) for each in held if not self._silent(each)
        )

    def within(self, held: Iterable[Profile], evses: Iterable[int]) -> list[float]:
        """Seconds until something of it may be otherwise, the calendar aside."""
        profiles = tuple(held)
        found = [left for each in profiles if (left := self._left(each)) is not None and left > 0]
        running = any(self._transaction(evse) is not None for evse in evses)
        capped = any(one.cap is not None for each in profiles for one in each.schedules)
        return [*found, LOOK_EVERY] if running and capped else found

    def _left(self, profile: Profile) -> float | None:
        """Seconds until it is silent because the back end is."""
        if self._lost_at is None or profile.offline is None:
            return None
        return profile.offline - (self._ground.scheduler.now - self._lost_at) / S

    def _silent(self, profile: Profile) -> bool:
        left = self._left(profile)
        return left is not None and left <= 0

    def _shaped(self, profile: Profile, evse: int, transaction: str | None) -> Profile:
        if not any(one.delay or one.cap is not None for one in profile.schedules):
            return profile

        def shape(one: Schedule) -> Schedule:
            if transaction is not None:
                one = _late(one, f"{transaction}/{profile.id}/{profile.came}")
            return self._capped(one, evse)

        chosen = None if profile.chosen is None else shape(profile.chosen)
        return replace(profile, schedules=tuple(map(shape, profile.schedules)), chosen=chosen)

    def _capped(self, schedule: Schedule, evse: int) -> Schedule:
        """[K01.FR.100]."""
        cap, soc = schedule.cap, self._soc(evse)
        if cap is None or soc is None or soc < cap.soc:
            return schedule
        periods = tuple(
            replace(one, limit=cap.limit if one.limit is None else min(one.limit, cap.limit))
            for one in schedule.periods
        )
        return replace(schedule, periods=periods)

    def _soc(self, evse: int) -> float | None:
        samples = self._ground.charger.meter(evse) if evse else ()
        return next((each.value for each in samples if each.measurand == SOC), None)


def _late(schedule: Schedule, chance: str) -> Schedule:
    """Each period but the first, by as much as chance has it for this transaction [K01.FR.92].

    The transaction's id is random; what is drawn from it stays the same as long as it runs.
    """
    first, *others = schedule.periods
    late = [
        _drawn(f"{chance}/{schedule.number}/{place}", schedule.delay)
        for place in range(len(others))
    ]
    delayed = (replace(one, start=one.start + more) for one, more in zip(others, late, strict=True))
    return replace(schedule, periods=(first, *delayed))


def _drawn(chance: str, most: int) -> int:
    octets = blake2b(chance.encode(), digest_size=8).digest()
    return int.from_bytes(octets, "big") % (most + 1)
