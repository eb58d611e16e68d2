"""A peer that says what the schema allows and nobody means: no fault, and an end in order."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import ac, dc
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from tests.iso20.strange import strange
from tests.iso20.test_lifecycle import flows, rig_of, walk

KINDS = {
    "DC": (dc.ScheduledDCCLResControlMode, dc.DynamicDCCLResControlMode),
    "DC_BPT": (dc.BPTScheduledDCCLResControlMode, dc.BPTDynamicDCCLResControlMode),
    "AC_three_phase_core": (ac.ScheduledACCLResControlMode, ac.DynamicACCLResControlMode),
    "AC_BPT": (ac.BPTScheduledACCLResControlMode, ac.BPTDynamicACCLResControlMode),
}
"""Scheduled and dynamic."""
OTHERS = [
    (mode, dynamic, kind)
    for mode, dynamic in (("DC", False), ("DC", True), ("AC_BPT", False), ("AC_BPT", True))
    for name, kinds in KINDS.items()
    if name[:2] == mode[:2]
    for kind in kinds
    if kind is not KINDS[mode][dynamic]
]


@pytest.mark.parametrize("seed", range(16))
def test_whatever_is_said_both_end_in_time_and_safely(seed: int) -> None:
    assert strange(seed) == []


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(8))
def test_many_of_them(chunk: int) -> None:
    assert [line for seed in range(chunk, 2_000, 8) for line in strange(seed)] == []


@pytest.mark.parametrize(
    ("mode", "dynamic", "kind"),
    OTHERS,
    ids=[f"{mode} {('scheduled', 'dynamic')[way]} {kind.__name__}" for mode, way, kind in OTHERS],
)
def test_a_loop_in_another_control_mode_is_left_in_order(
    mode: str,
    *,
    dynamic: bool,
    kind: type,
) -> None:
    """[V2G20-1600]: it says nothing that counts, and the vehicle goes by PowerDelivery."""
    rig = rig_of(f"iso20-{mode[:2].lower()}", mode, dynamic=dynamic)

    def twist(heard: Heard) -> Heard:
        if rig.scheduler.now < 15 * S or not hasattr(heard.body, "cl_res_control_mode"):
            return heard
        return replace(heard, body=heard.body.replace(cl_res_control_mode=smallest(kind)))

    rig.twist = twist
    rig.run(60 * S)
    assert rig.ending("vehicle") is Ending.IMPLAUSIBLE
    assert rig.ended_at["vehicle"] < 20 * S
    assert walk(rig)[-1] == "SessionStop"
    assert flows(rig) == 0.0


def test_a_start_that_is_answered_as_a_standby_is_a_start() -> None:
    """WARNING_StandbyNotAllowed is about a standby; to a start it forbids nothing."""
    rig = rig_of("iso20-dc", "DC")

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "PowerDeliveryRes":
            return heard
        code = ResponseCode.WARNING_STANDBY_NOT_ALLOWED
        return replace(heard, body=heard.body.replace(response_code=code))

    rig.twist = twist
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert len(rig.loops()) > 20
