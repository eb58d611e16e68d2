"""Whole sessions of ISO 15118-20 between our two roles: what is agreed, what flows, the end."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE
from tools.bench.world.direct import Rig

SERVICES = [
    ("iso20-dc", "DC"),
    ("iso20-dc", "DC_extended"),
    ("iso20-dc", "DC_BPT"),
    ("iso20-dc", "MCS"),
    ("iso20-dc", "MCS_BPT"),
    ("iso20-ac", "AC_single_phase_core"),
    ("iso20-ac", "AC_three_phase_core"),
    ("iso20-ac", "AC_BPT"),
]
CONTROL = [
    pytest.param(False, False, id="scheduled"),
    pytest.param(True, False, id="dynamic"),
    pytest.param(True, True, id="dynamic, needs of the station"),
]


def rig_of(application: str, mode: str, *, dynamic: bool = False, needs: bool = False) -> Rig:
    profile = replace(CONFORMANCE, prefers_dynamic=dynamic, prefers_needs_of_station=needs)
    return Rig(application, mode=mode, secure=True, vehicle_profile=profile)


def full(rig: Rig, after: int = 30 * S) -> Rig:
    """The vehicle has enough after a while."""
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


@pytest.mark.parametrize(("dynamic", "needs"), CONTROL)
@pytest.mark.parametrize(("application", "mode"), SERVICES)
def test_a_session_ends_as_agreed(
    application: str, mode: str, *, dynamic: bool, needs: bool
) -> None:
    rig = full(rig_of(application, mode, dynamic=dynamic, needs=needs)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.plug.state == "B"
    assert rig.state.contactors_closed is False
    loops = rig.names("vehicle").count(f"{application[-2:].upper()}ChargeLoopReq")
    assert loops > 100
    control = [type(body.cl_req_control_mode).__name__ for body in rig.loops()]
    assert len(set(control)) == 1
    assert control[0].startswith("BPT") is mode.endswith("BPT")
    assert ("Dynamic" in control[0]) is dynamic


@pytest.mark.parametrize(("dynamic", "needs"), CONTROL)
def test_energy_reaches_the_battery_within_its_limits(*, dynamic: bool, needs: bool) -> None:
    rig = full(rig_of("iso20-dc", "DC", dynamic=dynamic, needs=needs), 60 * S).run()
    assert rig.electronics.energy > 300
    assert 100.0 < max(rig.pack.asked) <= 120.0


@pytest.mark.parametrize(("dynamic", "needs"), CONTROL)
def test_the_charger_on_board_gets_what_all_allow(*, dynamic: bool, needs: bool) -> None:
    rig = rig_of("iso20-ac", "AC_three_phase_core", dynamic=dynamic, needs=needs)
    allowed: list[float] = []
    rig.at(20 * S, lambda: allowed.append(rig.pack.ac_allowed))
    full(rig).run()
    assert allowed == [pytest.approx(16.0)]
    assert rig.pack.ac_allowed == 0.0
