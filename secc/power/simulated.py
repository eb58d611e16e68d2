"""Power electronics that exist only as numbers: source, isolation test, contactor, meter.

A client of the charger interface like any other: it hears the variables and answers with
commands.  What hangs at the other end of the cable is a ``Load``, so that a battery model, a
recorded curve or nothing at all can be plugged in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from bsw.os.clock import MS, Action, S
from bsw.os.scheduler import Scheduler, Task
from secc.api.charger import Charger
from secc.api.extensions import DutyOffer
from secc.api.literals import IsolationStatus
from secc.api.objects import (
    AcEvPresentPowerValues,
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    DcEvsePresentVoltageCurrent,
    DcEvTargetValues,
    Energy,
    Power,
    Powermeter,
)
from secc.session.limits import ac_watts

LINE: Final = 400.0
"""A of a phase: more than that no outlet is built for, whatever a vehicle says that it draws."""


class Load(Protocol):
    """What the output feeds: the vehicle behind its contactors."""

    def voltage(self, amps: float) -> float | None:
        """The voltage the load imposes at this current; ``None`` while it is not connected."""


class NoLoad:
    def voltage(self, amps: float) -> float | None:  # noqa: ARG002 - an open end
        return None


class Activity(Enum):
    OFF = "off"
    TESTING = "isolation test"
    DISCHARGING = "voltage falling after the test"
    PRECHARGING = "pre-charge"
    DELIVERING = "delivering"


@dataclass(frozen=True, slots=True)
class Ratings:
    """What the simulated hardware can do, and how fast it is."""

    max_voltage: float = 920.0
    max_current: float = 400.0
    max_power: float = 150_000.0
    back_current: float = 0.0  # what it takes back from a vehicle
    back_power: float = 0.0
    min_voltage: float = 150.0
    min_current: float = 1.0
    volts_per_second: float = 2_000.0
    amps_per_second: float = 100.0
    cable_check: int = 2 * S
    test_voltage: float = 500.0
    contactor: int = 100 * MS
    isolation: IsolationStatus = IsolationStatus.VALID
    meter_id: str = "PW-SIM-1"
    step: int = 10 * MS
    meter_every: int = 1 * S


class SimulatedElectronics:
    """One outlet's hardware.  ``start`` announces the limits and begins to tick."""

    def __init__(
        self,
        charger: Charger,
        scheduler: Scheduler,
        *,
        ratings: Ratings | None = None,
        load: Load | None = None,
    ) -> None:
        self.ratings = ratings or Ratings()
        self.load: Load = load or NoLoad()
        self.voltage = 0.0
        self.current = 0.0
        self.ac_power = 0.0  # W through the contactor, as the vehicle says
        self.energy = 0.0  # Wh into the vehicle, less what came back
        self.taken_back = 0.0
        self.activity = Activity.OFF
        self.target_voltage = 0.0
        self.target_current = 0.0
        self._charger = charger
        self._scheduler = scheduler
        self._by_duty: float | None = None  # A of each phase
        self._ticker: Task | None = None
        self._test_ends = 0
        self._metered = 0
        for name, action in (
            ("start_cable_check", self._begin_test),
            ("start_pre_charge", self._begin_precharge),
            ("current_demand_started", self._begin_delivery),
            ("current_demand_finished", self.switch_off),
            ("dc_open_contactor", self.switch_off),
            ("dlink_error", self.switch_off),
            ("dlink_terminate", self.switch_off),
        ):
            charger.subscribe(name, _without_value(action))
        charger.subscribe("dc_ev_target_voltage_current", self._follow)
        charger.subscribe("ac_ev_present_powers", self._draw)
        charger.subscribe("duty_offer", self._draw_by_duty)
        charger.subscribe("ac_close_contactor", lambda _none: self._contactor(closed=True))
        charger.subscribe("ac_open_contactor", lambda _none: self._contactor(closed=False))

    def start(self) -> None:
        ratings, charger = self.ratings, self._charger
        charger.update_dc_maximum_limits(
            maximum_limits=DcEvseMaximumLimits(
                evse_maximum_current_limit=ratings.max_current,
                evse_maximum_power_limit=ratings.max_power,
                evse_maximum_voltage_limit=ratings.max_voltage,
                evse_maximum_discharge_current_limit=ratings.back_current,
                evse_maximum_discharge_power_limit=ratings.back_power,
            )
        )
        charger.update_dc_minimum_limits(
            minimum_limits=DcEvseMinimumLimits(
                evse_minimum_current_limit=ratings.min_current,
                evse_minimum_voltage_limit=ratings.min_voltage,
                evse_minimum_power_limit=0.0,
            )
        )
        self._tell()
        self._ticker = self._scheduler.every(ratings.step, self._tick, name="electronics")

    def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()

    def switch_off(self) -> None:
        """Energy off at once; the output capacitors still have to empty."""
        self.activity = Activity.OFF
        self.current = self.ac_power = 0.0
        self.target_voltage = self.target_current = 0.0

    def _begin_test(self) -> None:
        self.activity = Activity.TESTING
        self._test_ends = self._scheduler.now + self.ratings.cable_check
        self._charger.update_isolation_status(isolation_status=IsolationStatus.INVALID)

    def _begin_precharge(self) -> None:
        self.activity = Activity.PRECHARGING

    def _begin_delivery(self) -> None:
        if self._charger.state.dc_maximum is not None:
            self.activity = Activity.DELIVERING

    def _follow(self, target: DcEvTargetValues) -> None:
        self.target_voltage = max(0.0, target.dc_ev_target_voltage)
        self.target_current = max(-self.ratings.back_current, target.dc_ev_target_current)

    def _draw(self, told: AcEvPresentPowerValues) -> None:
        """Nobody measures here: what the vehicle says flows, as far as a line carries it."""
        state = self._charger.state
        most = ac_watts(state, LINE) if state.ac_contactor_closed else 0.0
        self.ac_power = max(-most, min(most, told.present_active_power.total))

    def _draw_by_duty(self, told: DutyOffer) -> None:
        """A vehicle without a protocol says nothing: it is taken to draw what it may."""
        self._by_duty = told.current if told.closed else None

    def _contactor(self, *, closed: bool) -> None:
        if not closed:
            self.ac_power = 0.0
        self._scheduler.after(
            self.ratings.contactor,
            lambda: self._charger.ac_contactor_closed(status=closed),
            name="station contactor",
        )

    def _tick(self) -> None:
        seconds = self.ratings.step / S
        if self.activity is Activity.TESTING:
            self._test(seconds)
        elif self.activity is Activity.PRECHARGING:
            self._slew(self._reachable(self.target_voltage), seconds)
        elif self.activity is Activity.DELIVERING:
            self._deliver(seconds)
        else:
            self._slew(0.0, seconds)
        self._finish_test()
        if self._by_duty is not None:
            closed = self._charger.state.ac_contactor_closed
            self.ac_power = ac_watts(self._charger.state, self._by_duty) if closed else 0.0
        self._count(seconds)
        self._tell()

    def _test(self, seconds: float) -> None:
        self._slew(min(self.ratings.test_voltage, self.ratings.max_voltage), seconds)
        if self._scheduler.now >= self._test_ends:
            self.activity = Activity.DISCHARGING

    def _finish_test(self) -> None:
        """The result is told only when the output is below 60 V again."""
        if self.activity is Activity.DISCHARGING and self.voltage < 60.0:
            self.activity = Activity.OFF
            isolation = self.ratings.isolation
            self._charger.update_isolation_status(isolation_status=isolation)
            good = isolation not in {IsolationStatus.FAULT, IsolationStatus.INVALID}
            self._charger.cable_check_finished(status=good)

    def _deliver(self, seconds: float) -> None:
        limits = self._charger.state.dc_maximum
        assert limits is not None, "delivery begins only with limits"
        wanted = min(self.target_current, limits.evse_maximum_current_limit)
        if self.voltage > 0:
            wanted = min(wanted, limits.evse_maximum_power_limit / self.voltage)
            wanted = max(wanted, -self.ratings.back_power / self.voltage)
        step = self.ratings.amps_per_second * seconds
        current = self.current + max(-step, min(step, wanted - self.current))
        imposed = self.load.voltage(current)
        if imposed is None:
            self.current = 0.0
            self._slew(self._reachable(self.target_voltage), seconds)
        else:
            too_high = imposed > self.target_voltage > 0 and current > 0
            self.current = 0.0 if too_high else current
            self.voltage = imposed

    def _slew(self, wanted: float, seconds: float) -> None:
        imposed = self.load.voltage(0.0)
        if imposed is not None:
            self.voltage = imposed
            return
        step = self.ratings.volts_per_second * seconds
        self.voltage += max(-step, min(step, wanted - self.voltage))

    def _reachable(self, voltage: float) -> float:
        return min(voltage, self.ratings.max_voltage)

    def _count(self, seconds: float) -> None:
        power = self.voltage * self.current + self.ac_power
        moved = power * seconds / 3600.0
        self.energy += moved
        self.taken_back += max(0.0, -moved)
        if self._scheduler.now - self._metered >= self.ratings.meter_every:
            self._metered = self._scheduler.now
            self._charger.update_meter_info(
                powermeter=Powermeter(
                    timestamp="",
                    meter_id=self.ratings.meter_id,
                    energy_Wh_import=Energy(total=self.energy + self.taken_back),
                    energy_Wh_export=Energy(total=self.taken_back) if self.taken_back else None,
                    power_W=Power(total=power),
                )
            )

    def _tell(self) -> None:
        """What is measured, when it is not what was told last."""
        volts = min(1500.0, max(0.0, self.voltage))
        amps = max(-self.ratings.back_current, self.current)
        told = self._charger.state.dc_present
        if told and told.evse_present_voltage == volts and told.evse_present_current == amps:
            return
        self._charger.update_dc_present_values(
            present_voltage_current=DcEvsePresentVoltageCurrent(
                evse_present_voltage=volts, evse_present_current=amps
            )
        )


def _without_value(action: Action) -> Callable[[object], None]:
    return lambda _none: action()
