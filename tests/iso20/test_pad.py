"""Wireless transfer: over the pad, paired, aligned, charge - and what is found on the pad."""

from dataclasses import replace
from itertools import groupby, pairwise

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import wpt
from bsw.os.clock import MS, S
from evcc.session.memory import VolatileMemory
from evcc.session.profile import CONFORMANCE as VEHICLE
from evcc.session.receiver import Receiver
from evcc.vehicle import Intent
from secc.api.devices import Association, PadIssue, PadSetup
from secc.session.memory import Memory
from secc.session.profile import CONFORMANCE as STATION
from tools.bench.world.direct import Rig

FIND = ["WPTFinePositioningSetup", "WPTFinePositioning", "WPTPairing"]
PAY = ["AuthorizationSetup", "Authorization", "ServiceDiscovery", "ServiceDetail"]
PAY += ["ServiceSelection"]
CHARGE = ["WPTChargeParameterDiscovery", "WPTAlignmentCheck", "ScheduleExchange"]
CHARGE += ["PowerDelivery", "WPTChargeLoop", "PowerDelivery", "SessionStop"]
FIRST = ["SessionSetup", *FIND, *PAY, *CHARGE]
LATE = ["SessionSetup", *PAY, *FIND, *CHARGE]
BY_CODE = Receiver(pairing=("LF_TxEV",))


def rig_of(
    *,
    dynamic: bool = False,
    late: bool = False,
    receiver: Receiver | None = None,
    memories: tuple[VolatileMemory, Memory] | None = None,
) -> Rig:
    vehicle = replace(
        VEHICLE,
        prefers_dynamic=dynamic,
        meets_after_selection=late,
        receiver=receiver or Receiver(),
    )
    rig = Rig(
        "iso20-wpt",
        mode="WPT",
        secure=True,
        vehicle_profile=vehicle,
        station_profile=replace(STATION, meets_after_selection=late),
        vehicle_memory=None if memories is None else memories[0],
        station_memory=None if memories is None else memories[1],
    )
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    return rig


def full(rig: Rig, after: int = 25 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def row(rig: Rig) -> list[str]:
    return [name for name, _ in groupby(one.removesuffix("Req") for one in rig.names("vehicle"))]


@pytest.mark.parametrize("late", [False, True], ids=["after set-up", "after selection"])
@pytest.mark.parametrize("dynamic", [False, True], ids=["scheduled", "dynamic"])
def test_a_session_in_each_order(*, dynamic: bool, late: bool) -> None:
    rig = full(rig_of(dynamic=dynamic, late=late)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert row(rig) == (LATE if late else FIRST)
    assert (rig.pack.ac_allowed, rig.charger.state.ac_contactor_closed) == (0.0, False)


def test_what_is_drawn_is_the_least_of_receiver_pad_and_site() -> None:
    rig = full(rig_of(), 40 * S)
    drawn: list[float] = []
    rig.at(15 * S, lambda: drawn.append(rig.pack.ac_allowed))
    rig.at(20 * S, lambda: rig.charger.limit_power(power=1_000.0))
    rig.at(25 * S, lambda: drawn.append(rig.pack.ac_allowed))
    rig.run()
    assert drawn == [pytest.approx(3_700.0 / 250.0), pytest.approx(1_000.0 / 250.0)]


@pytest.mark.parametrize("issue", [PadIssue.FOREIGN_OBJECT, PadIssue.LIVING_OBJECT])
def test_an_object_on_the_pad_takes_the_power_off_at_once(issue: PadIssue) -> None:
    rig = full(rig_of(), 40 * S)
    opened: list[int] = []
    rig.charger.subscribe("ac_open_contactor", lambda _none: opened.append(rig.scheduler.now))
    drawn: list[float] = []
    rig.at(20 * S, lambda: rig.pad.detect(issue))
    rig.at(21 * S, lambda: drawn.append(rig.pack.ac_allowed))
    rig.at(30 * S, lambda: rig.pad.detect(PadIssue.NOTHING))
    rig.at(32 * S, lambda: drawn.append(rig.pack.ac_allowed))
    rig.run()
    assert opened[0] == 20 * S, "not with the next message"
    assert drawn[0] == 0.0
    assert drawn[1] > 10.0
    told = {body.spc_charge_diagnostics for body in rig.bodies("WPTChargeLoopRes")}
    assert len(told) == 2
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_an_anomaly_of_the_pad_ends_the_charge() -> None:
    rig = rig_of()
    rig.at(20 * S, lambda: rig.pad.detect(PadIssue.TRANSFER_ANOMALY))
    rig.run()
    assert rig.ending("vehicle") is Ending.STATION_FAULT
    assert rig.ended_at["vehicle"] < 25 * S
    assert row(rig)[-2:] == ["PowerDelivery", "SessionStop"]


def test_power_never_comes_on_over_an_object() -> None:
    rig = rig_of()
    rig.charger.subscribe("charging_needs", lambda _told: rig.pad.detect(PadIssue.FOREIGN_OBJECT))
    rig.run()
    assert rig.ending("station") is Ending.REFUSED
    assert rig.results["station"].code == "FAILED_PowerDeliveryNotApplied"
    assert rig.charger.state.ac_contactor_closed is False


def test_a_misaligned_vehicle_tries_again_until_it_is_aligned() -> None:
    rig = rig_of()
    rig.pad.misaligned = True
    rig.at(15 * S, lambda: setattr(rig.pad, "misaligned", False))
    full(rig, 40 * S).run()
    codes = [body.response_code.value for body in rig.bodies("WPTAlignmentCheckRes")]
    assert codes.count("WARNING_WPT") > 10
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_a_vehicle_that_stays_misaligned_is_not_charged() -> None:
    rig = rig_of()
    rig.pad.misaligned = True
    rig.run()
    assert rig.ending("station") is Ending.ONGOING_TIMEOUT
    assert "ScheduleExchange" not in row(rig)


def test_too_little_arrives_in_the_test() -> None:
    rig = rig_of()
    rig.state.pad_power = 10.0
    rig.at(15 * S, lambda: setattr(rig.state, "pad_power", 40.0))
    full(rig, 40 * S).run()
    asked = [at for at, _, heard in rig.said if isinstance(heard.body, wpt.WPTChargeLoopReq)]
    assert asked[0] > 15 * S
    assert rig.ending("vehicle") is Ending.TERMINATED


def by_code(code: int | None) -> Rig:
    rig = rig_of(receiver=BY_CODE)
    rig.charger.setup_pad(setup=PadSetup(pairing=("External confirmation", "LF_TxEV")))
    rig.state.pad_code = code
    return full(rig)


def test_the_code_of_this_pad_pairs() -> None:
    rig = by_code(4711).run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert {body.observed_id_code for body in rig.bodies("WPTPairingReq")} == {4711}


def test_the_code_of_another_pad_is_an_association_error() -> None:
    rig = by_code(4712).run()
    assert rig.ending("station") is Ending.REFUSED
    assert rig.results["station"].code == "FAILED_AssociationError"
    assert "AuthorizationSetup" not in row(rig)


def test_who_observes_nothing_is_not_paired() -> None:
    rig = by_code(None).run()
    assert rig.ending("station") is Ending.ONGOING_TIMEOUT
    assert row(rig)[-1] == "WPTPairing"


def test_somebody_else_confirms() -> None:
    rig = rig_of()
    rig.charger.update_association(association=Association.ONGOING)
    found = Association.FOUND
    rig.at(15 * S, lambda: rig.charger.update_association(association=found))
    full(rig, 40 * S).run()
    authorized = next(
        at for at, _, heard in rig.said if type(heard.body).__name__ == "AuthorizationSetupReq"
    )
    assert 15 * S <= authorized <= 16 * S
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_without_a_common_method_both_part_in_order() -> None:
    rig = rig_of(receiver=Receiver(positioning=("LPE",))).run()
    assert rig.ending("vehicle") is Ending.INCOMPATIBLE
    assert rig.ending("station") is Ending.TERMINATED
    assert "fine positioning" in rig.results["vehicle"].detail
    assert row(rig) == ["SessionSetup", "WPTFinePositioningSetup", "SessionStop"]


def test_a_receiver_too_high_above_the_pad_is_refused() -> None:
    rig = rig_of(receiver=Receiver(min_clearance=300, max_clearance=400)).run()
    assert rig.results["station"].code == "FAILED_WrongChargeParameter"


def test_the_loop_keeps_its_pace() -> None:
    """[V2G20-5069], [V2G20-5070]: a quarter of a second each, half a second for the station."""
    rig = full(rig_of()).run()
    kinds = (wpt.WPTChargeLoopReq, wpt.WPTChargeLoopRes)
    loops = [(at, side) for at, side, heard in rig.said if isinstance(heard.body, kinds)]
    waits = [b[0] - a[0] for a, b in pairwise(loops) if a[1] == "station"]
    assert max(waits) <= 250 * MS
    rig = rig_of()
    rig.lose = lambda side, heard: (
        side == "vehicle"
        and isinstance(heard.body, wpt.WPTChargeLoopReq)
        and rig.scheduler.now > 20 * S
    )
    rig.run()
    assert rig.ending("station") is Ending.SEQUENCE_TIMEOUT
    assert rig.ended_at["station"] <= 20 * S + 700 * MS
    assert rig.charger.state.ac_contactor_closed is False


def test_a_paused_session_goes_on_at_its_parameters() -> None:
    """[V2G20-5046]."""
    memories = VolatileMemory(), Memory()
    first = rig_of(memories=memories)
    first.at(25 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    assert first.ending("vehicle") is first.ending("station") is Ending.PAUSED
    second = full(rig_of(memories=memories))
    second.pad.stand_here()
    second.run()
    assert row(second) == ["SessionSetup", *CHARGE]
    assert second.ending("vehicle") is Ending.TERMINATED
