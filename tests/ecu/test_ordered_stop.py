"""What an ordinary stop of the ECU leaves behind: nothing that was not a fault."""

from bsw.cp.pilot import F, Pilot, PilotState
from bsw.mode.ecum import Room
from bsw.os.clock import Action
from tests.ecu.benches import EcuBench


def timeouts(bench: EcuBench) -> set[str]:
    names = (name for name in bench.dem.events if name.startswith("CAN_TIMEOUT"))
    return {name for name in names if bench.dem.stands(name)}


def started() -> EcuBench:
    bench = EcuBench().start()
    bench.run(2.0)
    assert not timeouts(bench)
    return bench


def test_a_bus_that_falls_silent_after_the_stop_leaves_no_trouble_code() -> None:
    bench = started()
    bench.ecum.stop(lambda: None)
    bench.vehicle.stop()
    bench.run(3.0)
    assert not timeouts(bench)


def test_a_bus_that_falls_silent_while_we_run_does() -> None:
    bench = started()
    bench.vehicle.stop()
    bench.run(3.0)
    assert timeouts(bench)


def test_what_is_watched_is_supervised_until_it_has_stopped() -> None:
    """A session that comes down needs its battery's messages to the end."""
    bench = EcuBench()
    waiting: list[Action] = []
    charging = Room("charging", stop=waiting.append)
    ecum = bench.rooms.manage(Room("can", bench.vehicle_can.start), watched=(charging,))
    bench.vehicle.start()
    ecum.start()
    bench.run(2.0)
    ecum.stop(lambda: None)
    assert waiting
    bench.vehicle.stop()
    bench.run(2.0)
    assert timeouts(bench)


def test_a_broken_loop_leaves_the_pilot_in_b_and_the_oscillator_off() -> None:
    """Nothing is left to open contactors in order; without state C no current may flow."""
    bench = EcuBench().start()
    bench.charge()
    heard: list[Pilot] = []
    bench.cable.station.listen(heard.append)
    bench.pair.vehicle_base.process.fall()
    bench.run(0.04)
    assert heard[0].state is PilotState.B
    bench.pair.station_base.process.fall()
    assert bench.cable.driven == F
