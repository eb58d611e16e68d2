"""What an integrator says about pins: which PWM, which converter, which lines, and their levels."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.ecuc.references import NewPath
from bsw.os.clock import MS

Point = tuple[float, float]
"""Volts at the converter, and what they mean: volts of the pilot."""


class PwmConfig(Part):
    """A PWM of sysfs, found by its device, because numbers change from boot to boot."""

    device: str = Field(default="", examples=["20fc000.pwm"])
    channel: Annotated[int, Field(ge=0, le=31)] = 0
    inverted: bool = False
    """The driver circuit shows +12 V while the pin is low."""


class HalfWave(Part):
    """One level of the pilot, held by a peak detector in front of the converter."""

    channel: Annotated[int, Field(ge=0, le=63)] = 0
    points: tuple[Point, Point] = ((0.0, -12.0), (3.3, 12.0))
    """Two measured points; the line through them is the calibration."""

    def problems(self) -> Iterable[Wrong]:
        if self.points[0][0] == self.points[1][0]:
            yield Wrong("points", "two points of one voltage make no line", "[[0, -12], [3.3, 12]]")

    def volts(self, seen: float) -> float:
        (one, means), (other, then) = self.points
        return means + (seen - one) * (then - means) / (other - one)


class ProximityPin(Part):
    """The proximity contact below a pull-up."""

    channel: Annotated[int, Field(ge=0, le=63)] = 0
    supply: Annotated[float, Field(gt=0)] = 3.3
    pull_up: Annotated[float, Field(gt=0)] = 1000.0
    """In ohm."""

    def ohm(self, seen: float) -> float:
        """Infinite while open."""
        rest = self.supply - seen
        return self.pull_up * seen / rest if rest > 0.02 * self.supply else float("inf")


class LinesConfig(Part):
    """GPIO lines by name or number (``gpioinfo`` lists them); empty: there is none."""

    chip: str = "/dev/gpiochip0"
    contactors: tuple[str, ...] = Field(default=(), examples=["[RELAY_1_ENABLE]"])
    feedback: tuple[str, ...] = Field(default=(), examples=["[RELAY_1_SENSE]"])
    lock_close: str = ""
    lock_open: str = ""
    locked: str = ""
    """An input: the bolt is closed."""

    stop: str = ""
    """An input: high while the stop loop is closed."""

    show_c: str = ""
    show_d: str = ""
    """Outputs of a vehicle: the resistors of state C and of state D."""

    def problems(self) -> Iterable[Wrong]:
        if bool(self.lock_close) is not bool(self.lock_open):
            yield Wrong("lock_open", "a lock has two lines, one each way", "lock_open: LOCK_OPEN")
        if self.contactors and not self.feedback:
            told = "contactors without feedback can stick unseen"
            yield Wrong("feedback", told, "feedback: [RELAY_1_SENSE]")


class LinuxConfig(Part):
    """Bench grade: a process that is killed leaves PWM and lines as they are."""

    pwm: PwmConfig = PwmConfig.model_construct()
    """A station's pilot; a vehicle reads the duty cycle with it (capture)."""

    adc: str = Field(default="", examples=["2198000.adc"])
    """The converter's name, as in /sys/bus/iio/devices/*/name."""

    high: HalfWave = HalfWave.model_construct()
    low: HalfWave | None = None
    """Without it the diode cannot be judged, and a station closes nothing."""

    proximity: ProximityPin | None = None
    lines: LinesConfig = LinesConfig.model_construct()
    connector: Literal["type1", "type2"] = "type2"
    every: Annotated[Duration, between("2 ms", "100 ms", TIME)] = 10 * MS
    """How often everything is looked at."""

    feedback_within: Annotated[Duration, between("20 ms", "1000 ms", TIME)] = 250 * MS
    lock_within: Annotated[Duration, between("100 ms", "10000 ms", TIME)] = 1500 * MS
    sysfs: NewPath = Path("/sys")
