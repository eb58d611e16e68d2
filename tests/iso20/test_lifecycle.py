"""How sessions of ISO 15118-20 stop, rest, come back and change while they run."""

from dataclasses import replace
from itertools import groupby

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from evcc.session.memory import VolatileMemory
from evcc.session.profile import CONFORMANCE
from evcc.vehicle import Intent
from secc.api.literals import AuthorizationStatus, CertificateStatus
from secc.session.memory import Memory
from tools.bench.world.direct import Rig

DC, AC = ("iso20-dc", "DC"), ("iso20-ac", "AC_three_phase_core")
BOTH = pytest.mark.parametrize(("application", "mode"), [DC, AC], ids=["dc", "ac"])


def rig_of(
    application: str,
    mode: str,
    *,
    dynamic: bool = False,
    vehicle: VolatileMemory | None = None,
    station: Memory | None = None,
    leaf: bytes = b"car",
) -> Rig:
    """Both know each other by their certificates, as over TLS 1.3."""
    rig = Rig(
        application,
        mode=mode,
        secure=True,
        vehicle_profile=replace(CONFORMANCE, prefers_dynamic=dynamic),
        vehicle_memory=vehicle,
        station_memory=station,
    )
    rig.station.vehicle_leaf = leaf
    rig.car.station_leaf = b"station"
    return rig


def full(rig: Rig, after: int = 30 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def walk(rig: Rig) -> list[str]:
    """The vehicle's requests, repeated ones once."""
    return [name.removesuffix("Req") for name, _ in groupby(rig.names("vehicle"))]


def flows(rig: Rig) -> float:
    """A, by what carries the energy in this session."""
    return rig.electronics.current if rig.protocol.endswith("dc") else rig.pack.ac_allowed


# Stopping


@BOTH
@pytest.mark.parametrize("when", range(0, 10_000, 1_300))
def test_a_stop_is_heard_in_every_phase(application: str, mode: str, when: int) -> None:
    rig = rig_of(application, mode)
    rig.at(when * MS, lambda: setattr(rig.state, "intent", Intent.STOP))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert rig.ended_at["vehicle"] < when * MS + 15 * S
    assert rig.plug.state == "B"
    assert rig.state.contactors_closed is False


@BOTH
def test_the_station_stops_the_charge(application: str, mode: str) -> None:
    rig = rig_of(application, mode)
    rig.at(20 * S, lambda: rig.charger.stop_charging(stop=True))
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert 20 * S < rig.ended_at["vehicle"] < 30 * S


def test_a_refused_customer_is_told_at_once_and_nothing_flows() -> None:
    rig = rig_of(*DC)
    rig.customer_after = None
    rig.at(
        1 * S,
        lambda: rig.charger.authorization_response(
            authorization_status=AuthorizationStatus.BLOCKED,
            certificate_status=CertificateStatus.ACCEPTED,
        ),
    )
    rig.run()
    answers = [body.response_code.value for body in rig.bodies("AuthorizationRes")]
    assert answers[-1] == "WARNING_EIMAuthorizationFailure"
    assert rig.bodies("AuthorizationRes")[-1].evse_processing.value == "Finished"
    assert rig.ending("vehicle") is Ending.REFUSED
    assert rig.ending("station") is Ending.TERMINATED
    assert rig.electronics.energy == 0.0


# Pause and resume


def paused(application: str, mode: str, vehicle: VolatileMemory, station: Memory) -> Rig:
    rig = rig_of(application, mode, vehicle=vehicle, station=station)
    rig.at(20 * S, lambda: setattr(rig.state, "intent", Intent.PAUSE))
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.PAUSED
    return rig


@BOTH
def test_a_paused_session_goes_on_where_it_was(application: str, mode: str) -> None:
    vehicle, station = VolatileMemory(), Memory()
    first = paused(application, mode, vehicle, station)
    second = full(rig_of(application, mode, vehicle=vehicle, station=station))
    second.customer_after = None
    second.run()
    assert second.ending("vehicle") is second.ending("station") is Ending.TERMINATED
    assert second.station.record.session_id == first.station.record.session_id
    assert walk(second)[1].endswith("ChargeParameterDiscovery")
    assert second.bodies("SessionSetupRes")[0].response_code.value == "OK_OldSessionJoined"


def test_another_vehicle_with_a_stolen_id_gets_a_new_session() -> None:
    vehicle, station = VolatileMemory(), Memory()
    first = paused(*DC, vehicle, station)
    thief = rig_of(*DC, vehicle=vehicle, station=station, leaf=b"another car")
    thief.customer_after = None
    thief.run(120 * S)
    assert thief.bodies("SessionSetupRes")[0].response_code.value == "OK_NewSessionEstablished"
    assert thief.station.record.session_id != first.station.record.session_id
    assert thief.electronics.energy == 0.0


def test_without_a_certificate_nothing_is_resumed() -> None:
    vehicle, station = VolatileMemory(), Memory()
    first = rig_of(*DC, vehicle=vehicle, station=station, leaf=b"")
    first.at(20 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    again = full(rig_of(*DC, vehicle=vehicle, station=station, leaf=b""))
    again.run()
    assert again.bodies("SessionSetupRes")[0].response_code.value == "OK_NewSessionEstablished"
    assert "AuthorizationSetupReq" in again.names("vehicle")


def test_another_station_that_joins_is_not_believed() -> None:
    vehicle, station = VolatileMemory(), Memory()
    paused(*DC, vehicle, station)
    second = rig_of(*DC, vehicle=vehicle, station=station)
    second.car.station_leaf = b"another station"
    second.run(60 * S)
    assert second.ending("vehicle") is Ending.UNKNOWN_SESSION
    assert vehicle.load() is None


@BOTH
def test_in_dynamic_mode_only_the_station_pauses(application: str, mode: str) -> None:
    """[V2G20-1195], [V2G20-1850]: the vehicle terminates where it would have paused."""
    own = rig_of(application, mode, dynamic=True)
    own.at(20 * S, lambda: setattr(own.state, "intent", Intent.PAUSE))
    own.run()
    assert own.ending("vehicle") is Ending.TERMINATED
    asked = rig_of(application, mode, dynamic=True)
    asked.at(20 * S, lambda: asked.charger.pause_charging(pause=True))
    asked.run()
    assert asked.ending("vehicle") is asked.ending("station") is Ending.PAUSED


# Standby


@BOTH
def test_a_vehicle_in_standby_takes_nothing_and_comes_back(application: str, mode: str) -> None:
    rig = full(rig_of(application, mode), 60 * S)
    seen: dict[int, float] = {}
    rig.at(20 * S, lambda: setattr(rig.state, "standby", True))
    rig.at(35 * S, lambda: setattr(rig.state, "standby", False))
    for second in (18, 28, 34, 50):
        rig.at(second * S, lambda second=second: seen.update({second: flows(rig)}))  # type: ignore[misc]
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    steps = [body.charge_progress.value for body in rig.bodies("PowerDeliveryReq")]
    assert steps == ["Start", "Standby", "Start", "Stop"]
    assert seen[18] > 0 < seen[50]
    assert seen[28] == seen[34] == 0.0


# Renegotiation


@BOTH
@pytest.mark.parametrize("who", ["station", "vehicle"])
def test_a_schedule_is_renegotiated_beside_the_loop(application: str, mode: str, who: str) -> None:
    rig = full(rig_of(application, mode), 40 * S)
    ask = rig.asked.renegotiation.ask if who == "vehicle" else rig.charger.renegotiate
    rig.at(20 * S, ask)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    steps = [body.charge_progress.value for body in rig.bodies("PowerDeliveryReq")]
    assert steps == ["Start", "ScheduleRenegotiation", "Stop"]
    streams = [
        heard.payload_type
        for _, side, heard in rig.said
        if side == "vehicle" and type(heard.body).__name__ == "ScheduleExchangeReq"
    ]
    assert streams == [0x8002, 0x8101]


@BOTH
def test_a_station_that_never_has_another_schedule_is_not_asked_for_ever(
    application: str, mode: str
) -> None:
    rig = full(rig_of(application, mode), 120 * S)

    def ask() -> None:
        rig.station.schedules.ready = False
        rig.asked.renegotiation.ask()

    rig.at(20 * S, ask)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    asked = [at for at, _, heard in rig.said if type(heard.body).__name__ == "ScheduleExchangeReq"][
        1:
    ]
    assert 59 * S < asked[-1] - asked[0] < 62 * S
    steps = [body.charge_progress.value for body in rig.bodies("PowerDeliveryReq")]
    assert steps == ["Start", "Stop"]


@BOTH
def test_another_service_on_the_same_connection(application: str, mode: str) -> None:
    """[V2G20-1476], [V2G20-1477]: no new authorization, but everything of the energy path anew."""
    rig = full(rig_of(application, mode), 60 * S)
    rig.at(20 * S, rig.charger.renegotiate_service)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    said = walk(rig)
    assert said.count("ServiceDiscovery") == said.count("ServiceSelection") == 2
    assert said.count("SessionSetup") == said.count("Authorization") == 1
    assert said.count("DCCableCheck") == (2 if mode == "DC" else 0)
    assert len({heard.session_id for _, side, heard in rig.said if side == "station"}) == 1
