"""Three voices, one vehicle: the bus, the north side, and the ECU's own will.

Makes of them the values a session works with.  Where two speak about the same thing, the rule
that is declared with the value says who counts.  Nothing here knows where either comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler
from evcc.north.vehicle import Vehicle
from evcc.vehicle import DECLARED, NOTHING_SAID, STOP, Holds, Intent, Values, VehicleValues


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWill:
    """What the ECU itself adds.  ``mode`` is the agreed one while a session runs."""

    intent: Intent = Intent.CHARGE
    contracts: bool = True
    barred: bool = False
    share: float = 1.0
    mode: str = ""


NO_WILL: Final = OwnWill()


def merge(
    bus: VehicleValues | None, north: Mapping[str, Any], own: OwnWill = NO_WILL
) -> VehicleValues:
    """What holds.  ``None``: there is no bus that says anything, and nothing to compare with."""
    said = dict(north) if bus is None else _agreed(bus, north)
    values = bus or NOTHING_SAID
    intent = STOP.merge(said.get("intent", values.intent), own.intent)
    if intent is not values.intent or "intent" in said:
        said["intent"] = intent
    if own.barred:
        said["permission"] = False
    if own.share < 1.0:
        said["derating"] = min(said.get("derating", values.derating), own.share)
    if not own.contracts:
        said["prefer_contract"] = False
    if own.mode:
        said["mode"] = own.mode
    return values.but(**said) if said else values


def _agreed(bus: VehicleValues, north: Mapping[str, object]) -> dict[str, Any]:
    """What the north side changes of the bus's word."""
    changed = {}
    for name, told in north.items():
        before = getattr(bus, name)
        changed[name] = told if before is None else DECLARED[name].rule.merge(before, told)
    return changed


class MergedValues:
    """``refresh`` after each change of ``bus`` or ``north``; ``now`` is what comes of it.

    ``changed`` hears that there is something new.

    With ``alone`` there is no bus that says anything, and the north side's word is all there is;
    then nobody else sees that its measurements grow old, which ``fresh`` bounds.
    """

    def __init__(
        self,
        bus: Values,
        north: Vehicle,
        scheduler: Scheduler,
        *,
        holds: Holds,
        changed: Action,
        alone: bool = False,
        fresh: int = 0,
    ) -> None:
        self.now: VehicleValues = NOTHING_SAID
        self._bus = bus
        self._holds = holds
        self._changed = changed
        self._north = north
        self._scheduler = scheduler
        self._alone = alone
        self._fresh = fresh
        self._measured_at = scheduler.now
        self._intent, self._contracts, self._running = Intent.CHARGE, True, False
        self._merge()

    def refresh(self) -> None:
        self._merge()
        self._changed()

    def want(self, *, intent: Intent, contracts: bool, running: bool) -> None:
        """What holds is known at once; nobody is told, because who wants it knows."""
        self._intent, self._contracts, self._running = intent, contracts, running
        self._merge()

    def _merge(self) -> None:
        own = OwnWill(
            intent=self._intent,
            contracts=self._contracts,
            barred=self._alone and self._held_back(),
            share=self._holds.share if self._alone else 1.0,
            mode=self.now.mode if self._running else "",
        )
        bus = None if self._alone else self._bus.now
        self.now = merge(bus, self._north.says(self._scheduler.now), own)

    def _held_back(self) -> bool:
        return self._holds.barred or self._holds.withheld or self._stale()

    def _stale(self) -> bool:
        """Contactors are closed and nobody has measured anything for too long."""
        if self._north.measured:
            self._north.measured, self._measured_at = False, self._scheduler.now
        age = self._scheduler.now - self._measured_at
        closed = self._north.said.get("contactors_closed") is True
        return bool(self._fresh and closed and age > self._fresh)

    def owned(self, name: str) -> bool:
        """Whether the bus measures this, so that nobody else may say it."""
        exclusive = DECLARED[name].rule.exclusive and not self._alone
        return exclusive and getattr(self._bus.now, name) is not None
