"""No session before the vehicle has said how it wants to charge, however early the link is up."""

from bsw.os.clock import MS, S
from bsw.slac.outcome import Linked, Reason
from can_adapter.signals.values import EnergyTransferMode
from evcc.plug.charging import CHOICE_AWAITED
from tools.bench.hardware.faults import faults
from tools.bench.world.whole import Bench

LINK = Linked(bytes(6), bytes(7), bytes(8), 0.0)


def linked_at_once(bench: Bench) -> Bench:
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.AC_THREE_PHASE_CORE
    bench.start()
    bench.manager.linked(LINK)
    return bench


def begun(bench: Bench) -> bool:
    return bench.manager.session is not None


def test_the_first_session_knows_what_the_vehicle_chose() -> None:
    bench = linked_at_once(Bench())
    assert not begun(bench)
    while not begun(bench):
        bench.scheduler.run(bench.scheduler.now + MS)
    assert bench.state.mode == "AC_three_phase_core"
    assert bench.scheduler.now < S


def test_a_vehicle_that_never_says_charges_by_default() -> None:
    bench = Bench()
    faults()["VCU_Selection missing"].make(bench.vehicle)
    linked_at_once(bench)
    bench.scheduler.run(CHOICE_AWAITED - MS)
    assert not begun(bench)
    bench.scheduler.run(CHOICE_AWAITED + 20 * MS)
    assert begun(bench)
    assert bench.state.mode == "DC_extended"


def test_a_link_lost_while_waiting_begins_nothing() -> None:
    bench = linked_at_once(Bench())
    bench.manager.link_lost(Reason.UNPLUGGED)
    bench.scheduler.run(3 * S)
    assert not begun(bench)
