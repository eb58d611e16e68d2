"""The rules of the table on samples of the pilot: which state they mean, and when it counts.

The same rules as the island's C core follows (``firmware/core/pilot.c``); tests hold the two
against each other.  For drivers that measure by themselves.  Pure: the caller passes the time in
milliseconds.
"""

from bsw.cp.table import DIODE_HOLD, DIODE_PROVED, DIODE_SHORT, LEVELS, TRANSITIONS

LOADED = frozenset({"B", "C", "D"})


def classify(millivolts: int, was: str) -> str:
    """The state of a positive level; in a grey band the state before decides."""
    for above, before, then, otherwise in LEVELS:
        if millivolts > above:
            return then if was in before else otherwise
    return LEVELS[-1][3]


class PilotRules:
    """One side's reading.  ``action`` is what the last transition asks of that side."""

    def __init__(self, *, vehicle: bool) -> None:
        self.state = "UNKNOWN"
        self.action = "keep"
        self.diode_proved = False
        self.diode_short = False
        self._vehicle = vehicle
        self._candidate, self._since = "UNKNOWN", 0
        self._doubted: int | None = None

    def feed(self, high: int, low: int, now: int, *, oscillates: bool) -> str:
        """One sample of both half waves in mV; ``oscillates``: the station drives a PWM."""
        self.settle(classify(high, self.state), now)
        if not self._vehicle:
            self._judge_diode(low, now, oscillates=oscillates)
        return self.state

    def settle(self, seen: str, now: int) -> None:
        """A state seen counts once it stood still for as long as its transition asks."""
        if seen != self._candidate:
            self._candidate, self._since = seen, now
        if seen == self.state:
            return
        hold, station, vehicle = TRANSITIONS[self.state, seen]
        if now - self._since >= hold:
            self.state, self.action = seen, vehicle if self._vehicle else station

    def _judge_diode(self, low: int, now: int, *, oscillates: bool) -> None:
        if self.state == "A":
            self.diode_proved = self.diode_short = False
        shows = oscillates and self.state in LOADED
        if shows and low <= DIODE_PROVED:
            self.diode_proved = True
        if not shows or low <= DIODE_SHORT:
            self._doubted = None
            return
        self._doubted = now if self._doubted is None else self._doubted
        if now - self._doubted >= DIODE_HOLD:
            self.diode_short, self.diode_proved = True, False
