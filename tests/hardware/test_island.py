"""The island as hardware of a plug, with the C core at the other end of its line."""

import pytest

from bsw.cp.pilot import X1, Drive, F, Pilot, PilotState
from bsw.dlt import silent
from bsw.hardware.found import NoDriver, known, maker
from bsw.hardware.port import Side, Surroundings
from bsw.island.config import IslandConfig
from bsw.island.driver import IslandHardware
from csm.randomness import SeededRandomness
from tests.island.bench import OPEN
from tests.island.twin import Twin


class Plug:
    """A driver, the core it drives, and what it said."""

    def __init__(self, side: Side, settings: IslandConfig | None = None) -> None:
        self.twin = Twin(role=int(side is Side.VEHICLE))
        self.begun: list[str] = []
        self.why: list[str] = []
        self.seen: list[Pilot] = []
        around = Surroundings(
            side,
            settings or IslandConfig(),
            self.twin.scheduler,
            silent(),
            SeededRandomness("plug"),
            self._line,
        )
        hardware = maker("island")(around)
        assert isinstance(hardware, IslandHardware)
        self.hardware = hardware
        hardware.vehicle_pilot.listen(self.seen.append)
        hardware.start(lambda: self.begun.append("ready"), self.why.append)
        self.twin.scheduler.post(lambda: self.twin.connect(hardware.link), name="line")
        self.run(300)

    def _line(self, _user: object) -> Twin:
        return self.twin

    def run(self, ms: int) -> None:
        self.twin.run(ms)

    @property
    def closed(self) -> bool | None:
        return self.hardware.contactors.closed

    def plug_in(self, load: float = 2740.0) -> None:
        self.twin.bench.load = load
        self.twin.bench.ohm = 220
        self.run(300)

    def close(self) -> None:
        if not self.twin.bench.vehicle:
            self.hardware.station_pilot.drive(Drive(5.0))
        self.plug_in()
        self.hardware.lock.request(locked=True)
        self.run(500)
        self.hardware.vehicle_pilot.show(PilotState.C)
        self.twin.bench.load = 882.0
        self.hardware.contactors.permit(closed=True)
        self.run(500)
        assert self.closed is True
        self.twin.bench.flow = 100_000
        self.run(100)


SIDES = pytest.mark.parametrize("side", list(Side))


@SIDES
def test_all_readings_are_there_when_it_is_ready(side: Side) -> None:
    plug = Plug(side)
    assert (plug.begun, plug.why) == (["ready"], [])
    hardware = plug.hardware
    assert hardware.contactors.closed is False
    assert hardware.lock.locked is False
    assert hardware.temperatures == (0.0, 0.0)
    assert hardware.faults == ()
    assert not hardware.proximity.read().plugged
    assert "permit" in hardware.contactors.why_open


@SIDES
def test_it_closes_and_opens_as_permitted(side: Side) -> None:
    plug = Plug(side)
    plug.close()
    assert plug.hardware.lock.locked is True
    plug.hardware.contactors.permit(closed=False)
    plug.run(50)
    found = [plug.closed]  # at 100 A the current is given its time
    plug.twin.bench.flow = 1000
    plug.run(50)
    found.append(plug.closed)
    plug.hardware.contactors.permit(closed=True)
    plug.run(500)
    assert [*found, plug.closed] == [True, False, True]


def test_what_the_island_opened_stays_open_until_the_permission_was_withdrawn() -> None:
    plug = Plug(Side.STATION)
    plug.close()
    plug.twin.bench.load = 2740.0
    plug.run(200)
    plug.twin.bench.load = 882.0
    for _ in range(10):
        plug.hardware.contactors.permit(closed=True)
        plug.run(100)
    assert not plug.closed
    plug.hardware.contactors.permit(closed=False)
    plug.run(100)
    plug.hardware.contactors.permit(closed=True)
    plug.run(400)
    assert plug.closed


def test_the_station_sees_levels_state_and_duty() -> None:
    plug = Plug(Side.STATION)
    plug.hardware.station_pilot.drive(X1)
    plug.run(100)
    plug.plug_in()
    assert str(plug.hardware.station_pilot.read()) == "B1"
    plug.hardware.station_pilot.drive(Drive(5.0))
    plug.run(100)
    assert plug.hardware.station_pilot.read() == Pilot(PilotState.B, 5.0)
    high, low = plug.hardware.levels or (0.0, 0.0)
    assert (round(high), low) == (9, -12.0)
    plug.hardware.station_pilot.drive(F)
    plug.run(100)
    assert plug.hardware.station_pilot.read().state is PilotState.F
    assert plug.seen[-1].state is PilotState.F


def test_the_vehicle_sees_the_cable_and_what_the_duty_asks() -> None:
    plug = Plug(Side.VEHICLE)
    plug.plug_in()
    assert plug.hardware.vehicle_pilot.read() == Pilot(PilotState.B, 5.0)
    assert plug.hardware.proximity.read().cable_current == 32.0
    plug.twin.bench.ohm, plug.twin.bench.load = OPEN, float("inf")
    plug.run(300)
    assert plug.hardware.vehicle_pilot.read().state is PilotState.A


def test_a_shorted_diode_is_told_and_goes_with_the_plug() -> None:
    plug = Plug(Side.STATION)
    plug.hardware.station_pilot.drive(Drive(5.0))
    plug.twin.bench.diode = False
    plug.plug_in()
    assert plug.hardware.station_pilot.read().diode_short
    plug.twin.bench.load, plug.twin.bench.ohm = float("inf"), OPEN
    plug.run(300)
    assert plug.hardware.faults == ()


def test_a_stop_is_told_and_cleared_once_the_plug_is_out() -> None:
    plug = Plug(Side.STATION)
    plug.close()
    plug.twin.bench.core.inputs.stop_ok = False
    plug.run(100)
    assert plug.hardware.stopped
    plug.twin.bench.core.inputs.stop_ok = True
    plug.run(500)
    assert plug.hardware.stopped, "while plugged in it is held"
    plug.twin.bench.load, plug.twin.bench.ohm = float("inf"), OPEN
    plug.run(500)
    assert plug.hardware.faults == ()


def test_a_broken_sensor_is_no_temperature() -> None:
    plug = Plug(Side.VEHICLE)
    plug.twin.bench.core.inputs.quality[1] = 2
    plug.run(100)
    assert plug.hardware.temperatures == (0.0, None)
    assert plug.hardware.faults == ("temperature_sensor",)


def test_a_lost_line_is_told_with_a_remedy() -> None:
    plug = Plug(Side.VEHICLE)
    plug.twin.drop()
    (why,) = plug.why
    assert "powered and wired" in why


def test_an_unknown_driver_is_told_with_those_there_are() -> None:
    with pytest.raises(
        NoDriver, match=r"no package enters a driver 'hope'.*there are: can, island"
    ):
        maker("hope")


def test_the_island_is_entered_like_any_driver() -> None:
    assert [point.value for point in known()["island"]] == ["bsw.island.driver:IslandHardware"]
