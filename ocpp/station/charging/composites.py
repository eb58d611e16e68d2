"""GetCompositeSchedule: what all profiles together allow, at one outlet or at all [K08]."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.charging.composite import Running, Supply, composite, together
from ocpp.station.charging.profiles import DAY, Profile
from ocpp.station.charging.wire import Json, shown, tenth, told_composite
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.twoway.grid import Grid
from ocpp.versions import Version

LONGEST: Final = 7 * DAY
"""Seconds of a composite schedule; who asks for more gets so much."""
MOST_PERIODS: Final = 1024


class Composites:
    """The answers.  ``present`` gives the profiles that hold at an outlet, or the station's (0)."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        supplies: Mapping[int, Supply],
        *,
        running: Callable[[int], Running | None],
        present: Callable[[int], Sequence[Profile]],
        grid: Callable[[int], Grid],
    ) -> None:
        self._ground = ground
        self._supplies = supplies
        self._running = running
        self._present = present
        self._grid = grid
        desk.take({"GetCompositeSchedule": self._composite_2})
        desk.take({"GetCompositeSchedule": self._composite_16}, versions=ONLY_16)

    def _composite_2(self, message: Message) -> Reply:
        unit = None if message.chargingRateUnit is UNSET else message.chargingRateUnit
        found = self._composite(message.evseId, message.duration, unit)
        if found is None:
            return Reply(status("Rejected", "UnknownEvse", f"no EVSE {message.evseId}"))
        periods, start, used = found
        schedule = {
            "evseId": message.evseId,
            "duration": min(message.duration, int(LONGEST)),
            "scheduleStart": shown(start),
            "chargingRateUnit": used,
            "chargingSchedulePeriod": periods,
        }
        return Reply({**ACCEPTED, "schedule": schedule})

    def _composite_16(self, message: Message) -> Reply:
        unit = None if message.chargingRateUnit is UNSET else message.chargingRateUnit
        found = self._composite(message.connectorId, message.duration, unit)
        if found is None:
            return Reply(REJECTED)
        periods, start, used = found
        schedule = {
            "duration": min(message.duration, int(LONGEST)),
            "startSchedule": shown(start),
            "chargingRateUnit": used,
            "chargingSchedulePeriod": periods,
        }
        where = {"connectorId": message.connectorId, "scheduleStart": shown(start)}
        return Reply({**ACCEPTED, **where, "chargingSchedule": schedule})

    def _composite(
        self, evse: int, duration: int, unit: str | None
    ) -> tuple[list[Json], float, str] | None:
        """Periods, beginning and unit."""
        now = self._ground.seconds
        window = (now, now + max(1, min(duration, LONGEST)))
        if evse == 0:
            return self._composite_of_all(window, unit)
        if evse not in self._supplies:
            return None
        supply = self._supplies[evse]
        running, grid = self._running(evse), self._grid(evse)
        spans = composite(window, evse, self._present(evse), supply, running, grid=grid)
        used = unit or ("W" if supply.dc else "A")
        version = self._ground.version
        newest, phases = version is Version.V21, version is not Version.V16
        periods = told_composite(spans, supply, used, phases=phases, modes=newest)
        return periods[:MOST_PERIODS], now, used

    def _composite_of_all(
        self, window: tuple[float, float], unit: str | None
    ) -> tuple[list[Json], float, str]:
        outlets = {evse: self._running(evse) for evse in self._supplies}
        rows = together(window, outlets, self._present, self._supplies)
        used = unit or "W"
        supply = next(iter(self._supplies.values()))
        periods = [
            {
                "startPeriod": int(begin - window[0] + 1e-6),
                "limit": tenth(watts if used == "W" else supply.per_phase(watts, supply.phases)),
            }
            for begin, _, watts in rows
        ]
        return periods[:MOST_PERIODS], window[0], used
