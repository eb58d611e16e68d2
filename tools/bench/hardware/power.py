"""The station's hardware: DC power module, insulation monitor, AC contactor, meter - as a node.

It does what the SECC orders over CAN, as fast as power electronics can, never beyond its own
limits or the vehicle's, and goes dead when the orders stay away.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.config import CanConfig
from can_adapter.signals.values import (
    CableCheckState,
    ContactorFeedback,
    EvseError,
    IsolationStatus,
    PowerModuleMode,
    PowerModuleState,
)
from can_adapter.station.bus import POWER_COMMAND, POWER_MODULE
from can_adapter.station.values import (
    ModuleAc,
    ModuleCapabilities,
    ModuleIsolation,
    ModuleLimits,
    ModuleMeter,
    ModulePresent,
    PowerCommand,
    PowerOrder,
    VehicleLimits,
)
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.node import Node, sides

SAFE_VOLTAGE: Final = 60.0
TEST_TIME: Final = 1_500 * MS
TEST_LIMIT_S: Final = 20.0
PRECHARGE_CURRENT: Final = 2.0

MODES: Final = {
    PowerModuleMode.PRE_CHARGE: PowerModuleState.PRE_CHARGE,
    PowerModuleMode.CHARGE: PowerModuleState.CHARGING,
    PowerModuleMode.DISCHARGE: PowerModuleState.DISCHARGING,
}


@dataclass(frozen=True, slots=True)
class Rating:
    """What the module is built for."""

    max_voltage: float = 920.0
    min_voltage: float = 150.0
    max_current: float = 500.0
    min_current: float = 1.0
    max_power: float = 150_000.0
    volts_per_second: float = 1_000.0
    amps_per_second: float = 200.0
    bidirectional: bool = False
    fault_isolation: float = 100.0  # kOhm
    warning_isolation: float = 250.0
    meter_id: str = "PM-METER-1"
    ac_current: float = 32.0


@dataclass(slots=True)
class Trouble:
    """What a test or a person may break."""

    error: EvseError = EvseError.NONE
    emergency_stop: bool = False
    rcd_tripped: bool = False
    no_output: bool = False
    stuck_contactor: bool = False
    derating: float = 1.0


@dataclass(slots=True)
class CableCheck:
    """The insulation test: apply a voltage, wait, measure, discharge."""

    state: CableCheckState = CableCheckState.IDLE
    status: IsolationStatus = IsolationStatus.INVALID
    resistance: float | None = None
    held: float = 0.0  # seconds at test voltage
    spent: float = 0.0

    def restart(self) -> None:
        self.state, self.status = CableCheckState.RUNNING, IsolationStatus.INVALID
        self.resistance = None
        self.held = self.spent = 0.0

    def judge(self, resistance: float, rating: Rating) -> None:
        self.resistance = min(resistance, 65_000.0)
        if resistance < rating.fault_isolation:
            self.status = IsolationStatus.FAULT
        elif resistance < rating.warning_isolation:
            self.status = IsolationStatus.WARNING
        else:
            self.status = IsolationStatus.VALID


@dataclass(slots=True)
class Meter:
    imported: float = 0.0  # Wh into the vehicle
    exported: float = 0.0

    def count(self, watts: float, seconds: float) -> None:
        energy = watts * seconds / 3600
        if energy >= 0:
            self.imported += energy
        else:
            self.exported -= energy


@dataclass(slots=True)
class _Ramp:
    """A value that follows its goal no faster than it can."""

    value: float = 0.0

    def towards(self, goal: float, up: float, down: float) -> None:
        self.value = (
            min(goal, self.value + up) if goal > self.value else max(goal, self.value - down)
        )


class Output(Protocol):
    """The power stage alone, for a model of one's own: what it gives, and how it follows orders.

    ``voltage`` is what it holds without load, ``current`` the most it lets through.
    """

    @property
    def voltage(self) -> float: ...
    @property
    def current(self) -> float: ...
    def follow(self, voltage: float, current: float, seconds: float) -> None:
        """So much is ordered, and so many seconds pass; called every 10 ms."""

    def cut(self) -> None:
        """No more current, at once."""


class Ramps:
    """A power stage that follows at the speed of its rating, down faster than up."""

    def __init__(self, rating: Rating) -> None:
        self._rating = rating
        self._voltage, self._current = _Ramp(), _Ramp()

    @property
    def voltage(self) -> float:
        return self._voltage.value

    @property
    def current(self) -> float:
        return self._current.value

    def follow(self, voltage: float, current: float, seconds: float) -> None:
        rating = self._rating
        volts, amps = rating.volts_per_second * seconds, rating.amps_per_second * seconds
        self._voltage.towards(voltage, volts, 4 * volts)
        self._current.towards(current, amps, 4 * amps)

    def cut(self) -> None:
        self._current.value = 0.0


class PowerModule:
    """The module on the station's bus and at the station's end of the cable."""

    def __init__(
        self,
        scheduler: Scheduler,
        port: CanPort,
        config: CanConfig,
        physics: Physics,
        *,
        rating: Rating | None = None,
        output: Output | None = None,
    ) -> None:
        self.rating = rating or Rating()
        self.trouble = Trouble()
        self.check = CableCheck()
        self.meter = Meter()
        self.state = PowerModuleState.OFF
        self.wires = physics.wires
        bus = sides(config, POWER_MODULE, POWER_COMMAND, PowerCommand)
        self.node: Node[PowerCommand] = Node(
            scheduler, port, bus, "PM", (PowerOrder, VehicleLimits)
        )
        self._output: Output = output or Ramps(self.rating)
        self._mode = PowerModuleMode.OFF
        physics.join(self._act, self._feel)
        pace = config.cycle_stretch
        self._fast = scheduler.every(10 * MS * pace, self._say_present, name="PM fast", offset=0)
        self._slow = scheduler.every(100 * MS * pace, self._say_rest, name="PM slow", offset=0)

    def start(self) -> None:
        self.node.start()

    def stop(self) -> None:
        self._fast.stop()
        self._slow.stop()
        self.node.stop()
        self.node.canif.close()

    @property
    def dead(self) -> bool:
        """Something forbids any output, whatever is ordered."""
        trouble = self.trouble
        return trouble.emergency_stop or trouble.rcd_tripped or trouble.error is not EvseError.NONE

    def _act(self, seconds: float) -> None:
        order = self.node.heard.order
        mode = order.module_mode or PowerModuleMode.OFF
        if self.dead or order.emergency_off or order.module_mode is None:
            mode = PowerModuleMode.OFF
        if mode is not self._mode:
            self._enter(mode)
        self.wires.ac.energized = mode is PowerModuleMode.AC and bool(order.ac_contactor_request)
        self.wires.ac.limit = self.rating.ac_current
        if mode is PowerModuleMode.CABLE_CHECK:
            self._test_cable(order, seconds)
        elif mode in MODES:
            self.state = MODES[mode]
            self._regulate(order, seconds)
        else:
            self._go_off(seconds)
        self._switch(order)

    def _enter(self, mode: PowerModuleMode) -> None:
        self._mode = mode
        if mode is PowerModuleMode.CABLE_CHECK:
            self.check.restart()

    def _test_cable(self, order: PowerOrder, seconds: float) -> None:
        check, cable = self.check, self.wires.cable
        test_voltage = min(order.target_voltage or 500.0, self.rating.max_voltage)
        check.spent += seconds
        self.state = PowerModuleState.CABLE_CHECK
        if check.state is not CableCheckState.RUNNING:
            self._set(0.0, 0.0, seconds)
            return
        if check.status is not IsolationStatus.INVALID:
            self.state = PowerModuleState.DISCHARGING_CABLE
            self._set(0.0, 0.0, seconds)
            if cable.voltage < SAFE_VOLTAGE:
                good = check.status in {IsolationStatus.VALID, IsolationStatus.WARNING}
                check.state = CableCheckState.PASSED if good else CableCheckState.FAILED
            return
        self._set(test_voltage, PRECHARGE_CURRENT, seconds)
        if cable.voltage > 0.95 * test_voltage:
            check.held += seconds
        if check.held * S >= TEST_TIME:
            check.judge(cable.measured_isolation, self.rating)
        elif check.spent > TEST_LIMIT_S:
            check.state, check.status = CableCheckState.FAILED, IsolationStatus.FAULT

    def _regulate(self, order: PowerOrder, seconds: float) -> None:
        limits, rating = self.node.heard.limits, self.rating
        ceiling = rating.max_voltage
        if limits.ev_maximum_voltage_limit is not None:
            ceiling = min(ceiling, limits.ev_maximum_voltage_limit)
        voltage = min(order.target_voltage or 0.0, ceiling)
        current = min(order.target_current or 0.0, self.available_current())
        if limits.ev_maximum_current_limit is not None:
            current = min(current, limits.ev_maximum_current_limit)
        if self._mode is PowerModuleMode.PRE_CHARGE:
            current = min(current, PRECHARGE_CURRENT)
        self._set(voltage, current, seconds)

    def available_current(self) -> float:
        """By current and power rating at the present voltage, derated."""
        voltage = max(self.wires.cable.voltage, self.rating.min_voltage)
        by_power = self.rating.max_power / voltage
        return min(self.rating.max_current, by_power) * self.trouble.derating

    def _go_off(self, seconds: float) -> None:
        self.state = PowerModuleState.FAULT if self.dead else PowerModuleState.STANDBY
        self._output.cut()
        self._set(0.0, 0.0, seconds)

    def _set(self, voltage: float, current: float, seconds: float) -> None:
        if self.trouble.no_output:
            voltage = 0.0
        self._output.follow(voltage, current, seconds)

    def _switch(self, order: PowerOrder) -> None:
        source, discharge = self.wires.cable.source, self._mode is PowerModuleMode.DISCHARGE
        wanted = bool(order.output_contactor_request) and self._mode is not PowerModuleMode.OFF
        source.on = (wanted or self.trouble.stuck_contactor) and not order.emergency_off
        source.voltage = self._output.voltage
        source.limit = 0.0 if discharge else self._output.current
        source.reverse_limit = self._output.current if discharge else 0.0

    def _feel(self, seconds: float) -> None:
        cable = self.wires.cable
        self.meter.count(cable.voltage * cable.current + self.wires.ac.power, seconds)

    def _say_present(self) -> None:
        cable, source = self.wires.cable, self.wires.cable.source
        order = self.node.heard.order
        flowing = cable.current > 0.5
        at_current = flowing and cable.current >= source.limit - 0.5
        wanted = order.target_current or 0.0
        self.node.tell(
            ModulePresent,
            module_state=self.state,
            evse_present_voltage=cable.voltage,
            evse_present_current=cable.current,
            evse_current_limit_achieved=at_current,
            evse_voltage_limit_achieved=flowing and not at_current,
            evse_power_limit_achieved=at_current and source.limit < wanted - 0.5,
            output_contactor=_feedback(closed=source.on),
            evse_error=self.trouble.error,
            emergency_stop=self.trouble.emergency_stop,
        )

    def _say_rest(self) -> None:
        rating, check = self.rating, self.check
        both_ways = rating.bidirectional
        self.node.tell(
            ModuleIsolation,
            isolation_status=check.status,
            cable_check_state=check.state,
            isolation_resistance=check.resistance,
            module_temperature=35.0,
            plug_temperature=25.0,
        )
        self.node.tell(
            ModuleLimits,
            evse_maximum_current_limit=rating.max_current * self.trouble.derating,
            evse_maximum_voltage_limit=rating.max_voltage,
            evse_maximum_power_limit=rating.max_power * self.trouble.derating,
            evse_minimum_current_limit=rating.min_current,
            evse_minimum_voltage_limit=rating.min_voltage,
            evse_minimum_power_limit=0.0,
            evse_maximum_discharge_current_limit=rating.max_current if both_ways else None,
            evse_maximum_discharge_power_limit=rating.max_power if both_ways else None,
            evse_minimum_discharge_current_limit=0.0 if both_ways else None,
            evse_minimum_discharge_power_limit=0.0 if both_ways else None,
        )
        self.node.tell(
            ModuleCapabilities,
            bidirectional=both_ways,
            current_regulation_tolerance=1.0,
            peak_current_ripple=1.0,
            nominal_max_current=rating.max_current,
            nominal_max_voltage=rating.max_voltage,
            nominal_max_power=rating.max_power,
            efficiency=95.0,
        )
        self._say_ac_and_meter()

    def _say_ac_and_meter(self) -> None:
        ac, cable = self.wires.ac, self.wires.cable
        self.node.tell(
            ModuleAc,
            ac_contactor=_feedback(closed=ac.energized),
            rcd_tripped=self.trouble.rcd_tripped,
            ac_nominal_voltage=ac.voltage,
            ac_nominal_frequency=ac.frequency,
            ac_max_current=self.rating.ac_current,
            ac_present_power=ac.power,
        )
        self.node.tell(
            ModuleMeter,
            energy_import=int(self.meter.imported),
            energy_export=int(self.meter.exported),
            meter_power=cable.voltage * cable.current + ac.power,
            meter_status=0,
            meter_id=self.rating.meter_id,
        )


def _feedback(*, closed: bool) -> ContactorFeedback:
    return ContactorFeedback.CLOSED if closed else ContactorFeedback.OPEN
