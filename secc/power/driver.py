"""Power supply and isolation monitor of a driver, as the charger interface orders them.

A client of the charger interface like the power module on CAN.  The cable check puts the output
under voltage, has the monitor test itself, measures, and empties the output before it tells the
outcome.  A supply that says nothing is a malfunction; isolation that falls is told at once.
"""

from enum import Enum
from typing import Final

from bsw.dlt import Logger
from bsw.hardware.port import ContactorsPort, PowerHardware
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler, Task
from secc.api.charger import Charger
from secc.api.literals import EvseError, IsolationStatus
from secc.api.objects import (
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    DcEvsePresentVoltageCurrent,
    DcEvTargetValues,
)

EACH: Final = 200 * MS
"""Set points are sent and values read so often."""
SILENT: Final = 1 * S
TEST_VOLTAGE: Final = 500.0
SHORT_CIRCUIT: Final = 110.0
"""Up to so many ohm a short between the poles must be found: the current is limited by it."""
NEAR: Final = 20.0
SAFE: Final = 60.0
LEAST: Final = 100.0
"""kOhm; below it is a fault."""
CHECK_WITHIN: Final = 25 * S
"""Vehicles give up after some thirty seconds."""
PRE_CHARGE: Final = 2.0


class Activity(Enum):
    OFF = "off"
    RISING = "voltage rising for the cable check"
    TESTING = "the monitor tests itself"
    FALLING = "voltage falling after the cable check"
    PRE_CHARGING = "pre-charge"
    DELIVERING = "delivering"


class DriverPower:
    """``start`` announces the limits and begins to look."""

    def __init__(
        self,
        charger: Charger,
        scheduler: Scheduler,
        hardware: PowerHardware,
        contactors: ContactorsPort,
        log: Logger,
    ) -> None:
        self.activity = Activity.OFF
        self._charger = charger
        self._scheduler = scheduler
        self._supply, self._isolation = hardware.supply, hardware.isolation
        self._contactors = contactors
        self._log = log
        self._target = (0.0, 0.0)
        self._test = (0.0, 0.0)
        self._check_began = self._heard_at = 0
        self._good = self._silent = False
        self._ac: bool | None = None
        self._limits: object = None
        self._task: Task | None = None
        for name, activity in (
            ("start_cable_check", Activity.RISING),
            ("start_pre_charge", Activity.PRE_CHARGING),
            ("current_demand_started", Activity.DELIVERING),
            ("current_demand_finished", Activity.OFF),
            ("dc_open_contactor", Activity.OFF),
            ("dlink_error", Activity.OFF),
            ("dlink_terminate", Activity.OFF),
        ):
            charger.subscribe(name, lambda _none, activity=activity: self._begin(activity))  # type: ignore[misc]
        charger.subscribe("dc_ev_target_voltage_current", self._follow)

    def start(self) -> None:
        self._heard_at = self._scheduler.now
        self._look()
        self._task = self._scheduler.every(EACH, self._look, name="power")

    def stop(self) -> None:
        if self._task is not None:
            self._task.stop()
        self._supply.off()

    def _begin(self, activity: Activity) -> None:
        self.activity = activity
        if activity is Activity.RISING:
            self._check_began = self._scheduler.now
            volts = min(TEST_VOLTAGE, self._supply.ratings.max_voltage)
            self._test = (volts, volts / SHORT_CIRCUIT)
            self._charger.update_isolation_status(isolation_status=IsolationStatus.INVALID)
        self._order()

    def _follow(self, target: DcEvTargetValues) -> None:
        self._target = (
            max(0.0, target.dc_ev_target_voltage),
            max(0.0, target.dc_ev_target_current),
        )
        self._order()

    def _order(self) -> None:
        ratings, (volts, amps) = self._supply.ratings, self._target
        if self.activity in {Activity.RISING, Activity.TESTING}:
            volts, amps = self._test
        elif self.activity is Activity.PRE_CHARGING:
            amps = min(amps, PRE_CHARGE)
        elif self.activity is not Activity.DELIVERING:
            self._supply.off()
            return
        bound = ratings.max_power / volts if volts > 0 else 0.0
        amps = min(amps, ratings.max_current, bound)
        self._supply.deliver(min(volts, ratings.max_voltage), amps)

    def _look(self) -> None:
        self._order()
        self._tell_limits()
        self._tell_present()
        self._check()
        self._watch_isolation()
        self._tell_contactor()

    def _tell_limits(self) -> None:
        ratings = self._supply.ratings
        if ratings == self._limits:
            return
        self._limits = ratings
        self._charger.update_dc_maximum_limits(
            maximum_limits=DcEvseMaximumLimits(
                evse_maximum_current_limit=ratings.max_current,
                evse_maximum_power_limit=ratings.max_power,
                evse_maximum_voltage_limit=ratings.max_voltage,
            )
        )
        self._charger.update_dc_minimum_limits(
            minimum_limits=DcEvseMinimumLimits(
                evse_minimum_current_limit=ratings.min_current,
                evse_minimum_voltage_limit=ratings.min_voltage,
                evse_minimum_power_limit=0.0,
            )
        )

    def _tell_present(self) -> None:
        present = self._supply.present
        if present is None:
            self._hear_nothing()
            return
        self._heard_at = self._scheduler.now
        if self._silent:
            self._silent = False
            self._charger.reset_error()
        volts, amps = present
        self._charger.update_dc_present_values(
            present_voltage_current=DcEvsePresentVoltageCurrent(
                evse_present_voltage=min(1500.0, max(0.0, volts)),
                evse_present_current=max(0.0, amps),
            )
        )

    def _hear_nothing(self) -> None:
        if not self._silent and self._scheduler.now - self._heard_at >= SILENT:
            self._silent = True
            self._log.error("supply silent", remedy="look at its line and its own power")
            self._charger.send_error(error=EvseError.MALFUNCTION)
            self._begin(Activity.OFF)

    def _check(self) -> None:
        """One step of the cable check at a time; late is failed."""
        volts = (self._supply.present or (None, 0.0))[0]
        if self.activity is Activity.RISING and volts is not None:
            if volts >= self._test[0] - NEAR:
                self.activity = Activity.TESTING
                self._isolation.test()
        elif self.activity is Activity.TESTING and self._isolation.tested is not None:
            kilohm = self._isolation.kilohm
            self._good = self._isolation.tested and kilohm is not None and kilohm >= LEAST
            self._log.info("cable check", kilohm=kilohm, good=self._good)
            self._begin(Activity.FALLING)
        elif self.activity is Activity.FALLING and volts is not None and volts < SAFE:
            self._finish(good=self._good)
        late = self._scheduler.now - self._check_began >= CHECK_WITHIN
        if late and self.activity in {Activity.RISING, Activity.TESTING, Activity.FALLING}:
            self._log.error("cable check late", at=self.activity.value)
            self._finish(good=False)

    def _finish(self, *, good: bool) -> None:
        self._begin(Activity.OFF)
        status = IsolationStatus.VALID if good else IsolationStatus.FAULT
        self._charger.update_isolation_status(isolation_status=status)
        self._charger.cable_check_finished(status=good)

    def _watch_isolation(self) -> None:
        """During the charge the station's monitor alone measures."""
        kilohm = self._isolation.kilohm
        watched = self.activity in {Activity.PRE_CHARGING, Activity.DELIVERING}
        known = self._charger.state.isolation
        if watched and kilohm is not None and kilohm < LEAST and known is IsolationStatus.VALID:
            self._log.error("isolation", kilohm=kilohm)
            self._charger.update_isolation_status(isolation_status=IsolationStatus.FAULT)

    def _tell_contactor(self) -> None:
        closed = self._contactors.closed
        if closed is not None and closed is not self._ac and self._charger.state.serves_ac:
            self._ac = closed
            self._charger.ac_contactor_closed(status=closed)
