"""How busy the plug side is, in one word, for who decides about sleep: and why that changed.

Made of the pilot's cues and of what becomes of links and sessions.  Knows neither of them; it is
told.
"""

from collections.abc import Callable
from enum import Enum

from bsw.cp.pilot import CONNECTED, Pilot, PilotState
from bsw.mode.ecum import WakeUp


class Engaged(Enum):
    OUT = "out"  # nothing is plugged in
    WAITING = "waiting"  # plugged in, the oscillator is off
    BUSY = "busy"  # matching, a session, or a current by the duty cycle
    PAUSED = "paused"
    ENDED = "ended"  # nothing more until a new cue or another plug


Told = Callable[[Engaged, WakeUp], None]


class PlugActivity:
    """``told`` hears each change, and each cue from outside even if it changes nothing."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self.now = Engaged.OUT
        self._plugged = False
        self._oscillating = False
        self._working = False
        self._over: Engaged | None = None
        self._refused = False  # the vehicle takes no current: the duty cycle alone is no work

    def pilot(self, pilot: Pilot) -> None:
        """A plug in or out, and an oscillator that starts, begin anew whatever was before."""
        plugged = pilot.state is not PilotState.A
        oscillating = pilot.oscillating and pilot.state in CONNECTED
        began = oscillating and not self._oscillating
        moved = plugged is not self._plugged
        self._plugged, self._oscillating = plugged, oscillating
        if began or moved:
            self._over = None
        if not plugged:
            self._working = False
        if moved:
            self._settle(WakeUp.PLUG, cue=True)
        elif began:
            self._settle(WakeUp.PILOT, cue=True)
        else:
            self._settle(WakeUp.PILOT)

    def working(self, why: WakeUp = WakeUp.PILOT) -> None:
        """A link, a session, or a try to wake the station is under way."""
        self._working, self._over = True, None
        self._settle(why)

    def waiting(self) -> None:
        """Between two tries, with nothing that could be done now."""
        self._working = False
        self._settle(WakeUp.PILOT)

    def over(self, *, paused: bool = False) -> None:
        self._working = False
        self._over = Engaged.PAUSED if paused else Engaged.ENDED
        self._settle(WakeUp.PILOT)

    def refused(self, refused: bool) -> None:  # noqa: FBT001 - a state
        """The vehicle would take nothing now, whatever the duty cycle offers."""
        if refused is not self._refused:
            self._refused = refused
            self._settle(WakeUp.VEHICLE)

    def _judge(self) -> Engaged:
        if not self._plugged:
            return Engaged.OUT
        if self._working:
            return Engaged.BUSY
        if self._over is not None:
            return self._over
        return Engaged.BUSY if self._oscillating and not self._refused else Engaged.WAITING

    def _settle(self, why: WakeUp, *, cue: bool = False) -> None:
        now = self._judge()
        if now is not self.now or cue:
            self.now = now
            self._told(now, why)
