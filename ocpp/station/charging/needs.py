"""What vehicles need and choose, on its way to the back end [K15 to K20].

A vehicle may be kept waiting for a schedule that the back end has promised, but not for long.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil, floor
from typing import Any, Final

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.catalogue import Message
from ocpp.station.charging.offers import Offer, Step
from ocpp.station.charging.wire import tenth
from ocpp.station.ground import Ground
from ocpp.versions import Version

WAIT: Final = 50 * S
"""For schedule and answer together; vehicles go on asking for 60 s [K15.FR.07]."""
OLDER_TRANSFERS: Final = {
    **{name: name for name in ("AC_single_phase", "AC_two_phase", "AC_three_phase")},
    **dict.fromkeys(("AC_BPT", "AC_BPT_DER", "AC_DER"), "AC_three_phase"),
}
"""What 2.0.1 calls them; all others are DC."""
DC: Final = "dcChargingParameters"
_PER_CENT: Final = frozenset({"stateOfCharge", "fullSoC", "bulkSoC"})
_UP: Final = frozenset({"energyAmount", "evMinCurrent"})
"""Whole numbers of 2.0.1 that are rounded up: what is needed, and the least."""
OF_PHASES: Final = frozenset({"maxChargePower_L2", "maxChargePower_L3"})
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Needs:
    """``chargingNeeds`` in the words of 2.1, and how many entries the vehicle takes.

    ``newer``: those of a vehicle that speaks -20.
    """

    fields: Mapping[str, Any]
    most: int | None = None
    newer: bool = False


class EvNeeds:
    """The block."""

    def __init__(self, ground: Ground, rejected: Callable[[int, str], None]) -> None:
        """``rejected``: the back end does not want the transfer a vehicle of -20 asks for."""
        self._ground = ground
        self._rejected = rejected
        self._waiting: dict[int, Callable[[], None]] = {}
        self._apart: set[int] = set()
        self._alarms: dict[int, Alarm] = {
            evse: ground.scheduler.alarm(partial(self.arrived, evse), name="ocpp.needs")
            for evse in ground.places
        }

    def apart(self, evse: int) -> bool:
        """Whether the vehicle there has told what its phases take each for itself [K01.FR.142]."""
        return evse in self._apart

    def ended(self, evse: int) -> None:
        """That vehicle's transaction is over."""
        self._apart.discard(evse)

    def close(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()

    def tell(self, evse: int, needs: Needs, done: Callable[[], None]) -> None:
        """``done`` once there is a schedule, or nothing more to wait for."""
        version = self._ground.version
        newer = needs.fields.get("v2xChargingParameters", {})
        if not OF_PHASES.isdisjoint(newer):
            self._apart.add(evse)
        if version is None or version is Version.V16 or not self._ground.online:
            done()
            return
        fields: Json = {"evseId": evse, "chargingNeeds": _in(version, needs.fields)}
        if needs.most is not None:
            fields["maxScheduleTuples"] = needs.most
        self._waiting[evse] = done
        self._alarms[evse].rearm(WAIT)
        done_with = partial(self._answered, evse, needs)
        self._ground.ask("NotifyEVChargingNeeds", fields, done_with)

    def arrived(self, evse: int) -> None:
        """The schedule is there, or the time is up."""
        self._alarms[evse].cancel()
        done = self._waiting.pop(evse, None)
        if done is not None:
            done()

    def chosen(self, evse: int, offer: Offer, steps: tuple[Step, ...]) -> None:
        """The vehicle's own course, or, where it has none, what it has chosen [K15.FR.19]."""
        version = self._ground.version
        if version is None or version is Version.V16:
            return
        periods = [{"startPeriod": step.start, "limit": tenth(step.watts)} for step in steps]
        schedule: Json = {
            "id": offer.schedule,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": periods,
        }
        fields: Json = {
            "timeBase": self._ground.stamp(),
            "evseId": evse,
            "chargingSchedule": schedule,
        }
        if version is Version.V21 and offer.schedule:
            fields["selectedChargingScheduleId"] = offer.schedule
        self._ground.ask("NotifyEVChargingSchedule", fields, self._noted)

    def _answered(self, evse: int, needs: Needs, answer: Message | None) -> None:
        """Only a schedule that is promised now is waited for [K15.FR.03 to FR.05].

        To a vehicle of -20, Rejected means that its transfer is not wanted [K18.FR.22, K19.FR.15].
        """
        newest = self._ground.version is Version.V21
        if answer is not None and answer.status == "Rejected" and needs.newer and newest:
            self._rejected(evse, needs.fields["requestedEnergyTransfer"])
        if answer is None or answer.status != "Accepted":
            self.arrived(evse)

    def _noted(self, answer: Message | None) -> None:
        """A back end that does not like it sends another profile [K15.FR.12]."""
        if answer is not None and answer.status == "Rejected":
            self._ground.log.warning("vehicle's schedule not liked")


def _in(version: Version, fields: Mapping[str, Any]) -> Json:
    """2.0.1 knows whole numbers and four kinds of transfer, and no mode of control.

    2.1 has whole per cent alone.
    """
    if version is Version.V21:
        dc = {
            key: floor(value) if key in _PER_CENT else value
            for key, value in fields.get(DC, {}).items()
        }
        return {**fields, **({DC: dc} if dc else {})}
    transfer = OLDER_TRANSFERS.get(fields["requestedEnergyTransfer"], "DC")
    kept: Json = {"requestedEnergyTransfer": transfer}
    if "departureTime" in fields:
        kept["departureTime"] = fields["departureTime"]
    for name in ("acChargingParameters", DC):
        if name in fields:
            kept[name] = {key: _whole(key, value) for key, value in fields[name].items()}
    return kept


def _whole(name: str, value: float) -> int:
    return ceil(value) if name in _UP else floor(value)
