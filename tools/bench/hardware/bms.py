"""The battery management: measures, decides what the battery may take, moves the contactors.

It obeys the charging ECU's contactor request as long as that arrives, opens when it stays away,
and asks for current only with closed contactors.
"""

from dataclasses import dataclass
from typing import Final

from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from can_adapter.signals.values import ContactorRequest, EvErrorCode
from can_adapter.vehicle.report import Requests, VehicleReport
from can_adapter.vehicle.values import Battery as BatteryValues
from can_adapter.vehicle.values import Contactors as ContactorValues
from can_adapter.vehicle.values import Limits, Targets
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Cable
from tools.bench.hardware.contactors import Contactors
from tools.bench.hardware.node import Node

FAST, SLOW = 10 * MS, 100 * MS
FORECAST: Final = 10
"""How many slow turns a forecast of the remaining time holds."""

HEARS = (Requests,)


@dataclass(slots=True)
class Moods:
    """What a test or a person may change while it runs."""

    error: EvErrorCode = EvErrorCode.NO_ERROR
    fault_code: int | None = None
    target_soc: float = 80.0
    full_soc: float = 100.0
    measures_isolation: bool = True  # whenever the ECU lets it
    isolation: float = 5_000.0  # kOhm
    hv_interlock_closed: bool = True
    voltage_error: float = 0.0  # added to the measured inlet voltage
    voltage_window: float = 50.0  # it refuses to close over more than this


class BatteryManagement:
    def __init__(
        self,
        scheduler: Scheduler,
        node: Node[VehicleReport],
        battery: Battery,
        cable: Cable,
        pace: int = 1,
    ) -> None:
        self.moods = Moods()
        self.contactors = Contactors(scheduler)
        self.battery = battery
        self.node = node
        self._cable = cable
        self._measuring = False
        self._foreseen: tuple[float, ...] = ()  # for which states of charge,
        self._remaining: tuple[int | None, ...] = ()  # how long until they are reached,
        self._old = 0  # and how many turns ago that was worked out
        self._fast = scheduler.every(FAST * pace, self._quick, name="BMS fast", offset=0)
        self._slow = scheduler.every(SLOW * pace, self._slowly, name="BMS slow", offset=0)

    def stop(self) -> None:
        self._fast.stop()
        self._slow.stop()
        self._let_isolation_be()

    @property
    def complete(self) -> bool:
        return self.battery.soc >= self.moods.target_soc

    def _quick(self) -> None:
        requests = self.node.heard.requests
        self._move(requests.contactor_request)
        self._measure_isolation(allowed=requests.isolation_measurement_request is True)
        self._say_contactors()
        self._say_targets(requests.charge_current_allowed)

    def _slowly(self) -> None:
        self._say_limits()
        self._say_battery()

    def _move(self, request: ContactorRequest | None) -> None:
        """Close only over a small voltage; open when nobody asks any more."""
        wanted = request or ContactorRequest.OPEN
        gap = abs(self._cable.inlet_voltage - self.battery.ocv)
        closing = wanted is ContactorRequest.CLOSE
        if closing and not self.contactors.closed and gap > self.moods.voltage_window:
            wanted = self.contactors.request
        if closing and not self.moods.hv_interlock_closed:
            wanted = ContactorRequest.OPEN
        self.contactors.demand(wanted)

    def _measure_isolation(self, *, allowed: bool) -> None:
        wanted = allowed and self.moods.measures_isolation and not self.contactors.closed
        if wanted and not self._measuring:
            self._measuring = True
            self._cable.monitors += 1
        elif not wanted:
            self._let_isolation_be()

    def _let_isolation_be(self) -> None:
        if self._measuring:
            self._measuring = False
            self._cable.monitors -= 1

    def _say_contactors(self) -> None:
        contactors = self.contactors
        self.node.tell(
            ContactorValues,
            contactor_state=contactors.state,
            positive_contactor=contactors.positive.feedback,
            negative_contactor=contactors.negative.feedback,
            contactor_voltage=max(0.0, self._cable.inlet_voltage + self.moods.voltage_error),
            link_voltage=self.battery.voltage,
            present_current=self.battery.current,
            isolation_monitoring_active=self._measuring,
            hv_interlock_closed=self.moods.hv_interlock_closed,
        )

    def _say_targets(self, allowed: float | None) -> None:
        battery, ready = self.battery, self.moods.error is EvErrorCode.NO_ERROR
        wanted = 0.0 if self.complete or not ready else battery.wanted_current()
        if allowed is not None:
            wanted = min(wanted, allowed)
        self.node.tell(
            Targets,
            target_voltage=battery.pack.max_voltage,
            target_current=wanted,
            discharge_target_current=0.0,
            ev_ready=ready,
            charging_complete=self.complete,
            bulk_charging_complete=battery.soc >= min(80.0, self.moods.target_soc),
        )

    def _say_limits(self) -> None:
        battery = self.battery
        self.node.tell(
            Limits,
            max_current_limit=max(1.0, battery.current_limit()),
            max_voltage_limit=battery.pack.max_voltage,
            max_power_limit=battery.pack.max_power,
            min_current_limit=0.0,
            min_voltage_limit=battery.pack.min_voltage,
            min_power_limit=0.0,
            discharge_max_current_limit=battery.discharge_limit(),
            discharge_max_power_limit=round(battery.discharge_limit() * battery.voltage, -2),
            discharge_min_current_limit=0.0,
            discharge_min_power_limit=0.0,
            discharge_minimal_soc=20.0,
        )

    def _say_battery(self) -> None:
        battery, moods = self.battery, self.moods
        full, bulk, target = self._forecast(moods.full_soc, 80.0, moods.target_soc)
        self.node.tell(
            BatteryValues,
            soc=float(int(battery.soc * 10)) / 10,
            ev_error_code=moods.error,
            battery_fault_code=moods.fault_code,
            energy_capacity=battery.energy,
            energy_request=max(0.0, round(battery.energy_to(moods.target_soc), -1)),
            full_soc=moods.full_soc,
            bulk_soc=80.0,
            remaining_time_to_full_soc=full,
            remaining_time_to_bulk_soc=bulk,
            remaining_time_to_target_soc=target,
            ress_conditioning=False,
            cabin_conditioning=False,
            min_cell_temperature=battery.temperature - 1.5,
            max_cell_temperature=battery.temperature + 1.5,
            isolation_resistance=moods.isolation if self._measuring else None,
        )

    def _forecast(self, *goals: float) -> tuple[int | None, ...]:
        """Seconds to each state of charge; worked out once a second, and for other goals."""
        self._old += 1
        if goals != self._foreseen or self._old >= FORECAST:
            self._foreseen, self._old = goals, 0
            self._remaining = tuple(_whole(self.battery.seconds_to(goal)) for goal in goals)
        return self._remaining


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
