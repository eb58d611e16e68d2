"""What the reception of the vehicle's messages says of its health, as trouble codes.

The codes are named after the messages of the shipped matrices.  A message of an integrator's own
matrix stands for each of those whose values it carries; a code heals when all messages that stand
for it are well.  What follows from a code is decided elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bsw.dem.memory import Dem
from bsw.os.scheduler import Scheduler
from can_adapter.signals import quality
from can_adapter.vehicle.bus import VEHICLE_VALUES, VehicleSignals
from evcc.health import events

CARRIERS: Final = {
    "Permission": "VCU_Permission",
    "VehicleStatus": "VCU_Status",
    "Selection": "VCU_Selection",
    "Contactors": "BMS_Contactors",
    "Targets": "BMS_Targets",
    "Limits": "BMS_Limits",
    "Battery": "BMS_Battery",
    "MobilityNeeds": "EMS_MobilityNeeds",
    "Inlet": "INLET_State",
    "SecondInlet": "INLET2_State",
    "AcLimits": "OBC_Limits",
    "AcPresent": "OBC_Present",
}
"""The shipped message that carries each group of values."""


class ReceptionFaults:
    """``hear`` takes what reception tells; ``look`` is called over and over for what healed."""

    def __init__(self, scheduler: Scheduler, dem: Dem, signals: VehicleSignals) -> None:
        self._scheduler = scheduler
        self._dem = dem
        self._signals = signals
        self._codes = _codes(signals)
        self._failing: dict[str, set[str]] = {}  # messages, by the event they stand for
        self._refused: dict[str, set[str]] = {}  # roles out of range, by shipped message
        self._short: dict[str, int] = {}  # messages too short, since when

    def hear(self, event: quality.ReceptionEvent) -> None:
        match event:
            case quality.TimedOut():
                self._report(events.timeout, event.message, failed=True)
            case quality.Returned():
                self._report(events.timeout, event.message, failed=False)
            case quality.ProtectionLost():
                self._report(events.protection, event.message, event.status.value, failed=True)
            case quality.ProtectionRegained():
                self._report(events.protection, event.message, failed=False)
            case quality.ValueRefused():
                self._refuse(event.role)
            case quality.FrameMalformed():
                self._short[event.message] = self._scheduler.now
                detail = f"{event.length} octets"
                self._report(events.wrong_length, event.message, detail, failed=True)

    @property
    def doubtful(self) -> bool:
        """Something may heal by itself, so that ``look`` has something to look at."""
        return bool(self._refused or self._short)

    def look(self) -> None:
        self._look_at_ranges()
        self._look_at_lengths()

    def _refuse(self, role: str) -> None:
        if role in events.OWN_RANGE:
            return  # a sensor's defect has a row of its own
        message = _carrier(role)
        if message is not None and events.out_of_range(message) in self._dem.events:
            self._refused.setdefault(message, set()).add(role)
            self._dem.failed(events.out_of_range(message), role)

    def _look_at_ranges(self) -> None:
        reading = self._signals.reading
        for message, roles in tuple(self._refused.items()):
            roles &= {role for role in roles if reading(role).quality is quality.Quality.REFUSED}
            self._dem.report(events.out_of_range(message), failed=bool(roles))
            if not roles:
                del self._refused[message]

    def _look_at_lengths(self) -> None:
        """A whole frame after the short one heals."""
        signals = self._signals
        for message, since in tuple(self._short.items()):
            ages = (
                told.age
                for role in signals.roles
                if (told := signals.reading(role)).message == message
            )
            age = next(ages, None)
            if age is not None and self._scheduler.now - age > since:
                self._report(events.wrong_length, message, failed=False)
                del self._short[message]

    def _report(
        self, fault: Callable[[str], str], message: str, detail: str = "", *, failed: bool
    ) -> None:
        for shipped in self._codes.get(message, ()):
            name = fault(shipped)
            if name not in self._dem.events:
                continue
            failing = self._failing.setdefault(name, set())
            (failing.add if failed else failing.discard)(message)
            foreign = "" if message == shipped else message
            words = ": ".join(word for word in (foreign, detail) if word)
            self._dem.report(name, failed=bool(failing), detail=words)


def _codes(signals: VehicleSignals) -> Mapping[str, tuple[str, ...]]:
    """The shipped messages that each message of this bus stands for."""
    found: dict[str, list[str]] = {}
    for role in signals.roles:
        message, carrier = signals.reading(role).message, _carrier(role)
        if message and carrier is not None:
            found.setdefault(message, []).append(carrier)
    return {message: _named(message, carriers) for message, carriers in found.items()}


def _named(message: str, carriers: Iterable[str]) -> tuple[str, ...]:
    return (message,) if message in events.MESSAGES else tuple(dict.fromkeys(carriers))


def _carrier(role: str) -> str | None:
    return CARRIERS.get(VEHICLE_VALUES.roles[role].group)
