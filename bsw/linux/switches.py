"""Lock and contactors on lines: what was asked for, what the feedback says, what is wrong."""

from typing import Final

from bsw.linux.config import LinuxConfig
from bsw.linux.gpio import Lines
from bsw.os.clock import MS

LOCK_PULSE: Final = 600 * MS


class LineContactors:
    """Closed while permitted and nothing speaks against it; never again before a new permission."""

    def __init__(self, lines: Lines, config: LinuxConfig) -> None:
        self._lines = lines
        self._coils = config.lines.contactors
        self._feedback = config.lines.feedback
        self._within = config.feedback_within
        self._wished = self._spent = self._on = False
        self._since = 0
        self._why: tuple[str, ...] = ()
        self.fault = ""

    @property
    def closed(self) -> bool | None:
        return all(self._lines.get(name) for name in self._feedback) if self._feedback else None

    @property
    def any_closed(self) -> bool:
        return self._on or any(self._lines.get(name) for name in self._feedback)

    @property
    def why_open(self) -> tuple[str, ...]:
        return () if self._on else self._why

    def permit(self, *, closed: bool) -> None:
        self._spent = self._spent and closed
        self._wished = closed

    def look(self, against: tuple[str, ...], now: int, *, plugged: bool) -> None:
        """``against`` names what forbids to close, or to stay closed."""
        self._judge(now, plugged=plugged)
        reasons = (*against, *([self.fault] if self.fault else []))
        reasons += () if self._wished and not self._spent else ("permit",)
        self._why = reasons
        if self._on and reasons:
            self._spent = True
        self._switch(on=not reasons, now=now)

    def open(self, now: int) -> None:
        self._switch(on=False, now=now)

    def _switch(self, *, on: bool, now: int) -> None:
        if on is not self._on:
            self._on, self._since = on, now
            for name in self._coils:
                self._lines.set(name, on=on)

    def _judge(self, now: int, *, plugged: bool) -> None:
        """Feedback that does not follow; a fault stays until the plug is out and they are open."""
        right = all(self._lines.get(name) is self._on for name in self._feedback)
        if right:
            self.fault = self.fault if plugged else ""
        elif now - self._since >= self._within:
            self.fault = "contactor_stuck" if self._on else "contactor_welded"


class LineLock:
    """A motor driven one way or the other for a while, and a switch that tells its end."""

    def __init__(self, lines: Lines, config: LinuxConfig) -> None:
        self._lines = lines
        self._names = config.lines
        self._within = config.lock_within
        self._wished: bool | None = None
        self._since: int | None = None
        self.fault = ""

    @property
    def there(self) -> bool:
        return bool(self._names.lock_close)

    @property
    def locked(self) -> bool | None:
        return self._lines.get(self._names.locked) if self._names.locked else None

    def request(self, *, locked: bool) -> None:
        if locked is not self._wished:
            self._wished, self._since, self.fault = locked, None, ""

    def look(self, now: int, *, may_open: bool) -> None:
        if not self.there or self._wished is None or (not self._wished and not may_open):
            return
        if self._since is None:
            self._since = now
        driving = now - self._since < LOCK_PULSE
        self._lines.set(self._names.lock_close, on=driving and self._wished)
        self._lines.set(self._names.lock_open, on=driving and not self._wished)
        if self.locked not in {None, self._wished} and now - self._since >= self._within:
            self.fault = "lock_stuck"
        elif self.locked is self._wished:
            self.fault = ""

    def rest(self) -> None:
        if self.there:
            self._lines.set(self._names.lock_close, on=False)
            self._lines.set(self._names.lock_open, on=False)
