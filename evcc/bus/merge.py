"""Three voices, one vehicle: the bus, the north side, and the ECU's own will.

Makes of them the values a session works with.  Where two speak about the same thing, a limit is
the tighter of both, a permission needs both, a stop needs one, a measurement is the bus's, and a
wish is the north side's.  Nothing here knows where either of them comes from.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from evcc.north.vehicle import Vehicle
from evcc.vehicle import Intent, VehicleState

LOWER: Final = frozenset(
    {
        "max_current",
        "max_voltage",
        "max_power",
        "target_current",
        "target_voltage",
        "ac_max_voltage",
        "ac_max_current",
        "cable_current",
        "derating",
    }
)
HIGHER: Final = frozenset({"ac_min_current"})
WISHED: Final = frozenset(
    {"prefer_contract", "energy_request", "energy_capacity", "full_soc", "bulk_soc"}
)
"""The north side's word counts where it said one."""

PULSES: Final = ("renegotiate", "install_contract")
"""Asked for once; whoever does it takes it back."""

APART: Final = frozenset({"permission", "intent", "error", "mode", "departure", *PULSES})
PLAIN: Final = tuple(one.name for one in fields(VehicleState) if one.name not in APART)
STRENGTH: Final = (Intent.CHARGE, Intent.PAUSE, Intent.STOP)


class MergedValues:
    """``refresh`` after each change of ``bus`` or ``north``; ``state`` is what comes of it.

    ``own`` is what the ECU itself wants, and ``contracts`` whether it would still pay by one.
    With ``alone`` there is no bus that says anything, and the north side's word is all there is;
    then nobody else sees that its measurements grow old, which ``fresh`` bounds.
    """

    def __init__(
        self,
        state: VehicleState,
        bus: VehicleState,
        north: Vehicle,
        scheduler: Scheduler,
        *,
        alone: bool = False,
        fresh: int = 0,
    ) -> None:
        self.own: Callable[[], Intent] = lambda: Intent.CHARGE
        self.contracts: Callable[[], bool] = lambda: True
        self.running: Callable[[], bool] = lambda: False
        self.barred: Callable[[], bool] = lambda: False
        self.changed: Callable[[], None] = lambda: None
        self._state = state
        self._bus = bus
        self._north = north
        self._scheduler = scheduler
        self._alone = alone
        self._fresh = fresh
        self._measured_at = scheduler.now
        self._departure: int | None = None  # scheduler time
        self._asked = False  # the bus asks for a renegotiation
        north.changed = self.refresh
        north.owned = self._owned

    def refresh(self) -> None:
        state, north = self._state, self._north.state
        for name in PLAIN:
            setattr(state, name, self._value(name))
        state.permission = self._permission()
        intents = (north.intent, self._bus.intent, self.own())
        state.intent = max(intents, key=STRENGTH.index)
        healthy = north.error == "NO_ERROR"
        state.error = self._bus.error if healthy else north.error
        state.prefer_contract = state.prefer_contract and self.contracts()
        if not self.running():  # agreed once a session
            state.mode = north.mode if self._said("mode") else self._bus.mode
        self._take_departure()
        self._take_pulses()
        self.changed()

    def _said(self, name: str) -> bool:
        return self._alone or name in self._north.said

    def _value(self, name: str) -> Any:  # noqa: ANN401 - the field's own type
        told, bus = getattr(self._north.state, name), getattr(self._bus, name)
        if self._alone or name not in self._north.said:
            return told if self._alone else bus
        if told is None or bus is None:
            return bus if told is None else told
        if name in LOWER:
            return min(told, bus)
        if name in HIGHER:
            return max(told, bus)
        return told if name in WISHED else bus

    def _permission(self) -> bool:
        north = self._north.state.permission
        if self._alone:
            return north and not self.barred() and not self._stale()
        return self._bus.permission and (north or not self._said("permission"))

    def _stale(self) -> bool:
        """Contactors are closed and nobody has measured anything for too long."""
        if self._north.measured:
            self._north.measured, self._measured_at = False, self._scheduler.now
        age = self._scheduler.now - self._measured_at
        return bool(self._fresh and self._north.state.contactors_closed and age > self._fresh)

    def _owned(self, name: str) -> bool:
        """Whether the bus measures this, so that nobody else may say it."""
        measured = name not in LOWER | HIGHER | WISHED | APART
        return measured and not self._alone and getattr(self._bus, name) is not None

    def _take_departure(self) -> None:
        """Seconds from now, counted down from when they were said."""
        north = self._north.state
        if north.departure is not None:
            self._departure, north.departure = self._scheduler.now + north.departure * S, None
        elif "departure" not in self._north.said:
            self._departure = None
        if self._departure is None:
            self._state.departure = None if self._alone else self._bus.departure
        else:
            self._state.departure = max(0, (self._departure - self._scheduler.now) // S)

    def _take_pulses(self) -> None:
        state, north, asked = self._state, self._north.state, self._bus.renegotiate
        if asked != self._asked:
            self._asked = state.renegotiate = asked
        for name in PULSES:
            if getattr(north, name):
                setattr(state, name, True)
                setattr(north, name, False)
