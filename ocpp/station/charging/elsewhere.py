"""Limits from elsewhere than the back end: the site's own, held at once and announced [K11 to K13].

They stand among the profiles as external constraints with negative numbers, which no back end
sets or clears.
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


class Elsewhere:
    """The block.  ``book`` is asked each time: there is one of it for the whole station."""

    def __init__(self, ground: Ground, book: Callable[[], Book]) -> None:
        self._ground = ground
        self._book = book
        self._told: dict[Source, float] = {}  # watts

    def limit(self, source: Source, watts: float) -> None:
        """The whole station may draw so much from now on."""
        wire: Json = {
            "id": _NUMBERS[source],
            "stackLevel": 0,
            "chargingProfilePurpose": Purpose.EXTERNAL.value,
            "chargingProfileKind": Kind.RELATIVE.value,
            "chargingSchedule": [
                {
                    "id": abs(_NUMBERS[source]),
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": tenth(watts)}],
                }
            ],
        }
        self._book().impose(
            Profile(
                id=_NUMBERS[source],
                evse=0,
                level=0,
                purpose=Purpose.EXTERNAL,
                kind=Kind.RELATIVE,
                schedules=(Schedule("W", (Period(0, watts),)),),
                source=source,
                wire=wire,
            )
        )
        if self._is_news(source, watts):
            self._told[source] = watts
            self._announce(source, wire)

    def lift(self, source: Source) -> None:
        """That limit is gone."""
        if not self._book().lift(source, 0):
            return
        self._told.pop(source, None)
        if self._speaks:
            self._ground.tell("ClearedChargingLimit", {"chargingLimitSource": source})
        self._tell_rates()

    @property
    def _speaks(self) -> bool:
        return self._ground.version not in {None, Version.V16}

    def _is_news(self, source: Source, watts: float) -> bool:
        """By more than LimitChangeSignificance per cent of what was told before [K11.FR.02]."""
        before = self._told.get(source)
        if before is None:
            return True
        share = self._ground.model.number(CONTROLLER, "LimitChangeSignificance")
        return abs(watts - before) * 100 > share * before

    def _announce(self, source: Source, wire: Json) -> None:
        fields: Json = {"chargingLimit": {"chargingLimitSource": source}}
        if self._ground.model.flag(CONTROLLER, "NotifyChargingLimitWithSchedules"):
            fields["chargingSchedule"] = wire["chargingSchedule"]
        if self._speaks:
            self._ground.tell("NotifyChargingLimit", fields)
        self._tell_rates()

    def _tell_rates(self) -> None:
        """Transactions go on at another rate [K11.FR.04, K13.FR.03]."""
        for place in self._ground.places.values():
            place.outlet.measure(Trigger.RATE_CHANGED)
