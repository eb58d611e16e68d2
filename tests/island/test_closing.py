"""Contactors close when all conditions hold, and each missing one is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bsw.cp.circuit import RESISTANCE
from bsw.cp.pilot import PilotState
from bsw.island.messages import Has, State, Why
from tests.island.bench import Bench, station, vehicle


@pytest.mark.parametrize("side", [station, vehicle])
def test_all_conditions_hold_and_it_closes(side: Callable[[], Bench]) -> None:
    bench = side().close()
    assert bench.status.state == State.CLOSED
    assert bench.status.feedback == 3
    assert bench.held == set()


def test_one_contactor_follows_the_other() -> None:
    bench = station().plug_in()
    bench.want(lock=2)
    bench.run(500)
    bench.plug_in(PilotState.C)
    bench.want(permit=3)
    while not bench.closed:
        bench.tick()
    assert bench.core.outputs.contactors == 1
    start = bench.core.now
    while bench.core.outputs.contactors != 3:
        bench.tick()
    assert bench.core.now - start == 50


def ready(**config: int) -> Bench:
    """All holds but the permission."""
    bench = station(**config).plug_in()
    bench.want(lock=2)
    bench.run(500)
    return bench.plug_in(PilotState.C)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda bench: bench.want(drive=1), Why.PWM),
        (lambda bench: bench.want(duty=100), Why.PWM),
        (lambda bench: bench.plug_in(PilotState.B), Why.PILOT),
        (lambda bench: bench.want(lock=1), Why.LOCK),
        (lambda bench: setattr(bench, "beating", False), Why.HOST),
        (lambda bench: bench.want(valid=0), Why.HOST),
        (lambda bench: bench.want(stop=1), Why.OPENING),
        (lambda bench: setattr(bench, "ohm", 50), Why.PLUG | Why.FAULT),
        (lambda bench: setattr(bench.core.inputs, "stop_ok", False), Why.FAULT),
    ],
)
def test_one_missing_condition_keeps_it_open(spoil: Callable[[Bench], object], why: Why) -> None:
    bench = ready()
    assert Why(bench.status.inhibit) == Why.PERMIT
    spoil(bench)
    bench.run(400)
    bench.want(permit=3)
    bench.run(500)
    assert not bench.closed
    assert Why(bench.status.inhibit) & why == why


def test_an_unproved_diode_keeps_it_open() -> None:
    bench = ready()
    bench.want(drive=1)
    bench.unplug()
    bench.plug_in(PilotState.C)
    assert Why.DIODE in Why(bench.status.inhibit)


def test_c_is_waited_for() -> None:
    bench = station(closing=700).plug_in()
    bench.want(lock=2, permit=3)
    bench.run(500)
    bench.plug_in(PilotState.C)
    assert Why(bench.status.inhibit) == Why.PILOT
    bench.run(520)
    assert bench.closed


@pytest.mark.parametrize("length", [30, 100])
def test_a_short_c_is_reported_and_closes_nothing(length: int) -> None:
    bench = station(closing=200).plug_in()
    bench.want(lock=2, permit=3)
    bench.run(500)
    before = bench.load
    bench.load = RESISTANCE[PilotState.C]
    bench.run(length)
    bench.load = before
    bench.run(400)
    assert bench.core.view.state == "B"
    assert bench.status.feedback == 0
    pulse = next(edge for edge in bench.edges if (edge.before, edge.after) == (3, 2))
    assert pulse.lasted == length


def test_a_permission_from_before_the_greeting_closes_nothing() -> None:
    bench = ready()
    bench.greet(nonce=5)
    bench.want(permit=3)
    bench.run(1000)
    assert not bench.closed
    assert Why.ARMED in Why(bench.status.inhibit)
    bench.want(permit=0)
    bench.run(100)
    bench.want(permit=3)
    bench.run(200)
    assert bench.closed


def test_a_permission_whose_copy_disagrees_is_none() -> None:
    bench = ready()
    bench.want(permit=3)
    bench.wish = replace(bench.wish, permit_inverse=0)
    bench.run(1200)
    assert not bench.closed
    assert bench.counters.permit > 10


def test_a_permission_that_outlives_a_fault_closes_nothing() -> None:
    bench = ready()
    bench.ohm = 480
    bench.core.inputs.stop_ok = False
    bench.want(permit=3)
    bench.run(300)
    bench.ohm, bench.core.inputs.stop_ok = 220, True
    bench.run(100)
    bench.clear("stop_input")
    bench.run(500)
    assert bench.held == set()
    assert not bench.closed


def test_ventilation_is_served_where_it_is() -> None:
    bench = ready(has=Has.LOCK | Has.METERS | Has.PROXIMITY | Has.VENTILATION)
    bench.want(permit=3, ventilation=1)
    bench.plug_in(PilotState.D)
    bench.run(300)
    assert bench.closed
    assert bench.core.view.state == "D"


def test_a_vehicle_needs_the_oscillator() -> None:
    bench = vehicle()
    bench.duty = 10_000
    bench.plug_in()
    bench.want(lock=2, show=1, permit=3)
    bench.run(800)
    assert not bench.closed
    assert Why(bench.status.inhibit) == Why.PWM


def test_it_closes_again_after_a_permission_seen_withdrawn() -> None:
    bench = station().close()
    bench.want(stop=1)
    bench.run(700)
    assert not bench.closed
    bench.want(stop=0)
    bench.run(300)
    assert not bench.closed
    bench.want(permit=0)
    bench.run(100)
    bench.want(permit=3)
    bench.run(300)
    assert bench.closed
