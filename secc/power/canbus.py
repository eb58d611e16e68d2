"""Between the power module's bus and the charger interface: a client of both.

The module's values become commands, the charger's variables become orders.  A module that falls
silent is a malfunction, and its order is "off".
"""

from typing import Final

from can_adapter.signals import values
from can_adapter.station.bus import StationBus
from can_adapter.station.values import PowerModule, PowerOrder, VehicleLimits
from secc.api.charger import Charger
from secc.api.literals import EvseError, IsolationStatus
from secc.api.objects import (
    DcEvMaximumLimits,
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    DcEvsePresentVoltageCurrent,
    DcEvTargetValues,
    Energy,
    Power,
    Powermeter,
    SetupPhysicalValues,
)

Mode = values.PowerModuleMode
_CHECKED: Final = {
    values.CableCheckState.PASSED: True,
    values.CableCheckState.FAILED: False,
}


class StationCan:
    """Keeps the charger's state as the module says, and the module as the charger says."""

    def __init__(self, bus: StationBus, charger: Charger) -> None:
        self._bus = bus
        self._charger = charger
        self._order = PowerOrder(
            module_mode=Mode.OFF,
            target_voltage=0.0,
            target_current=0.0,
            output_contactor_request=False,
            ac_contactor_request=False,
            emergency_off=False,
        )
        self._seen: dict[str, object] = {}
        self._check_running = False
        self._check_done = False
        bus.signals.on_change(self._take)
        for name, mode in (
            ("start_cable_check", Mode.CABLE_CHECK),
            ("start_pre_charge", Mode.PRE_CHARGE),
            ("dc_open_contactor", Mode.OFF),
            ("dlink_error", Mode.OFF),
            ("dlink_terminate", Mode.OFF),
        ):
            charger.subscribe(name, lambda _none, mode=mode: self._switch(mode))  # type: ignore[misc]
        for name, mode in (
            ("current_demand_started", Mode.CHARGE),
            ("current_demand_finished", Mode.OFF),
        ):
            charger.subscribe(name, lambda _none, mode=mode: self._loop(mode))  # type: ignore[misc]
        charger.subscribe("dc_ev_target_voltage_current", self._follow)
        charger.subscribe("dc_ev_maximum_limits", self._bound)
        charger.subscribe("ac_close_contactor", lambda _none: self._ac(closed=True))
        charger.subscribe("ac_open_contactor", lambda _none: self._ac(closed=False))

    def start(self) -> None:
        self._bus.publisher.publish(self._order)
        self._bus.publisher.start()
        self._take()

    # From the module

    def _take(self) -> None:
        told = self._bus.signals.state
        self._take_present(told)
        self._take_limits(told)
        self._take_isolation(told)
        self._take_ac(told)
        self._take_meter(told)

    def _take_present(self, told: PowerModule) -> None:
        present, charger = told.present, self._charger
        voltage, current = present.evse_present_voltage, present.evse_present_current
        if voltage is not None and self._news("present", (voltage, current)):
            charger.update_dc_present_values(
                present_voltage_current=DcEvsePresentVoltageCurrent(
                    evse_present_voltage=voltage,
                    evse_present_current=max(0.0, current or 0.0),
                )
            )
        silent = present.module_state is None
        error = EvseError.MALFUNCTION if silent else _error(told)
        if self._news("error", error):
            charger.reset_error()
            if error is not None:
                charger.send_error(error=error)

    def _take_limits(self, told: PowerModule) -> None:
        limits, built = told.limits, told.capabilities
        known = (
            limits.evse_maximum_current_limit,
            limits.evse_maximum_voltage_limit,
            limits.evse_maximum_power_limit,
            limits.evse_minimum_current_limit,
            limits.evse_minimum_voltage_limit,
        )
        if None in known or not self._news("limits", known):
            return
        current, voltage, power, least_current, least_voltage = (value or 0.0 for value in known)
        self._charger.update_dc_maximum_limits(
            maximum_limits=DcEvseMaximumLimits(
                evse_maximum_current_limit=current,
                evse_maximum_power_limit=power,
                evse_maximum_voltage_limit=voltage,
            )
        )
        self._charger.update_dc_minimum_limits(
            minimum_limits=DcEvseMinimumLimits(
                evse_minimum_current_limit=least_current,
                evse_minimum_voltage_limit=least_voltage,
                evse_minimum_power_limit=limits.evse_minimum_power_limit or 0.0,
            )
        )
        self._charger.set_charging_parameters(
            physical_values=SetupPhysicalValues(
                ac_nominal_voltage=told.ac.ac_nominal_voltage,
                dc_current_regulation_tolerance=built.current_regulation_tolerance,
                dc_peak_current_ripple=built.peak_current_ripple,
            )
        )

    def _take_isolation(self, told: PowerModule) -> None:
        status = told.isolation.isolation_status
        if status is not None and self._news("isolation", status):
            self._charger.update_isolation_status(isolation_status=IsolationStatus(status.value))
        check = told.isolation.cable_check_state
        if check is values.CableCheckState.RUNNING:
            self._check_running = True
        passed = None if check is None else _CHECKED.get(check)
        waiting = self._order.module_mode is Mode.CABLE_CHECK and not self._check_done
        if passed is not None and waiting and self._check_running:
            self._check_done = True
            self._charger.cable_check_finished(status=passed)

    def _take_ac(self, told: PowerModule) -> None:
        contactor, current = told.ac.ac_contactor, told.ac.ac_max_current
        if contactor is not None and self._news("ac contactor", contactor):
            closed = contactor is values.ContactorFeedback.CLOSED
            self._charger.ac_contactor_closed(status=closed)
        if current is not None and self._news("ac current", current):
            self._charger.update_ac_max_current(max_current=min(400.0, current))

    def _take_meter(self, told: PowerModule) -> None:
        meter = told.meter
        if meter.energy_import is None or not self._news("meter", meter):
            return
        power = None if meter.meter_power is None else Power(total=meter.meter_power)
        self._charger.update_meter_info(
            powermeter=Powermeter(
                timestamp="",
                meter_id=meter.meter_id or "",
                energy_Wh_import=Energy(total=float(meter.energy_import)),
                power_W=power,
            )
        )

    def _news(self, name: str, value: object) -> bool:
        if name in self._seen and self._seen[name] == value:
            return False
        self._seen[name] = value
        return True

    # To the module

    def _switch(self, mode: Mode) -> None:
        if mode is Mode.CABLE_CHECK:
            self._check_running = self._check_done = False
        off = mode is Mode.OFF
        self._change(
            module_mode=mode,
            output_contactor_request=not off,
            ac_contactor_request=False,
            target_voltage=0.0 if off else self._order.target_voltage,
            target_current=0.0 if off else self._order.target_current,
        )

    def _loop(self, mode: Mode) -> None:
        """It begins and ends for AC as well; there the contactor has orders of its own."""
        if not self._order.ac_contactor_request:
            self._switch(mode)

    def _follow(self, target: DcEvTargetValues) -> None:
        self._change(
            target_voltage=max(0.0, target.dc_ev_target_voltage),
            target_current=max(0.0, target.dc_ev_target_current),
        )

    def _ac(self, *, closed: bool) -> None:
        self._change(module_mode=Mode.AC if closed else Mode.OFF, ac_contactor_request=closed)

    def _bound(self, limits: DcEvMaximumLimits) -> None:
        self._bus.publisher.publish(
            VehicleLimits(
                ev_maximum_current_limit=_known(limits.dc_ev_maximum_current_limit),
                ev_maximum_voltage_limit=_known(limits.dc_ev_maximum_voltage_limit),
                ev_maximum_power_limit=_known(limits.dc_ev_maximum_power_limit),
            )
        )

    def _change(self, **changes: object) -> None:
        now = self._order
        if all(getattr(now, name) == value for name, value in changes.items()):
            return  # as in most turns of the loop
        self._order = PowerOrder(
            **{
                name: changes.get(name, getattr(now, name))
                for name in PowerOrder.__dataclass_fields__
            }  # type: ignore[arg-type]  # the names are this class's own
        )
        self._bus.publisher.publish(self._order)


def _error(told: PowerModule) -> EvseError | None:
    if told.present.emergency_stop:
        return EvseError.EMERGENCY_SHUTDOWN
    if told.ac.rcd_tripped:
        return EvseError.RCD
    error = told.present.evse_error
    if error is None or error is values.EvseError.NONE:
        return None
    return EvseError(error.value)


def _known(amount: float | None) -> float | None:
    return None if amount is None else max(0.0, amount)
