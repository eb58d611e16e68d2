"""What a vehicle may do otherwise than ours is not held against it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.sap import AppProtocol, SupportedAppProtocolReq
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard
from tools.bench.world.network import Options
from tools.conformance.bench import Deviation, NotReached
from tools.conformance.catalogue import everything
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleBench, VehicleSetup
from tools.conformance.vehicle.lab import VehicleLab
from tools.conformance.vehicle.negotiation import agreed, entry_of
from tools.conformance.vehicle.scripted_station import StationTester
from tools.tester.applicable import why_not
from tools.tester.profile import Device

DIN, ISO2 = "urn:din:70121:2012:MsgDef", "urn:iso:15118:2:2013:MsgDef"
ISO20 = "urn:iso:std:iso:15118:-20:DC"
STOP = iso2.SessionStopReq(charging_session=iso2.ChargingSession.TERMINATE)
CASES = {case.id: case for case in everything()}


def offered(*namespaces: str) -> SupportedAppProtocolReq:
    return SupportedAppProtocolReq(
        app_protocol=tuple(
            AppProtocol(
                protocol_namespace=namespace,
                version_number_major=1 if namespace == ISO20 else 2,
                version_number_minor=0,
                schema_id=10 * rank,
                priority=rank,
            )
            for rank, namespace in enumerate(namespaces, start=1)
        )
    )


def test_a_vehicle_that_ranks_another_protocol_first_is_held_to_that_of_the_case() -> None:
    offer = offered(ISO20, ISO2, DIN)
    assert agreed(offer, "iso2").schema_id == 20
    assert agreed(offer, "din").schema_id == 30


def test_the_best_rank_of_the_protocol_counts_and_another_version_does_not() -> None:
    twice = offered(ISO2, ISO2)
    assert entry_of(twice, "iso2").schema_id == 10
    (entry,) = offered(ISO2).app_protocol
    older = SupportedAppProtocolReq(app_protocol=(entry.replace(version_number_major=1),))
    with pytest.raises(NotReached, match="does not offer"):
        entry_of(older, "iso2")


def test_a_vehicle_that_does_not_offer_it_has_not_come_to_the_case() -> None:
    with pytest.raises(NotReached, match="does not offer urn:din:70121"):
        agreed(offered(ISO2), "din")


def test_a_vehicle_that_charges_by_either_current_is_not_asked_to_refuse_one() -> None:
    both = Device(role="evcc", modes=("DC_extended", "AC_three_phase_core"))
    assert "either current" in why_not(CASES["PX-EVCC2-025"], both)
    each = both.model_copy(
        update={"process": both.process.model_copy(update={"run": "car", "each": "case"})}
    )
    assert why_not(CASES["PX-EVCC2-025"], each) == ""
    alone = Device(role="evcc", modes=("AC_three_phase_core",))
    assert why_not(CASES["PX-EVCC2-025"], alone) == ""


def test_a_vehicle_that_charges_by_the_smaller_inlet_is_not_asked_to_refuse_it() -> None:
    wide = Device(role="evcc", protocols=("din",), modes=("DC_extended", "DC_core"))
    assert "DC_core" in why_not(CASES["PX-EVCCD-004"], wide)
    assert why_not(CASES["PX-EVCCD-002"], wide) == ""
    assert why_not(CASES["PX-EVCCD-004"], Device(role="evcc", protocols=("din",))) == ""


class ManyTongues(VehicleLab):
    """It ranks another protocol first."""

    def _options(self) -> Options:
        return replace(super()._options(), protocols=("iso2", "din"))


class Deaf(VehicleLab):
    """Nobody is inside, and it does not hear what the station asks for; its driver is away."""

    inside = None  # type: ignore[assignment]  # as of somebody else's vehicle
    can_order = False


def test_who_does_not_stop_when_asked_fails_what_is_about_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StationTester, "stop_vehicle", lambda _tester: None)
    labs: list[Deaf] = []

    def bench(setup: VehicleSetup) -> VehicleBench:
        labs.append(Deaf(setup))
        return labs[-1]

    case = CASES["PX-EVCC2-015"]
    case.how(replace(case.setup, bench=bench))
    assert labs[0].remarks == ["it did not stop when the station asked it to"]


@pytest.mark.parametrize("identity", ["PX-EVCCD-014", "PX-EVCCD-010"])
def test_a_vehicle_with_two_protocols_passes_what_is_about_its_second(identity: str) -> None:
    case = CASES[identity]
    case.how(replace(case.setup, bench=ManyTongues))


@pytest.mark.parametrize("names", [["ServiceDiscovery"], ["SessionStop", "ServiceDiscovery"]])
def test_who_goes_on_where_nothing_goes_on_has_not_ended_by_ending_well(names: list[str]) -> None:
    bodies = {"ServiceDiscovery": iso2.ServiceDiscoveryReq(), "SessionStop": STOP}
    asked = [(0, Heard(bytes(8), bodies[name])) for name in names]
    tester: Any = SimpleNamespace(asked=asked)
    with pytest.raises(Deviation, match="went on to ServiceDiscovery"):
        judge.gave_up(tester, 0)
    judge.gave_up(tester, len(asked))
    judge.gave_up(SimpleNamespace(asked=asked[:1] if names[0] == "SessionStop" else []), 0)  # type: ignore[arg-type]  # a part of it


@pytest.mark.parametrize("fault", ["zeros", "late-120"])
@pytest.mark.parametrize("anew", [True, False])
def test_a_vehicle_that_comes_anew_after_what_was_broken_has_given_up(
    monkeypatch: pytest.MonkeyPatch, fault: str, *, anew: bool
) -> None:
    """What it says in its next session is not going on in the first."""
    real = judge.ends

    def ends(tester: StationTester, *endings: Ending, within: int = 0) -> object:
        ended = real(tester, *endings, within=within)
        kinds: list[Any] = [iso2.SessionSetupReq] if anew else []
        for kind in (*kinds, iso2.ServiceDiscoveryReq):
            tester.asked.append((tester.lab.now, Heard(bytes(8), smallest(kind), None)))
        return ended

    monkeypatch.setattr(judge, "ends", ends)
    play = CASES[f"NEG-EVCC-MSG-DC-SessionSetup-{fault}"]
    if anew:
        play.play()
    else:
        with pytest.raises(Deviation, match="went on to ServiceDiscovery"):
            play.play()
