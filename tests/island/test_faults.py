"""Each fault: found by its name, opened within its time, ended by its rule."""

from collections.abc import Callable

import pytest

from bsw.cp.circuit import RESISTANCE
from bsw.cp.pilot import PilotState
from bsw.cp.proximity import Connector, proximity
from bsw.cp.table import FAULTS, OPENINGS
from bsw.island.messages import Bits, Has, State, Why
from tests.island.bench import EVERYTHING, OPEN, Bench, station, vehicle
from tests.island.core import loaded

Side = Callable[[], Bench]
Change = Callable[[Bench], object]


def setting(**values: object) -> Change:
    def change(bench: Bench) -> None:
        for name, value in values.items():
            setattr(bench, name, value)

    return change


def input_of(**values: object) -> Change:
    def change(bench: Bench) -> None:
        for name, value in values.items():
            setattr(bench.core.inputs, name, value)

    return change


def hot(bench: Bench) -> None:
    bench.core.inputs.temperature[1] = 901


def cool(bench: Bench) -> None:
    bench.core.inputs.temperature[1] = 200


def sensor(quality: int) -> Change:
    def change(bench: Bench) -> None:
        bench.core.inputs.quality[0] = quality

    return change


def loop_stalls(bench: Bench) -> None:
    bench.core.step(50)


def nothing(_: Bench) -> None:
    """The cause is gone by itself."""


CHARGING = [
    # side, fault, its cause, ms until found, the cause gone
    (station, "pilot_fault", setting(levels=(14000, -12000)), 20, setting(levels=None)),
    (station, "pilot_fault", setting(levels=(-12000, -12000)), 20, setting(levels=None)),
    (station, "pilot_short", setting(levels=(0, 0)), 20, setting(levels=None)),
    (station, "pilot_short", setting(levels=(0, -12000)), 20, setting(levels=None)),
    (station, "diode_short", setting(diode=False), 20, setting(diode=True)),
    (station, "ventilation_missing", setting(load=RESISTANCE[PilotState.D]), 10, nothing),
    (station, "proximity_lost", setting(ohm=OPEN), 10, setting(ohm=220)),
    (station, "proximity_short", setting(ohm=10), 10, setting(ohm=220)),
    (station, "stop_input", input_of(stop_ok=False), 10, input_of(stop_ok=True)),
    (station, "temperature", hot, 1000, cool),
    (station, "temperature_sensor", sensor(2), 0, sensor(1)),
    (station, "contactor_moved", setting(contactor_stuck=1), 10, setting(contactor_stuck=0)),
    (station, "lock_lost", input_of(lock=0), 10, input_of(lock=2)),
    (station, "late_loop", loop_stalls, 0, nothing),
    (station, "host_lost", setting(beating=False), 300, setting(beating=True)),
    (vehicle, "host_lost", setting(beating=False), 300, setting(beating=True)),
    (vehicle, "station_fault", setting(levels=(0, 0)), 20, setting(levels=None)),
    (vehicle, "station_fault", setting(levels=(-12000, -12000)), 20, setting(levels=None)),
    (vehicle, "pilot_fault", setting(levels=(-5000, -5000)), 20, setting(levels=None)),
    (vehicle, "pwm_lost", setting(duty=10_000), 90, setting(duty=500)),
    (vehicle, "diode_short", setting(diode=False), 20, setting(diode=True)),
    (vehicle, "proximity_lost", setting(ohm=OPEN), 10, setting(ohm=220)),
    (vehicle, "proximity_short", setting(ohm=10), 10, setting(ohm=220)),
    (vehicle, "temperature", hot, 1000, cool),
    (vehicle, "temperature_sensor", sensor(2), 0, sensor(1)),
    (vehicle, "contactor_moved", setting(contactor_stuck=1), 10, setting(contactor_stuck=0)),
    (vehicle, "lock_lost", input_of(lock=0), 10, input_of(lock=2)),
    (vehicle, "late_loop", loop_stalls, 0, nothing),
    (vehicle, "stop_input", input_of(stop_ok=False), 10, input_of(stop_ok=True)),
]


def test_a_vehicle_that_measures_one_half_wave_alone_does_not_judge_its_diode() -> None:
    bench = vehicle(has=EVERYTHING & ~Has.NEGATIVE).close()
    bench.diode = False
    bench.run(200)
    assert "diode_short" not in bench.held
    assert bench.core.outputs.contactors == 3


def within(name: str, bench: Bench) -> int:
    _, ac, dc, of_vehicle, *_ = FAULTS[name]
    way = of_vehicle if bench.vehicle else (ac, dc)[bench.config.power]
    return OPENINGS[way][0]


@pytest.mark.parametrize(("side", "name", "cause", "found", "gone"), CHARGING)
def test_it_opens_in_time_and_says_why(
    side: Side, name: str, cause: Change, found: int, gone: Change
) -> None:
    bench = side().close()
    cause(bench)
    took = bench.opening()
    assert took <= found + within(name, bench) + 3
    bench.run(30)
    if name != "pwm_lost":  # of a vehicle that draws nothing it is none
        assert name in bench.held
        assert bench.status.state == State.SAFE
        assert Why.FAULT in Why(bench.status.inhibit)
    assert bench.fault(name).occurrence == 1
    gone(bench)
    bench.want(permit=0)
    bench.flow = 0
    bench.plug_in(PilotState.B)
    bench.run(1000)
    _ended(bench, name)


def _ended(bench: Bench, name: str) -> None:
    ends = FAULTS[name][4]
    if ends == "self":
        assert name not in bench.held
        return
    assert name in bench.held, "a latched fault outlives its cause"
    if ends == "clear":
        if name == "host_lost":
            bench.clear(name)
            assert name in bench.held, "not without a new greeting"
            bench.greet(nonce=9)
            bench.run(60)
        bench.clear(name)
    else:
        bench.clear(name)
        assert name in bench.held, "only the plug drawn ends it"
        bench.unplug()
    bench.run(60)
    assert name not in bench.held


@pytest.mark.parametrize("side", [station, vehicle])
def test_the_button_of_a_type_1_plug_opens_within_100_ms(side: Callable[..., Bench]) -> None:
    bench = side(connector=0).close()
    bench.ohm = 480
    assert 100 <= bench.opening() <= 112
    bench.run(60)
    assert bench.held == {"button"}
    bench.ohm = 150
    bench.run(60)
    assert bench.held == set()


def test_falling_current_opens_before_the_deadline() -> None:
    bench = station().close()
    bench.beating = False
    bench.run(310)
    assert bench.closed
    assert Bits.STOP_LINE in Bits(bench.status.bits)
    bench.flow = 4_900
    bench.run(2)
    assert not bench.closed


def test_an_unknown_current_is_no_low_current() -> None:
    bench = station().close()
    bench.core.inputs.metered = False
    bench.flow = 0
    bench.beating = False
    assert bench.opening() >= 780


def test_an_ac_station_leaves_the_vehicle_its_time() -> None:
    bench = station(power=0).close()
    bench.beating = False
    bench.run(320)
    assert (bench.closed, bench.core.outputs.drive) == (True, 1)
    assert 2600 < bench.opening() <= 3000


@pytest.mark.parametrize("state", [PilotState.B, None])
def test_leaving_c_opens_within_50_ms(state: PilotState | None) -> None:
    bench = station().close()
    bench.load = RESISTANCE[state] if state else float("inf")
    assert bench.opening() <= 12
    assert bench.status.active == 0


def test_short_noise_on_the_pilot_opens_nothing() -> None:
    bench = station().close()
    for level in (9000, 12000, 0, 14000, -12000):
        bench.levels = level, -12000
        bench.run(9)
        bench.levels = None
        bench.run(20)
    assert bench.closed


BOTH = pytest.mark.parametrize("side", [station, vehicle])


@BOTH
def test_a_contactor_that_does_not_close(side: Side) -> None:
    bench = side()
    bench.contactor_stuck = 2
    bench.plug_in()
    bench.want(lock=2, show=1)
    bench.run(500)
    bench.plug_in(PilotState.C)
    bench.want(permit=3)
    bench.run(1000)
    assert not bench.closed
    assert bench.held == {"contactor_stuck"}
    bench.clear("contactor_stuck")
    assert bench.held == set()


def test_a_welded_contactor_keeps_the_lock_and_drives_f() -> None:
    bench = station().close()
    bench.contactor_welded = 1
    bench.want(stop=3)
    bench.run(400)
    assert not bench.closed
    assert bench.held == {"contactor_welded"}
    assert bench.core.outputs.drive == 0
    bench.clear("contactor_welded")
    assert bench.held == {"contactor_welded"}, "its cause is there"
    bench.want(lock=1, stop=0, permit=0)
    bench.run(2000)
    assert bench.status.lock == 2
    assert Why.UNLOCK in Why(bench.status.inhibit)
    bench.contactor_welded = 0
    bench.run(100)
    bench.clear("contactor_welded")
    bench.run(500)
    assert bench.status.lock == 1


@BOTH
def test_a_contactor_that_closes_by_itself(side: Side) -> None:
    bench = side().plug_in()
    bench.contactor_welded = 2
    bench.run(50)
    assert bench.held == {"contactor_moved"}


@BOTH
def test_a_lock_that_does_not_close(side: Side) -> None:
    bench = side().plug_in()
    bench.lock_stuck = True
    bench.want(lock=2)
    bench.run(1600)
    assert bench.held == {"lock_stuck"}
    assert bench.core.outputs.motor == 0
    bench.want(lock=0)
    bench.run(60)
    bench.clear("lock_stuck")
    bench.lock_stuck = False
    bench.want(lock=2)
    bench.run(500)
    assert bench.status.lock == 2
    assert bench.held == set()


@pytest.mark.parametrize(
    "live",
    [
        input_of(voltage_mv=61_000),
        input_of(voltage_mv=-61_000),
        input_of(metered=False),
        setting(contactor_welded=1),
    ],
)
def test_it_unlocks_with_proof_only(live: Change) -> None:
    bench = station().close()
    bench.want(stop=1)
    bench.run(800)
    live(bench)
    bench.want(lock=1)
    bench.run(400)
    assert bench.status.lock == 2
    assert Why.UNLOCK in Why(bench.status.inhibit)


def test_it_unlocks_without_meters_once_open() -> None:
    bench = station(has=Has.LOCK).close()
    bench.want(lock=1)
    bench.run(400)
    assert bench.status.lock == 2
    bench.want(stop=3)
    bench.run(500)
    assert bench.status.lock == 1


def test_a_station_that_stops_the_oscillator_waits_six_seconds() -> None:
    bench = station().close()
    bench.want(drive=1)
    took = bench.opening()
    assert 5990 <= took <= 6060


def test_one_contactor_alone_opens_for_the_welding_test() -> None:
    bench = station().close(flow=0)
    bench.want(permit=1)
    bench.run(100)
    assert bench.core.outputs.contactors == 1
    assert bench.status.feedback == 1


def test_openings_under_load_are_counted() -> None:
    bench = station().close()
    bench.want(stop=3)
    bench.run(1200)
    assert (bench.counters.cycles, bench.counters.under_load) == (2, 2)


@pytest.mark.parametrize("how", [0, 1])
def test_damaged_memory_opens_and_stays_open(how: int) -> None:
    bench = station().close()
    bench.core.damage(how)
    bench.run(60)
    assert not bench.closed
    assert "memory" in bench.held
    assert bench.core.outputs.drive == 0
    bench.clear("memory")
    bench.unplug()
    assert "memory" in bench.held


def test_a_short_is_found_as_soon_as_f_is_left() -> None:
    bench = station()
    bench.want(drive=0)
    bench.run(100)
    assert (bench.core.view.state, bench.held) == ("F", set())
    bench.levels = 0, 0
    bench.want(drive=2)
    bench.run(100)
    assert bench.held == {"pilot_short"}


def test_an_e_of_its_own_is_no_fault() -> None:
    bench = station().plug_in()
    bench.want(drive=3)
    bench.run(100)
    assert (bench.core.view.state, bench.held) == ("E", set())


def test_deadlines_hold_over_the_wrap_of_the_counter() -> None:
    bench = Bench(start=2**32 - 1500).begin().close()
    bench.run(400)
    assert bench.core.now < 2000
    bench.beating = False
    assert bench.opening() <= 803


def test_proximity_in_c_means_what_it_means_in_python() -> None:
    core = loaded()
    for number, connector in enumerate((Connector.TYPE1, Connector.TYPE2)):
        for ohm in [*range(0, 2600, 7), 74, 75, 149, 150, 315, 339, 340, 999, 1000, 2199, 2200]:
            seen = core.proximity_classify(number, ohm)
            here = proximity(connector, ohm)
            assert (seen in {1, 2}) == here.plugged
            assert (seen == 2) == here.button


def test_a_pilot_driver_that_stays_at_f_is_found() -> None:
    bench = station()
    bench.want(drive=0)
    bench.run(100)
    bench.levels = -12000, -12000
    bench.want(drive=2)
    bench.run(100)
    assert bench.held == {"pilot_fault"}


def test_a_current_back_into_the_vehicle_is_a_current() -> None:
    bench = station().close(flow=-100_000)
    bench.beating = False
    assert bench.opening() >= 780


@pytest.mark.parametrize(
    ("hertz", "sees"), [(949, False), (950, True), (1050, True), (1051, False)]
)
def test_an_oscillator_of_another_frequency_is_none(hertz: int, *, sees: bool) -> None:
    bench = vehicle().plug_in()
    bench.frequency = hertz
    bench.want(lock=2, show=1, permit=3)
    bench.run(800)
    assert (Why.PWM not in Why(bench.status.inhibit)) is sees
