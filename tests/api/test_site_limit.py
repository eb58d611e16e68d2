"""What the site allows is in the next answer to the vehicle, and the source never gives more."""

from typing import Any

import pytest

from bsw.os.clock import S
from tools.bench.world.direct import Rig

LIMIT = 10_000.0


Targets = list[tuple[int, float]]


def limited(protocol: str, mode: str, **limit: float | None) -> tuple[Rig, Targets]:
    """From 20 s on the site allows less, and from 40 s on it does not matter any more."""
    rig = Rig(protocol, mode=mode, secure=protocol.startswith("iso20"))
    rig.at(20 * S, lambda: rig.charger.limit_power(**limit))
    rig.at(40 * S, rig.charger.limit_power)
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    targets: Targets = []
    rig.charger.subscribe(
        "dc_ev_target_voltage_current",
        lambda told: targets.append((rig.scheduler.now, told.dc_ev_target_current)),
    )
    rig.run()
    return rig, targets


def answers(rig: Rig, kind: str) -> list[tuple[float, Any]]:
    return [
        (when / S, heard.body)
        for when, side, heard in rig.said
        if side == "station" and type(heard.body).__name__ == kind
    ]


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_limit_of_power_falls_in_the_next_answer_and_rises_again(protocol: str) -> None:
    rig, targets = limited(protocol, "DC_extended", power=LIMIT)
    told = answers(rig, "CurrentDemandRes")
    during = [body for when, body in told if 20.2 < when < 40]
    after = [body for when, body in told if 41 < when < 60]
    first = next(when for when, body in told if body.evse_maximum_power_limit.si() <= LIMIT)
    assert first - 20 < 0.2
    for body in during:
        volts = body.evse_present_voltage.si()
        assert body.evse_maximum_power_limit.si() <= LIMIT
        assert body.evse_maximum_current_limit.si() * volts <= LIMIT * 1.01
    assert during
    assert all(body.evse_maximum_power_limit.si() > LIMIT for body in after)
    flowing = [amps for when, amps in targets if 20.2 * S < when < 40 * S]
    assert all(amps <= LIMIT / 300 for amps in flowing)


def test_no_power_at_all_is_a_limit_too() -> None:
    rig, _ = limited("iso2", "DC_extended", power=0.0)
    told = [body for when, body in answers(rig, "CurrentDemandRes") if 20.2 < when < 40]
    assert all(body.evse_maximum_current_limit.si() == 0 for body in told)
    assert told


def test_a_limit_of_each_phase_falls_in_the_next_answer_of_an_ac_outlet() -> None:
    rig, _ = limited("iso2", "AC_three_phase_core", current=6.5, power=None)
    told = answers(rig, "ChargingStatusRes")
    assert {body.evse_max_current.si() for when, body in told if 21 < when < 40} == {6.5}
    assert {body.evse_max_current.si() for when, body in told if when > 42} == {32.0}


def test_the_loop_of_iso_15118_20_has_the_limit_too() -> None:
    rig, _ = limited("iso20-dc", "DC", power=LIMIT)
    told = [body for when, body in answers(rig, "DCChargeLoopRes") if 20.6 < when < 40]
    control = [body.cl_res_control_mode for body in told]
    assert {one.evse_maximum_charge_power.si() for one in control} == {LIMIT}
    assert all(one.evse_maximum_charge_current.si() < 40 for one in control)
