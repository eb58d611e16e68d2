"""B-C-B: the vehicle shows C for a moment, once or several times.

That is how it proves to a station which plug it hangs on, and how it wakes one that sleeps.
"""

from bsw.cp.pilot import PilotState, VehiclePilot
from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler


class Toggler:
    """Runs one toggle sequence at a time; a new one replaces the old."""

    def __init__(self, scheduler: Scheduler, pilot: VehiclePilot) -> None:
        self._pilot = pilot
        self._phases: list[PilotState] = []
        self._phase_time = 0
        self._done: Action | None = None
        self._alarm = scheduler.alarm(self._next, name="toggle")

    @property
    def busy(self) -> bool:
        return self._alarm.armed

    def run(self, count: int, phase_time: int, done: Action | None = None) -> None:
        """Show C ``count`` times, each C and each B for ``phase_time`` nanoseconds."""
        self._phases = [PilotState.C, PilotState.B] * count
        self._phase_time = phase_time
        self._done = done
        self._next()

    def stop(self) -> None:
        """Back to B at once."""
        if self.busy:
            self._alarm.cancel()
            self._pilot.show(PilotState.B)

    def _next(self) -> None:
        if self._phases:
            self._pilot.show(self._phases.pop(0))
            self._alarm.rearm(self._phase_time)
        elif self._done is not None:
            self._done()
