"""Basic AC charging by IEC 61851-1: the duty cycle alone says how much may flow.

Used where there is no digital communication.  The current follows the duty cycle, downwards at
once; below 6 A, or without a meaning, nothing flows.
"""

from collections.abc import Callable
from typing import Final

from bsw.cp.pilot import CONNECTED, Pilot, PilotState, VehiclePilot
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from evcc.vehicle import Actuators, Intent, Values

WAIT: Final = 1_000 * MS
"""How long the pilot stays in state B with a current before we take it."""
LOOK_AGAIN: Final = 100 * MS
"""How often the lock is looked at while it moves."""
LEAST: Final = 6.0


class BasicCharging:
    def __init__(
        self,
        scheduler: Scheduler,
        pilot: VehiclePilot,
        values: Values,
        actuators: Actuators,
        *,
        wait: int = WAIT,
        closing: Callable[[], int] = lambda: 0,
    ) -> None:
        """``closing`` begins one more switching, or says how long it has to wait."""
        self.current = 0.0
        self.active = False
        self._pilot = pilot
        self._values = values
        self._actuators = actuators
        self._wait = wait
        self._closing = closing
        self._alarm = scheduler.alarm(self._take, name="basic charging")
        pilot.listen(self._changed)

    def start(self) -> None:
        """From now on charge whenever the duty cycle allows it."""
        self.active = True
        self._changed(self._pilot.read())

    def stop(self, *, release: bool = True) -> None:
        """``release``: the plug may go; false if somebody else goes on charging with it."""
        if self.active:
            self.active = False
            self._alarm.cancel()
            self._nothing()
            if release:
                self._actuators.request_lock(locked=False)

    def refresh(self) -> None:
        """Permission, limits or temperature changed."""
        if self.active:
            self._changed(self._pilot.read())

    def allowed(self, pilot: Pilot) -> float:
        """Ampere per phase: duty cycle, cable, own charger, temperature, permission.

        An on-board charger of which nothing is known gets nothing.
        """
        state = self._values.now
        if not self._wanted(pilot) or state.ac_max_current is None:
            return 0.0
        limits = [pilot.current, state.ac_max_current]
        if state.cable_current is not None:
            limits.append(state.cable_current)
        current = min(limits) * max(0.0, min(1.0, state.derating))
        return current if current >= LEAST else 0.0

    def _wanted(self, pilot: Pilot) -> bool:
        state = self._values.now
        wanted = state.permission and state.intent is Intent.CHARGE and not state.charging_complete
        return wanted and pilot.state in CONNECTED

    def _changed(self, pilot: Pilot) -> None:
        if not self.active:
            return
        current = self.allowed(pilot)
        if current == 0.0:
            self._alarm.cancel()
            self._nothing()
            if not self._wanted(pilot):
                self._actuators.request_lock(locked=False)
        elif self.current > 0.0:
            self._flow(current)
        elif not self._alarm.armed:
            self._alarm.rearm(self._wait)

    def _take(self) -> None:
        current = self.allowed(self._pilot.read())
        if current > 0.0:
            self._actuators.request_lock(locked=True)
            if self._values.now.locked is False:
                self._alarm.rearm(LOOK_AGAIN)
                return
            worn = self._closing()
            if worn:
                self._alarm.rearm(worn)
                return
            self._pilot.show(PilotState.C)
            self._flow(current)

    def _flow(self, current: float) -> None:
        self.current = current
        self._actuators.allow_ac_current(current)

    def _nothing(self) -> None:
        self.current = 0.0
        self._actuators.allow_ac_current(0.0)
        if self._pilot.read().state in {PilotState.C, PilotState.D}:
            self._pilot.show(PilotState.B)
