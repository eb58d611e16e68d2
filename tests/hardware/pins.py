"""A board that is a folder: PWM and converter as files, lines in a dictionary, a plug behind."""

from dataclasses import dataclass, field
from enum import Enum
from math import inf
from pathlib import Path

from bsw.cp.circuit import RESISTANCE, levels
from bsw.cp.pilot import Drive, F, PilotState
from bsw.dlt import silent
from bsw.hardware.port import Side, Surroundings
from bsw.island.config import IslandConfig
from bsw.linux.config import LinuxConfig
from bsw.linux.driver import LinuxHardware
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.randomness import SeededRandomness
from tests.island.twin import Twin

PWM, ADC = "20fc000.pwm", "2198000.adc"
LINES = {
    "contactors": ("RELAY_1_ENABLE",),
    "feedback": ("RELAY_1_SENSE",),
    "lock_close": "LOCK_IN1",
    "lock_open": "LOCK_IN2",
    "locked": "LOCK_SENSE",
    "stop": "7",
    "show_c": "CP_C",
    "show_d": "CP_D",
}


class Value(Enum):
    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    INPUT = 0
    OUTPUT = 1


class line:  # noqa: N801 - as the library has it
    Value = Value
    Direction = Direction


@dataclass
class Settings:
    direction: Direction
    output_value: Value = Value.INACTIVE


@dataclass
class Gpiod:
    """What the driver uses of the library ``gpiod``."""

    line = line
    LineSettings = Settings
    values: dict[int | str, Value] = field(default_factory=dict)
    outputs: set[int | str] = field(default_factory=set)
    released: int = 0

    def request_lines(
        self, path: str, *, consumer: str, config: dict[int | str, Settings]
    ) -> "Gpiod":
        if path != "/dev/gpiochip0":
            raise FileNotFoundError(2, "No such file or directory")
        assert consumer == "pilotwire"
        for name, settings in config.items():
            self.values.setdefault(name, settings.output_value)
            if settings.direction is Direction.OUTPUT:
                self.outputs.add(name)
        return self

    def get_value(self, name: int | str) -> Value:
        return self.values[name]

    def set_value(self, name: int | str, value: Value) -> None:
        assert name in self.outputs
        self.values[name] = value

    def release(self) -> None:
        self.released += 1


class Board:
    """The files, the lines, and what hangs on them."""

    def __init__(self, folder: Path, side: Side, **more: object) -> None:
        self.folder, self.side = folder, side
        self.load, self.diode, self.duty, self.ohm = inf, True, 100.0, inf
        self.stuck = self.jammed = self.plugged = False
        self.welded = self.gone = False
        self._written: dict[Path, str] = {}
        self._pwm = folder / "class" / "pwm" / "pwmchip4"
        (self._pwm / "pwm0").mkdir(parents=True)
        (self._pwm / "device").write_text(PWM)
        for name in ("duty_cycle", "period", "enable", "capture"):
            (self._pwm / "pwm0" / name).write_text("0")
        self._adc = folder / "bus" / "iio" / "devices" / "iio:device0"
        self._adc.mkdir(parents=True)
        (self._adc / "name").write_text(ADC)
        (self._adc / "in_voltage_scale").write_text("0.5")
        (self._adc / "in_voltage2_offset").write_text("0")
        self.gpiod = Gpiod({7: Value.ACTIVE})
        self.scheduler = Scheduler(VirtualClock())
        self._settle()
        told = {
            "pwm": {"device": PWM},
            "adc": ADC,
            "high": {"channel": 2, "points": [[0.3, -12.0], [3.0, 12.0]]},
            "low": {"channel": 3, "points": [[0.3, -12.0], [3.0, 12.0]]},
            "proximity": {"channel": 5},
            "lines": LINES,
            "sysfs": str(folder),
            **more,
        }
        around = Surroundings(
            side,
            IslandConfig(),
            self.scheduler,
            silent(),
            SeededRandomness("pins"),
            lambda _user: Twin(),
            LinuxConfig.model_validate(told),
            gpiod=self.gpiod,
        )
        self.hardware = LinuxHardware(around)
        self.scheduler.every(5 * MS, self._settle, name="board")
        self.begun: list[str] = []
        self.why: list[str] = []

    def start(self) -> "Board":
        self.hardware.start(lambda: self.begun.append("ready"), self.why.append)
        self.run(100)
        return self

    def run(self, ms: int) -> None:
        self.scheduler.run(self.scheduler.now + ms * MS)

    def plug_in(self) -> None:
        self.plugged, self.ohm = True, 220.0
        self.load = RESISTANCE[PilotState.B]
        self.duty = 5.0
        self.run(100)

    def shows(self, state: PilotState) -> None:
        self.load = RESISTANCE[state]
        self.run(100)

    def on(self, name: str) -> bool:
        return self.gpiod.values[name] is Value.ACTIVE

    @property
    def driven(self) -> float:
        """Percent that the PWM puts out."""
        pwm = self._pwm / "pwm0"
        return 100 * int((pwm / "duty_cycle").read_text()) / int((pwm / "period").read_text())

    def _settle(self) -> None:
        if self.side is Side.STATION:
            period = int((self._pwm / "pwm0" / "period").read_text())
            duty = self.driven if period else 100.0
            drive = F if duty == 0.0 else Drive(duty)
        else:
            drive = Drive(self.duty)
            high = round(10_000 * self.duty) if self.plugged and self.duty < 100 else 0
            self._write(self._pwm / "pwm0" / "capture", f"{1_000_000 if high else 0} {high}")
        seen = levels(drive, self.load, diode=self.diode)
        pair = (seen.high, seen.low)
        if self.side is Side.VEHICLE and not self.plugged:
            pair = (0.0, 0.0)
        for channel, volts in zip((2, 3), pair, strict=True):
            self._convert(channel, 0.3 + (volts + 12.0) * 2.7 / 24.0)
        self._convert(5, 3.3 if self.ohm == inf else 3.3 * self.ohm / (self.ohm + 1000.0))
        self._move()

    def _convert(self, channel: int, volts: float) -> None:
        self._write(self._adc / f"in_voltage{channel}_raw", str(round(volts * 2000)))

    def _write(self, path: Path, text: str) -> None:
        """Only what is new: there are many looks and few changes."""
        text = "" if self.gone else text
        if self._written.get(path) != text:
            self._written[path] = text
            path.write_text(text)

    def _move(self) -> None:
        values = self.gpiod.values
        on = values.get("RELAY_1_ENABLE", Value.INACTIVE)
        closed = (on is Value.ACTIVE and not self.stuck) or self.welded
        values["RELAY_1_SENSE"] = Value.ACTIVE if closed else Value.INACTIVE
        for name, end in (("LOCK_IN1", Value.ACTIVE), ("LOCK_IN2", Value.INACTIVE)):
            if values.get(name) is Value.ACTIVE and not self.jammed:
                values["LOCK_SENSE"] = end
        values.setdefault("LOCK_SENSE", Value.INACTIVE)
