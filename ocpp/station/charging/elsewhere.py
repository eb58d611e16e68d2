"""What the site says, not the back end: its limits and its own power [K11 to K13, K27].

Both hold at once and are announced.  They stand among the profiles as external constraints and as
local generation, with negative numbers, which no back end sets or clears.
"""

from collections.abc import Callable
from typing import Final, Literal

from ocpp.station.charging.book import Book
from ocpp.station.charging.profiles import Kind, Period, Profile, Purpose, Schedule
from ocpp.station.charging.wire import Json, tenth
from ocpp.station.ground import Ground
from ocpp.station.records import Trigger
from ocpp.versions import Version

CONTROLLER: Final = "SmartChargingCtrlr"
Source = Literal["EMS", "SO", "Other"]
_NUMBERS: Final[dict[Source, int]] = {"EMS": -1, "SO": -2, "Other": -3}
_OF_GENERATION: Final = -3
"""More than those of limits."""


class Elsewhere:
    """The block.  ``book`` is asked each time: there is one of it for the whole station."""

    def __init__(self, ground: Ground, book: Callable[[], Book]) -> None:
        self._ground = ground
        self._book = book
        self._told: dict[tuple[Source, Purpose], float] = {}  # watts

    def limit(self, source: Source, watts: float) -> None:
        """The whole station may draw so much from now on, if the back end allows such limits."""
        if not self._ground.model.flag(CONTROLLER, "ExternalConstraintsProfileDisallowed"):
            self._impose(source, Purpose.EXTERNAL, watts)  # [K11.FR.07]

    def generate(self, source: Source, watts: float) -> None:
        """So much is made here now, and may be drawn on top of all limits [K27.FR.01]."""
        self._impose(source, Purpose.LOCAL, watts)

    def lift(self, source: Source) -> None:
        """That limit is gone."""
        if not self._book().lift(source, Purpose.EXTERNAL):
            return
        self._told.pop((source, Purpose.EXTERNAL), None)
        if self._speaks:
            self._ground.tell("ClearedChargingLimit", {"chargingLimitSource": source})
        self._tell_rates()

    def _impose(self, source: Source, purpose: Purpose, watts: float) -> None:
        number = _NUMBERS[source] + (_OF_GENERATION if purpose is Purpose.LOCAL else 0)
        wire: Json = {
            "id": number,
            "stackLevel": 0,
            "chargingProfilePurpose": purpose.value,
            "chargingProfileKind": Kind.RELATIVE.value,
            "chargingSchedule": [
                {
                    "id": abs(number),
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": tenth(watts)}],
                }
            ],
        }
        self._book().impose(
            Profile(
                id=number,
                evse=0,
                level=0,
                purpose=purpose,
                kind=Kind.RELATIVE,
                schedules=(Schedule("W", (Period(0, watts),)),),
                source=source,
                wire=wire,
            )
        )
        if self._is_news((source, purpose), watts):
            self._told[source, purpose] = watts
            self._announce(source, purpose, wire)

    @property
    def _speaks(self) -> bool:
        return self._ground.version not in {None, Version.V16}

    def _is_news(self, what: tuple[Source, Purpose], watts: float) -> bool:
        """By more than LimitChangeSignificance per cent of what was told before [K11.FR.02]."""
        before = self._told.get(what)
        if before is None:
            return True
        share = self._ground.model.number(CONTROLLER, "LimitChangeSignificance")
        return abs(watts - before) * 100 > share * before

    def _announce(self, source: Source, purpose: Purpose, wire: Json) -> None:
        """Only 2.1 can tell a limit from power of one's own [K27.FR.03]."""
        own = purpose is Purpose.LOCAL
        more = {"isLocalGeneration": True} if own else {}
        fields: Json = {"chargingLimit": {"chargingLimitSource": source, **more}}
        if self._ground.model.flag(CONTROLLER, "NotifyChargingLimitWithSchedules"):
            fields["chargingSchedule"] = wire["chargingSchedule"]
        if self._speaks and (not own or self._ground.version is Version.V21):
            self._ground.tell("NotifyChargingLimit", fields)
        self._tell_rates()

    def _tell_rates(self) -> None:
        """Transactions go on at another rate [K11.FR.04, K13.FR.03]."""
        for place in self._ground.places.values():
            place.outlet.measure(Trigger.RATE_CHANGED)
