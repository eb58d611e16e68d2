"""The vehicle's smaller control units: VCU, energy management, inlet, on-board charger.

Each says what a driver, a schedule or a sensor makes it say, and hears as much of the ECU as it
needs for that.
"""

from dataclasses import dataclass, field, replace

from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from can_adapter.signals.roles import Value
from can_adapter.signals.values import (
    ControlMode,
    EnergyTransferMode,
    LockRequest,
    LockState,
    MobilityNeedsMode,
    PaymentOption,
    PlugState,
    ShiftPosition,
    StopRequest,
    VehicleMode,
    WakeUpReason,
)
from can_adapter.vehicle.report import EcuStatus, Requests, VehicleReport
from can_adapter.vehicle.values import (
    AcLimits,
    AcPresent,
    Inlet,
    MobilityNeeds,
    Permission,
    SecondInlet,
    Selection,
    VehicleStatus,
)
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Wires
from tools.bench.hardware.node import Node


@dataclass(slots=True)
class Wishes:
    """What the driver and the vehicle want; change it and the VCU says it at once."""

    charge: bool = True
    discharge: bool = False
    lock: bool = True
    unlock: bool = False
    stop: StopRequest = StopRequest.NONE
    pause: bool = False
    renegotiate: bool = False
    wake_station: bool = False
    crash: bool = False
    shift: ShiftPosition = ShiftPosition.PARK
    mode: VehicleMode = VehicleMode.CHARGING
    wake_up: WakeUpReason = WakeUpReason.PLUG
    energy_transfer: EnergyTransferMode | None = EnergyTransferMode.DC_EXTENDED
    payment: PaymentOption | None = PaymentOption.EXTERNAL_PAYMENT
    control: ControlMode | None = None
    needs: MobilityNeedsMode | None = None
    inlet: int | None = None
    time: int | None = None


class VehicleControl:
    """The vehicle control unit."""

    def __init__(self, scheduler: Scheduler, node: Node[VehicleReport], pace: int = 1) -> None:
        self.node = node
        self.wishes = Wishes()
        self._said: Wishes | None = None
        self._task = scheduler.every(20 * MS * pace, self._speak, name="VCU", offset=0)

    def stop(self) -> None:
        self._task.stop()

    def _speak(self) -> None:
        wishes = self.wishes
        if wishes == self._said:
            return
        self._said = replace(wishes)
        self.node.tell(
            Permission,
            charge_permission=wishes.charge,
            discharge_permission=wishes.discharge,
            lock_permission=wishes.lock,
            unlock_permission=wishes.unlock,
            stop_request=wishes.stop,
            pause_request=wishes.pause,
            renegotiation_request=wishes.renegotiate,
            wake_station_request=wishes.wake_station,
            crash_detected=wishes.crash,
        )
        self.node.tell(
            VehicleStatus,
            vehicle_mode=wishes.mode,
            shift_position=wishes.shift,
            wake_up_reason=wishes.wake_up,
            immobilized=wishes.shift is ShiftPosition.PARK,
            vehicle_time=wishes.time,
            ambient_temperature=20.0,
        )
        self.node.tell(
            Selection,
            energy_transfer_mode=wishes.energy_transfer,
            payment_option=wishes.payment,
            control_mode=wishes.control,
            mobility_needs_mode=wishes.needs,
            meter_info_wanted=False,
            certificate_installation_wanted=False,
            selected_inlet=wishes.inlet,
        )


class EnergyManagement:
    """Knows when the driver leaves and how far the charge must bring him."""

    def __init__(
        self, scheduler: Scheduler, node: Node[VehicleReport], battery: Battery, pace: int = 1
    ) -> None:
        self.node = node
        self.departs: int | None = scheduler.now + 8 * 3600 * S
        self.minimum_soc = 20.0
        self.target_soc = 80.0
        self.maximum_soc = 100.0
        self.cycles_energy = False
        self._battery = battery
        self._scheduler = scheduler
        self._task = scheduler.every(1 * S * pace, self._speak, name="EMS", offset=0)

    def stop(self) -> None:
        self._task.stop()

    def _speak(self) -> None:
        battery = self._battery
        left = None if self.departs is None else max(0, self.departs - self._scheduler.now) // S
        self.node.tell(
            MobilityNeeds,
            departure_time=left,
            e_amount=max(0.0, battery.energy_to(self.target_soc)),
            target_energy_request=battery.energy_to(self.target_soc),
            max_energy_request=battery.energy_to(self.maximum_soc),
            min_energy_request=battery.energy_to(self.minimum_soc),
            max_v2x_energy_request=battery.energy_to(70.0) if self.cycles_energy else None,
            min_v2x_energy_request=battery.energy_to(30.0) if self.cycles_energy else None,
            minimum_soc=self.minimum_soc,
            target_soc=self.target_soc,
            maximum_soc=self.maximum_soc,
        )


@dataclass(slots=True)
class InletDefects:
    lock_jams: bool = False
    sensor_lost: bool = False  # both of the DC contacts
    one_lost: bool = False
    one_shorted: bool = False
    ac_lost: bool = False
    heat: float = 0.0  # added to the DC contacts' temperature


@dataclass(slots=True)
class InletState:
    """What the inlet feels."""

    lock: LockState = LockState.UNLOCKED
    stop_button: bool = False
    proximity_switch: bool = False
    temperature: float = 20.0
    plug_fault: bool = False
    defects: InletDefects = field(default_factory=InletDefects)


class InletUnit:
    """Plug, lock and temperatures.  A contact warms with the square of its current."""

    LOCKING = 400 * MS
    PERIOD = 20 * MS

    def __init__(
        self,
        scheduler: Scheduler,
        node: Node[VehicleReport],
        wires: Wires,
        pace: int = 1,
        number: int = 1,
    ) -> None:
        self.node = node
        self.number = number
        self.state = InletState()
        self._cable = wires.cable
        self._ac = wires.ac
        self._period = self.PERIOD * pace
        self._wanted = LockState.UNLOCKED
        self._motor = scheduler.alarm(self._arrive, name="lock motor")
        self._task = scheduler.every(self._period, self._speak, name="inlet", offset=0)

    def stop(self) -> None:
        self._task.stop()
        self._motor.cancel()

    def _speak(self) -> None:
        state = self.state
        self._warm(self._period / S)
        asked = self.node.heard.requests
        self._drive_lock(asked.lock_request if self.number == 1 else asked.second_lock_request)
        lost = state.defects.sensor_lost
        hot = state.temperature + state.defects.heat
        self._say(
            plug_state=self._plug(),
            cable_current_limit=32.0 if self.plugged else None,
            lock_state=state.lock,
            stop_button=state.stop_button,
            proximity_switch=state.proximity_switch,
            dc_pin_temperature_1=None if lost or state.defects.one_lost else hot,
            dc_pin_temperature_2=None if lost else self._second(hot),
            ac_pin_temperature=None if state.defects.ac_lost else state.temperature,
        )

    def _second(self, hot: float) -> float:
        return -50.0 if self.state.defects.one_shorted else hot - 1.0

    def _say(self, **told: Value | None) -> None:
        """As the inlet that it is."""
        if self.number == 1:
            self.node.voice.tell(Inlet, told)
        else:
            second = {f"second_{name}": value for name, value in told.items()}
            self.node.voice.tell(SecondInlet, second)

    @property
    def plugged(self) -> bool:
        """By the station's plug, or by another one."""
        cable = self._cable
        return cable.plugged if cable.inlet == self.number else cable.other

    def _plug(self) -> PlugState:
        if self.state.plug_fault:
            return PlugState.FAULT
        return PlugState.PLUGGED if self.plugged else PlugState.UNPLUGGED

    def _warm(self, seconds: float) -> None:
        target = 20.0 + 2.2e-4 * self._cable.current**2 + 5e-3 * self._ac.current**2
        self.state.temperature += (target - self.state.temperature) * seconds / 300.0

    def _drive_lock(self, request: LockRequest | None) -> None:
        target = None
        if request is LockRequest.LOCK:
            target = LockState.LOCKED
        elif request is LockRequest.UNLOCK:
            target = LockState.UNLOCKED
        if target is None or target is self._wanted:
            return
        self._wanted = target
        self.state.lock = LockState.MOVING
        self._motor.rearm(self.LOCKING)

    def _arrive(self) -> None:
        jammed = self.state.defects.lock_jams
        self.state.lock = LockState.ERROR if jammed else self._wanted


class OnBoardCharger:
    """Draws AC as far as everybody allows it, and gives it back where it is told to."""

    EFFICIENCY = 0.93

    def __init__(
        self,
        scheduler: Scheduler,
        node: Node[VehicleReport],
        battery: Battery,
        wires: Wires,
        pace: int = 1,
    ) -> None:
        self.node = node
        self.max_current = 16.0
        self.phases = 3
        self._battery = battery
        self._ac = wires.ac
        self._task = scheduler.every(100 * MS * pace, self._speak, name="OBC", offset=0)

    def stop(self) -> None:
        self._task.stop()

    def _speak(self) -> None:
        self._draw()
        phase = 230.0 * self.max_current
        self.node.tell(
            AcLimits,
            ac_max_voltage=253.0,
            ac_max_current=self.max_current,
            ac_min_current=6.0,
            max_charge_power=phase,
            max_charge_power_l2=phase if self.phases > 1 else None,
            max_charge_power_l3=phase if self.phases > 2 else None,
            min_charge_power=230.0 * 6,
            max_discharge_power=phase,
            max_discharge_power_l2=phase if self.phases > 1 else None,
            max_discharge_power_l3=phase if self.phases > 2 else None,
        )
        power = self._ac.voltage * self._ac.current
        self.node.tell(
            AcPresent,
            present_active_power=power,
            present_active_power_l2=power if self.phases > 1 else None,
            present_active_power_l3=power if self.phases > 2 else None,
            present_reactive_power=0.0,
        )

    def _draw(self) -> None:
        report = self.node.heard
        allowed = report.requests.charge_current_allowed
        limit = min(self.max_current, self._ac.limit, allowed if allowed is not None else 0.0)
        charging = self._ac.energized and limit >= 6.0 and self._battery.soc < 100.0
        self._ac.phases = min(self._ac.phases, self.phases)
        self._ac.current = limit if charging else -self._given(report)

    def _given(self, report: VehicleReport) -> float:
        """A per phase, out of the battery."""
        wanted = report.requests.discharge_current_allowed or 0.0
        can = self._ac.energized and self._battery.discharge_limit() > 0.0
        return min(self.max_current, wanted) if can else 0.0

    @property
    def battery_current(self) -> float:
        """What arrives at the battery, or leaves it: losses are the battery's either way."""
        power = self._ac.power
        share = self.EFFICIENCY if power >= 0.0 else 1.0 / self.EFFICIENCY
        return power * share / max(self._battery.ocv, 1.0)


HEARD_BY_INLET = (Requests,)
HEARD_BY_CHARGER = (Requests, EcuStatus)
