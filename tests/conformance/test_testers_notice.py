"""The testers find what is wrong: a station or vehicle that deviates fails its case."""

from dataclasses import replace

import pytest

from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.net.channel import Channel
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE as VEHICLE
from keym.judging.verdict import Reason
from secc.session.profile import CONFORMANCE, StationProfile
from tools.conformance.bench import Deviation, Setup
from tools.conformance.station import chains as chains_at_station
from tools.conformance.station import handshake as handshake_cases
from tools.conformance.station import malformed as broken_requests
from tools.conformance.station import stalls as stalls_at_station
from tools.conformance.station.cases import Row
from tools.conformance.vehicle import cases as vehicles
from tools.conformance.vehicle import chains as chains_at_vehicle
from tools.conformance.vehicle import energy, plays
from tools.conformance.vehicle import malformed as broken_answers
from tools.conformance.vehicle.bench import VehicleSetup
from tools.pki.broken.faults import Fault

PATIENT = Timing(everywhere=Change(next_request=120 * S))


@pytest.mark.parametrize(
    ("profile", "row", "said"),
    [
        (
            replace(CONFORMANCE, demand_pilot_states=False),
            Row("CableCheck", "pilot stays in B", "FAILED"),
            "answered with OK",
        ),
        (
            replace(CONFORMANCE, tolerated=frozenset({Tolerance.DISCOVERY_AGAIN})),
            Row("PaymentServiceSelection", "ServiceDiscoveryReq instead", "FAILED_SequenceError"),
            "answered with OK",
        ),
        (replace(CONFORMANCE, timing=PATIENT), Row("Stop", "silence", ""), "open 6.3 s after"),
        (
            replace(CONFORMANCE, profile_tolerance=1.0),
            Row("Start", "profile above PMax", "FAILED_ChargingProfileInvalid"),
            "answered with OK",
        ),
    ],
)
def test_a_station_that_deviates(profile: StationProfile, row: Row, said: str) -> None:
    case = replace(row, setup=replace(row.setup, profile=profile))
    with pytest.raises(Deviation, match=said):
        case.play()


def test_a_station_that_says_the_wrong_code() -> None:
    row = Row("ServiceDetail", "unknown service", "FAILED", setup=Setup(tls=True, detail=True))
    with pytest.raises(Deviation, match="FAILED_ServiceIDInvalid"):
        row.play()


def test_a_station_whose_listener_stays_when_the_set_up_time_is_over() -> None:
    setup = Setup(profile=replace(CONFORMANCE, setup_stops_discovery=False))
    with pytest.raises(Deviation, match="still takes connections"):
        handshake_cases.too_late(setup)


def test_a_vehicle_that_waits_too_long() -> None:
    timing = Timing(exchanges={"CurrentDemand": Change(answer=3 * S)})
    setup = VehicleSetup(profile=replace(VEHICLE, timing=timing))
    with pytest.raises(Deviation, match="goes on"):
        plays.withheld("CurrentDemand", vehicles.LOOP_LIMIT, setup, after=50)


def test_a_vehicle_that_opens_its_contactors_under_load() -> None:
    setup = VehicleSetup(profile=replace(VEHICLE, fast_open_limit=0))
    with pytest.raises(Deviation, match="contactors opened at"):
        energy.closed_in_loop(setup)


NOTHING_WRONG = Fault("none", "nothing is wrong", Reason.EXPIRED, lambda shop: shop.good)


def test_a_vehicle_that_takes_the_chain_it_is_shown() -> None:
    with pytest.raises(Deviation):
        chains_at_vehicle.refused(NOTHING_WRONG, chains_at_vehicle.SECURE)


def test_a_station_that_takes_the_contract_it_is_shown() -> None:
    with pytest.raises(Deviation, match="PaymentDetailsRes OK"):
        chains_at_station.refuses(NOTHING_WRONG, chains_at_station.PNC)


def test_a_station_that_takes_what_is_no_message() -> None:
    with pytest.raises(Deviation, match="was answered with ServiceDiscoveryRes OK"):
        broken_requests.broken(lambda octets: octets, "ServiceDiscovery", Setup())


def test_a_station_that_answers_the_same_request_twice() -> None:
    lenient = replace(CONFORMANCE, tolerated=frozenset({Tolerance.DISCOVERY_AGAIN}))
    with pytest.raises(Deviation, match="answered as well"):
        broken_requests.doubled("ServiceDiscovery", Setup(profile=lenient))


def test_a_vehicle_that_takes_what_is_no_answer() -> None:
    with pytest.raises(Deviation, match="goes on"):
        broken_answers.broken(lambda octets: octets, "SessionSetup", VehicleSetup())


@pytest.mark.parametrize(("share", "patience"), [(0.8, S), (1.2, 5 * S)])
def test_a_vehicle_with_another_patience(share: float, patience: int) -> None:
    timing = Timing(exchanges={"SessionSetup": Change(answer=patience)})
    setup = VehicleSetup(profile=replace(VEHICLE, timing=timing))
    with pytest.raises(Deviation):
        broken_answers.late(share, "SessionSetup", setup)


@pytest.fixture
def nobody_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Channel, "_handshake_late", lambda _channel: None)
    for way in ("close", "abort"):
        monkeypatch.setattr(Channel, way, lambda _channel: None)


@pytest.mark.usefixtures("nobody_closes")
def test_a_station_that_waits_for_a_handshake_for_ever() -> None:
    with pytest.raises(Deviation, match="without a handshake"):
        stalls_at_station.stalled(b"", Setup(tls=True))
