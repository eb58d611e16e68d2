"""Contactors open without load on every way but an emergency's, and what cannot wait is counted.

By the vehicle's own measurement, which is older than the station's: the pack is slower here.
"""

from collections.abc import Callable

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from secc.api.literals import EvseError, IsolationStatus
from tools.bench.world.direct import Rig

FAULTS: dict[str, Callable[[Rig], None]] = {
    "malfunction": lambda rig: rig.charger.send_error(error=EvseError.MALFUNCTION),
    "isolation": lambda rig: rig.charger.update_isolation_status(
        isolation_status=IsolationStatus.FAULT
    ),
    "mismatch": lambda rig: setattr(rig, "twist", other_voltage),
    "vehicle error": lambda rig: setattr(rig.state, "error", "FAILED_RESSTemperatureInhibit"),
    "permission": lambda rig: setattr(rig.state, "permission", False),
}


def other_voltage(heard: Heard) -> Heard:
    if not hasattr(heard.body, "evse_present_voltage"):
        return heard
    body = heard.body.replace(evse_present_voltage=type(heard.body.evse_present_voltage).of(
        200.0, type(heard.body.evse_present_voltage.unit).V
    ))  # fmt: skip
    return Heard(heard.session_id, body, heard.signature)


class Slow(Rig):
    """A measurement that is 300 ms old, as over a slow bus."""

    def __init__(self, protocol: str) -> None:
        super().__init__(protocol)
        self.opened: list[float] = []
        follow, tick = self.pack.request_contactors, self.pack.tick
        past = [0.0] * 30

        def watch(*, closed: bool) -> None:
            if not closed and self.pack.wanted_closed:
                self.opened.append(self.state.battery_current or 0.0)
            follow(closed=closed)

        def late(electronics: object, step: int) -> None:
            tick(electronics, step)  # type: ignore[arg-type]  # the rig's own
            past.append(self.state.battery_current or 0.0)
            self.state.battery_current = past.pop(0)

        self.pack.request_contactors = watch  # type: ignore[method-assign]
        self.pack.tick = late  # type: ignore[method-assign]


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_measured_current_has_fallen(protocol: str, fault: str) -> None:
    rig = Slow(protocol)
    rig.at(20 * S, lambda: FAULTS[fault](rig))
    rig.run(120 * S)
    assert "vehicle" in rig.results
    assert len(rig.opened) == 1
    assert abs(rig.opened[0]) <= rig.car.profile.open_current
    assert "SessionStopReq" in rig.names("vehicle")


def test_a_current_that_never_falls_becomes_an_emergency() -> None:
    rig = Rig("iso2")
    rig.at(20 * S, lambda: rig.charger.send_error(error=EvseError.MALFUNCTION))
    tick = rig.pack.tick

    def stuck(electronics: object, step: int) -> None:
        tick(electronics, step)  # type: ignore[arg-type]  # the rig's own
        if rig.state.contactors_closed:
            rig.state.battery_current = 78.0

    rig.pack.tick = stuck  # type: ignore[method-assign]
    rig.run(120 * S)
    assert rig.ending("vehicle") is Ending.CONTACTOR_FAULT
    waited = rig.car.profile.contactor_limit + rig.car.profile.emergency_open_limit
    assert rig.pack.opened_at[-1] <= 20 * S + waited + 500 * MS
    assert rig.state.contactors_closed is False


@pytest.mark.parametrize(
    ("station", "vehicle", "ending", "fault"),
    [
        (380, 0.0, Ending.VOLTAGE_MISMATCH, "STATION_VOLTAGE"),
        (0, 380.0, Ending.CONTACTOR_FAULT, "CONTACTOR_WELDED"),
        (380, 380.0, Ending.CONTACTOR_FAULT, "CONTACTOR_WELDED"),
        (0, 0.0, Ending.TERMINATED, ""),
    ],
)
def test_station_and_vehicle_measure_after_opening(
    station: int, vehicle: float, ending: Ending, fault: str
) -> None:
    rig = Rig("iso2")
    tick = rig.pack.tick
    unit = iso2.Unit.V

    def twist(heard: Heard) -> Heard:
        if not isinstance(heard.body, iso2.WeldingDetectionRes):
            return heard
        told = iso2.PhysicalValue(multiplier=0, unit=unit, value=station)
        body = heard.body.replace(evse_present_voltage=told)
        return Heard(heard.session_id, body, heard.signature)

    def measured(electronics: object, step: int) -> None:
        tick(electronics, step)  # type: ignore[arg-type]  # the rig's own
        if rig.view.phase == "WeldingDetection":
            rig.state.inlet_voltage = vehicle

    rig.twist = twist
    rig.pack.tick = measured  # type: ignore[method-assign]
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run(120 * S)
    result = rig.results["vehicle"]
    assert (result.ending, result.fault) == (ending, fault)
    asked = rig.names("vehicle").count("WeldingDetectionReq")
    assert asked < 60, "the loop has an end"
