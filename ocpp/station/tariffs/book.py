"""Default tariffs by outlet: which holds now, which waits for its day [I07, I09, I10].

Owns what is remembered of them over a restart.
"""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, Final

import msgspec

from ocpp.station.memory import Memory
from ocpp.station.tariffs.tariff import Tariff, read

KEPT: Final = "tariffs"


class Kept(msgspec.Struct, frozen=True):
    """One tariff at one outlet; ``since`` in seconds since 1970, 0: from when it came."""

    evse: int
    since: float
    wire: dict[str, Any]

    @property
    def tariff(self) -> Tariff:
        return read(self.wire)


class Book:
    """All that are installed."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._kept = memory.read(KEPT, list[Kept], [])

    def has(self, name: str) -> bool:
        return any(each.tariff.tariff_id == name for each in self._kept)

    def install(self, evses: Iterable[int], wire: dict[str, Any], now: float) -> None:
        """What begins later waits beside the one that holds [I07.FR.19 to FR.23]."""
        places = tuple(evses)
        begins = read(wire).valid_from
        at = 0.0 if begins is None else _utc(begins).timestamp()
        since = at if at > now else 0.0
        self._kept = [each for each in self._kept if each.evse not in places or each.since != since]
        self._kept += [Kept(evse, since, wire) for evse in places]
        self._write(now)

    def holding(self, evse: int, now: float) -> Tariff | None:
        """The one that began last [I07.FR.14]."""
        found = [each for each in self._kept if each.evse == evse and each.since <= now]
        return max(found, key=lambda each: each.since).tariff if found else None

    def installed(self, evse: int, now: float) -> list[tuple[Tariff, list[int]]]:
        """Each with its outlets; 0: at any of them."""
        self._tidy(now)
        outlets: dict[str, tuple[Tariff, list[int]]] = {}
        for each in self._kept:
            if evse in {0, each.evse}:
                tariff = each.tariff
                outlets.setdefault(tariff.tariff_id, (tariff, []))[1].append(each.evse)
        return list(outlets.values())

    def clear(self, name: str, evse: int | None, now: float) -> None:
        """At one outlet, or at all of them."""
        self._kept = [
            each
            for each in self._kept
            if each.tariff.tariff_id != name or evse not in {None, 0, each.evse}
        ]
        self._write(now)

    def _tidy(self, now: float) -> None:
        """One that has begun takes the place of the older one for good [I07.FR.22]."""
        newest: dict[int, float] = {}
        for each in self._kept:
            if each.since <= now:
                newest[each.evse] = max(each.since, newest.get(each.evse, 0.0))
        self._kept = [each for each in self._kept if each.since >= newest.get(each.evse, 0.0)]

    def _write(self, now: float) -> None:
        self._tidy(now)
        self._memory.write(KEPT, self._kept)


def _utc(when: datetime) -> datetime:
    return when if when.tzinfo is not None else when.replace(tzinfo=timezone.utc)
