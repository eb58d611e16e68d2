"""PWM and converter as Linux shows them: files below /sys, found by the name of their device."""

import os
from pathlib import Path
from typing import Final

PERIOD: Final = 1_000_000
"""1 kHz, in ns."""


class PinUnusable(OSError):
    """A device, channel or line that is not there or not ours; says which and what to do."""


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise PinUnusable(f"{path}: {error.strerror}; is this user in its group?") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise PinUnusable(f"{path}: {error.strerror}; is this user in its group?") from None


class Pwm:
    """One channel.  A steady level is a PWM of 0 or 100 %: a disabled output is undefined."""

    def __init__(self, sysfs: Path, device: str, channel: int, *, inverted: bool = False) -> None:
        folder = _named(sysfs / "class" / "pwm", "pwmchip*", device, "device")
        self._inverted = inverted
        self._at = folder / f"pwm{channel}"
        if not self._at.exists():
            _write(folder / "export", str(channel))

    def begin(self) -> None:
        """As a generator.  The period first: no duty cycle may exceed it at any moment."""
        _write(self._at / "duty_cycle", "0")
        _write(self._at / "period", str(PERIOD))
        self.drive(100.0)
        _write(self._at / "enable", "1")

    def drive(self, percent: float) -> None:
        share = 100.0 - percent if self._inverted else percent
        _write(self._at / "duty_cycle", str(round(PERIOD * share / 100.0)))

    def measured(self) -> float:
        """Percent that comes in; 100 where nothing oscillates with about 1 kHz."""
        period, _, high = _text(self._at / "capture").partition(" ")
        if not high or not 0.95 * PERIOD < int(period) < 1.05 * PERIOD:
            return 100.0
        share = 100.0 * int(high) / int(period)
        return 100.0 - share if self._inverted else share


class Converter:
    """Channels of one IIO device, each file kept open."""

    def __init__(self, sysfs: Path, name: str) -> None:
        self._folder = _named(sysfs / "bus" / "iio" / "devices", "iio:device*", name, "name")
        self._files: dict[int, tuple[int, float, float]] = {}

    def volts(self, channel: int) -> float:
        """One conversion, in volts at the pin."""
        if channel not in self._files:
            self._files[channel] = self._open(channel)
        file, scale, offset = self._files[channel]
        try:
            raw = float(os.pread(file, 32, 0))
        except (OSError, ValueError) as error:
            raise PinUnusable(f"{self._folder}: channel {channel}: {error}") from None
        return (raw + offset) * scale / 1000.0

    def close(self) -> None:
        for file, _, _ in self._files.values():
            os.close(file)
        self._files.clear()

    def _open(self, channel: int) -> tuple[int, float, float]:
        path = self._folder / f"in_voltage{channel}_raw"
        scale = self._factor(channel, "scale", 1.0)
        offset = self._factor(channel, "offset", 0.0)
        try:
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC), scale, offset
        except OSError as error:
            raise PinUnusable(f"{path}: {error.strerror}; channels are listed there") from None

    def _factor(self, channel: int, what: str, usual: float) -> float:
        """Of the channel, else of all channels; in mV."""
        for name in (f"in_voltage{channel}_{what}", f"in_voltage_{what}"):
            path = self._folder / name
            if path.exists():
                return float(_text(path))
        return usual


def _named(folder: Path, pattern: str, name: str, attribute: str) -> Path:
    found = {}
    for place in sorted(folder.glob(pattern)):
        at = place / attribute
        told = at.resolve().name if at.is_symlink() else at.read_text().strip()
        found[told] = place
    if name not in found:
        there = ", ".join(found) or "none"
        raise PinUnusable(f"no device {name!r} in {folder}; there are: {there}")
    return found[name]
