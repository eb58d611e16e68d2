"""A plug on this board's own pins, looked at every few milliseconds.

By the rules of the island's table, but without its promise: Linux has no deadlines, and a process
that is killed leaves its outputs as they are.  For benches; a vehicle or station on the street
needs an island.
"""

from math import inf
from typing import Final

from bsw.cp.duty import STEADY
from bsw.cp.pilot import Drive, Pilot, PilotState, Source
from bsw.cp.proximity import BANDS, OUT, Connector, proximity
from bsw.cp.rules import PilotRules, classify
from bsw.cp.told import Told
from bsw.hardware.port import Lost, Side, Surroundings
from bsw.linux.config import LinuxConfig
from bsw.linux.gpio import Lines
from bsw.linux.switches import LineContactors, LineLock
from bsw.linux.sysfs import Converter, PinUnusable, Pwm
from bsw.os.clock import MS, Action
from bsw.os.scheduler import Task

READY_STATES: Final = frozenset({PilotState.C, PilotState.D})


class LinuxPilot(Told[Pilot]):
    """Both a ``VehiclePilot`` and a ``StationPilot``."""

    def __init__(self, driver: "LinuxHardware") -> None:
        super().__init__(Pilot(PilotState.A))
        self._driver = driver

    def show(self, state: PilotState) -> None:
        self._driver.show(state)

    def drive(self, drive: Drive) -> None:
        self._driver.drive(drive)


class LinuxHardware:
    """A ``PlugHardware``."""

    def __init__(self, around: Surroundings) -> None:
        config = around.linux
        self._config: LinuxConfig = config
        self._scheduler = around.scheduler
        self._log = around.dlt.logger("linux")
        self._vehicle = around.side is Side.VEHICLE
        self._connector = Connector[config.connector.upper()]
        pwm, lines = config.pwm, config.lines
        self._pwm = Pwm(config.sysfs, pwm.device, pwm.channel, inverted=pwm.inverted)
        self._adc = Converter(config.sysfs, config.adc)
        outputs = (*lines.contactors, lines.lock_close, lines.lock_open, lines.show_c, lines.show_d)
        inputs = (*lines.feedback, lines.locked, lines.stop)
        self._lines = Lines(
            lines.chip,
            tuple(filter(None, outputs)),
            tuple(filter(None, inputs)),
            around.gpiod,
        )
        self._rules = PilotRules(vehicle=self._vehicle)
        self._drive = Drive()
        self.vehicle_pilot = self.station_pilot = LinuxPilot(self)
        self.proximity = Told(OUT)
        self.contactors = LineContactors(self._lines, config)
        self.lock = LineLock(self._lines, config)
        self.stopped = False
        self.temperatures: tuple[float | None, ...] = ()
        self.levels: tuple[float, float] | None = None
        self._ohm = inf
        self._task: Task | None = None
        self._lost: Lost = lambda _why: None

    @property
    def faults(self) -> tuple[str, ...]:
        state = self._rules.state
        found = {
            "diode_short": self._rules.diode_short,
            "pilot_short": state == "E" and self._drive.source is Source.OSCILLATOR,
            "pilot_fault": state == "FAULT",
            "stop_input": self.stopped,
            self.contactors.fault: bool(self.contactors.fault),
            self.lock.fault: bool(self.lock.fault),
            **self._proximity_faults(),
        }
        if self._vehicle:
            found["station_fault"] = found.pop("pilot_short") or state == "F"
        return tuple(name for name, there in found.items() if there)

    def start(self, ready: Action, lost: Lost) -> None:
        self._lost = lost
        try:
            if not self._vehicle:
                self._pwm.begin()
            for _ in range(2):
                self._measure()
        except PinUnusable as error:
            lost(f"hardware.linux: {error}")
            return
        self._log.warning(
            "bench grade", remedy="a killed process leaves the pilot as it is; see docs/island.md"
        )
        self._task = self._scheduler.every(self._config.every, self._look, name="pins")
        ready()

    def close(self) -> None:
        if self._task is not None:
            self._task.stop()
            self._task = None
            self.contactors.open(self._scheduler.now)
            self.lock.rest()
            self._rest()
        self._adc.close()
        self._lines.release()

    def show(self, state: PilotState) -> None:
        for name, wanted in (("show_c", PilotState.C), ("show_d", PilotState.D)):
            line = getattr(self._config.lines, name)
            if line:
                self._lines.set(line, on=state is wanted)

    def drive(self, drive: Drive) -> None:
        """State E takes a circuit that pins do not have; F stands for it."""
        self._drive = drive
        self._output(drive.duty if drive.source is Source.OSCILLATOR else 0.0)

    def _rest(self) -> None:
        if self._vehicle:
            self.show(PilotState.B)
        else:
            self._output(STEADY)

    def _output(self, percent: float) -> None:
        try:
            self._pwm.drive(percent)
        except PinUnusable as error:
            self._fail(error)

    def _look(self) -> None:
        try:
            self._measure()
        except PinUnusable as error:
            self._fail(error)
            return
        now = self._scheduler.now
        plugged = self.vehicle_pilot.read().state is not PilotState.A
        self.contactors.look(self._against(), now, plugged=plugged)
        self.lock.look(now, may_open=not self.contactors.any_closed)

    def _fail(self, error: PinUnusable) -> None:
        """What cannot be measured is not switched on."""
        if self._task is not None:
            self._task.stop()
            self._task = None
        self.contactors.open(self._scheduler.now)
        self._lost(f"hardware.linux: {error}")

    def _measure(self) -> None:
        config, now = self._config, self._scheduler.now // MS
        self._feel_proximity()
        high = config.high.volts(self._adc.volts(config.high.channel))
        low = high if config.low is None else config.low.volts(self._adc.volts(config.low.channel))
        self.levels = (high, low)
        driven = {Source.FAULT: "F", Source.UNAVAILABLE: "F"}.get(self._drive.source)
        duty = self._pwm.measured() if self._vehicle else self._drive.duty
        if driven is not None and not self._vehicle:
            self._rules.settle(driven, now)  # what we drive ourselves is not measured
        elif self._vehicle and self._ohm == inf and classify(round(high * 1000), "A") == "E":
            self._rules.settle("A", now)  # an open inlet carries no voltage
        else:
            millivolts = round(high * 1000), round(low * 1000)
            self._rules.feed(*millivolts, now, oscillates=duty < STEADY and config.low is not None)
        if config.lines.stop:
            self.stopped = not self._lines.get(config.lines.stop)
        self._tell(duty)

    def _feel_proximity(self) -> None:
        pin = self._config.proximity
        if pin is not None:
            self._ohm = pin.ohm(self._adc.volts(pin.channel))
            self.proximity.tell(proximity(self._connector, self._ohm))

    def _tell(self, duty: float) -> None:
        state = {"UNKNOWN": PilotState.A, "FAULT": PilotState.E}.get(self._rules.state)
        reading = Pilot(state or PilotState[self._rules.state], duty, self._rules.diode_short)
        self.vehicle_pilot.tell(reading)

    def _proximity_faults(self) -> dict[str, bool]:
        if self._config.proximity is None:
            return {}
        plugged = self.vehicle_pilot.read().state not in {PilotState.A, PilotState.F}
        return {
            "proximity_lost": plugged and self._ohm == inf,
            "proximity_short": self._ohm < BANDS[self._connector][0].low,
        }

    def _against(self) -> tuple[str, ...]:
        pilot = self.vehicle_pilot.read()
        why = {
            "pilot": pilot.state not in READY_STATES,
            "pwm": not pilot.oscillating,
            "diode": not self._vehicle and not self._rules.diode_proved,
            "lock": self.lock.there and self.lock.locked is not True,
            "fault": bool(self.faults),
        }
        return tuple(name for name, stands in why.items() if stands)
