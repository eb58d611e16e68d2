"""A station that shows E or F sees no plug go out: the next one goes in when it does again."""

from types import SimpleNamespace
from typing import Any

from bsw.cp.pilot import X1, F, PilotState
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from tools.conformance.bench import Setup
from tools.tester.place.equipment import Equipment
from tools.tester.place.plugs import SimulatedPlug
from tools.tester.place.station_bench import ForeignStation
from tools.tester.profile import Device, PilotPart

STEP = 4 * S


def bench_at(scheduler: Scheduler) -> tuple[ForeignStation, SimulatedPlug]:
    there = SimpleNamespace(local=SimpleNamespace(port=1))
    loopback = SimpleNamespace(listen=lambda _accept, port: SimpleNamespace(**vars(there), at=port))
    world: Any = SimpleNamespace(scheduler=scheduler, loopback=loopback, worker=None, today=None)
    device = Device(pilot=PilotPart(driver="plug"))
    plug = SimulatedPlug(world, device)
    others: Any = SimpleNamespace(died="")
    equipment = Equipment(world, device, plug, others, others)
    recorded: Any = SimpleNamespace(network=None, case="TC_1")
    return ForeignStation(equipment, recorded, Setup()), plug


def test_the_next_plug_waits_for_a_station_that_sees_it() -> None:
    scheduler = Scheduler(VirtualClock())
    bench, plug = bench_at(scheduler)
    cable = plug._server.cable
    cable.plug()
    bench.run(S)
    cable.source(F)
    scheduler.after(STEP, lambda: cable.source(X1), name="step")
    began = bench.now
    bench.finish()
    assert bench.now - began >= STEP + bench.equipment.device.rest
    assert cable.station.read().state is PilotState.A


def test_a_station_that_stays_in_f_is_not_waited_for_for_ever() -> None:
    scheduler = Scheduler(VirtualClock())
    bench, plug = bench_at(scheduler)
    plug._server.cable.source(F)
    bench.finish()
    assert bench.now <= 12 * S
