"""Whole sessions between our two roles: what is agreed, what flows, how they end."""

from itertools import pairwise

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.os.clock import MS, S
from evcc.session.memory import VolatileMemory
from evcc.vehicle import Intent
from secc.api.literals import EvseError, IsolationStatus
from secc.power.simulated import Ratings
from secc.session.memory import Memory
from tools.bench.world.direct import Rig

DC = [("din", "DC_extended"), ("din", "DC_core"), ("iso2", "DC_extended"), ("iso2", "DC_core")]
AC = [("iso2", "AC_single_phase_core"), ("iso2", "AC_three_phase_core")]


def full(rig: Rig, after: int = 30 * S) -> Rig:
    """The vehicle has enough after a while."""
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


@pytest.mark.parametrize(("protocol", "mode"), DC + AC)
def test_a_session_ends_as_agreed(protocol: str, mode: str) -> None:
    rig = full(Rig(protocol, mode=mode)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.plug.state == "B"
    assert rig.state.contactors_closed is False


@pytest.mark.parametrize(("protocol", "mode"), DC)
def test_energy_reaches_the_battery_and_no_limit_is_passed(protocol: str, mode: str) -> None:
    rig = full(Rig(protocol, mode=mode), 60 * S).run()
    asked = [body.ev_target_current.si() for body in rig.bodies("CurrentDemandReq")]
    assert rig.electronics.energy > 300
    assert max(asked) <= 120.0
    assert all(later - earlier <= 20.0 * 0.12 for earlier, later in pairwise(asked))
    assert asked[-1] == 0.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_contactors_close_only_after_the_voltages_matched(protocol: str) -> None:
    rig = Rig(protocol)
    mismatch: list[float] = []
    follow = rig.pack.request_contactors

    def watch(*, closed: bool) -> None:
        if closed and not rig.pack.wanted_closed:
            mismatch.append(abs(rig.electronics.voltage - rig.pack.ocv))
        follow(closed=closed)

    rig.pack.request_contactors = watch  # type: ignore[method-assign]
    full(rig).run()
    assert len(mismatch) == 1
    assert mismatch[0] < 20.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_contactors_open_without_current(protocol: str) -> None:
    rig = Rig(protocol)
    amps: list[float] = []
    follow = rig.pack.request_contactors

    def watch(*, closed: bool) -> None:
        if not closed and rig.pack.wanted_closed:
            amps.append(rig.electronics.current)
        follow(closed=closed)

    rig.pack.request_contactors = watch  # type: ignore[method-assign]
    full(rig).run()
    assert amps == [pytest.approx(0.0, abs=1.0)]


@pytest.mark.parametrize(("protocol", "mode"), [("din", "DC_extended"), *AC, ("iso2", "DC_core")])
def test_the_station_stops_the_charge(protocol: str, mode: str) -> None:
    rig = Rig(protocol, mode=mode)
    rig.at(20 * S, lambda: rig.charger.stop_charging(stop=True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert 20 * S < rig.ended_at["vehicle"] < 30 * S


@pytest.mark.parametrize(("protocol", "mode"), [("din", "DC_extended"), *AC, ("iso2", "DC_core")])
def test_the_vehicle_stops_the_charge(protocol: str, mode: str) -> None:
    rig = Rig(protocol, mode=mode)
    rig.at(20 * S, lambda: setattr(rig.state, "intent", Intent.STOP))
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED


@pytest.mark.parametrize(("protocol", "mode"), [("din", "DC_extended"), *AC, ("iso2", "DC_core")])
@pytest.mark.parametrize("when", range(0, 10_000, 700))
def test_a_stop_is_heard_in_every_phase(protocol: str, mode: str, when: int) -> None:
    rig = Rig(protocol, mode=mode)
    rig.at(when * MS, lambda: setattr(rig.state, "intent", Intent.STOP))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert rig.ended_at["vehicle"] < when * MS + 15 * S
    assert rig.plug.state == "B"
    assert rig.state.contactors_closed is False


@pytest.mark.parametrize("mode", ["DC_extended", "AC_three_phase_core"])
def test_a_paused_session_is_joined_again(mode: str) -> None:
    vehicle_memory, station_memory = VolatileMemory(), Memory()
    first = Rig(mode=mode, vehicle_memory=vehicle_memory, station_memory=station_memory)
    first.at(20 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    assert first.ending("vehicle") is first.ending("station") is Ending.PAUSED
    second = full(Rig(mode=mode, vehicle_memory=vehicle_memory, station_memory=station_memory))
    second.customer_after = None
    second.run()
    assert second.ending("vehicle") is second.ending("station") is Ending.TERMINATED
    assert second.station.record.session_id == first.station.record.session_id
    codes = [str(body.response_code) for body in second.bodies("SessionSetupRes")]
    assert codes == ["OK_OldSessionJoined"]
    assert vehicle_memory.load() is None


def test_a_pause_the_station_forgot_becomes_a_new_session() -> None:
    vehicle_memory = VolatileMemory()
    first = Rig(vehicle_memory=vehicle_memory)
    first.at(20 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    second = full(Rig(vehicle_memory=vehicle_memory, seed=2)).run()
    assert second.ending("vehicle") is Ending.TERMINATED
    assert second.station.record.session_id != first.station.record.session_id


@pytest.mark.parametrize("mode", ["DC_extended", "AC_three_phase_core"])
@pytest.mark.parametrize("who", ["vehicle", "station"])
def test_parameters_are_negotiated_anew(mode: str, who: str) -> None:
    rig = Rig(mode=mode)
    if who == "vehicle":
        rig.at(20 * S, rig.asked.renegotiation.ask)
    else:
        rig.at(20 * S, rig.charger.renegotiate)
    full(rig, 60 * S).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    steps = [str(body.charge_progress) for body in rig.bodies("PowerDeliveryReq")]
    assert steps == ["Start", "Renegotiate", "Start", "Stop"]
    assert rig.names("vehicle").count("ChargeParameterDiscoveryReq") == 2
    assert rig.electronics.current == 0.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_bad_isolation_ends_both_sides_before_any_voltage_is_asked_for(protocol: str) -> None:
    rig = Rig(protocol, ratings=Ratings(isolation=IsolationStatus.FAULT)).run()
    assert rig.results["vehicle"].code == "FAILED"
    assert "PreChargeReq" not in rig.names("vehicle")
    assert rig.state.contactors_closed is False


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("error", list(EvseError))
def test_a_station_fault_in_the_loop_ends_in_a_safe_state(protocol: str, error: EvseError) -> None:
    rig = Rig(protocol)
    rig.at(20 * S, lambda: rig.charger.send_error(error=error))
    rig.run()
    assert rig.ended_at["vehicle"] < 30 * S
    assert rig.state.contactors_closed is False
    assert rig.plug.state == "B"
    assert rig.pack.asked[-1] == 0.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_contactors_that_do_not_close_end_the_session(protocol: str) -> None:
    rig = Rig(protocol)
    rig.pack.stuck = False
    rig.run()
    assert rig.ending("vehicle") is Ending.CONTACTOR_FAULT
    assert "CurrentDemandReq" not in rig.names("vehicle")


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_contactors_that_do_not_open_are_reported(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(20 * S, lambda: setattr(rig.pack, "stuck", True))
    full(rig).run()
    assert rig.ending("vehicle") is Ending.CONTACTOR_FAULT


@pytest.mark.parametrize(("protocol", "mode"), [("din", "DC_extended"), *AC, ("iso2", "DC_core")])
def test_a_lost_line_in_the_loop_is_safe_within_the_message_timer(protocol: str, mode: str) -> None:
    rig = Rig(protocol, mode=mode)
    cut = 20 * S
    rig.lose = lambda _side, _heard: rig.scheduler.now >= cut
    rig.run()
    assert rig.ending("vehicle") is Ending.ANSWER_TIMEOUT
    limit = 250 * MS if mode_of(mode).dc else 2 * S
    assert rig.ended_at["vehicle"] <= cut + limit + 100 * MS
    assert rig.state.contactors_closed is False
    assert rig.pack.ac_allowed == 0.0


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_vehicle_that_cannot_be_charged_here_is_told_so_before_the_cable_check(
    protocol: str,
) -> None:
    rig = Rig(protocol, ratings=Ratings(max_voltage=300.0)).run()
    assert rig.ending("vehicle") is Ending.INCOMPATIBLE
    assert "300 V" in rig.results["vehicle"].detail
    assert "CableCheckReq" not in rig.names("vehicle")


def test_without_permission_the_vehicle_waits_and_then_gives_up() -> None:
    rig = Rig()
    rig.state.permission = False
    rig.run()
    assert rig.ending("vehicle") is Ending.CONDITION_TIMEOUT
    assert rig.plug.ready is False


def test_a_withdrawn_permission_is_an_ordered_stop() -> None:
    rig = Rig()
    rig.at(20 * S, lambda: setattr(rig.state, "permission", False))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert rig.electronics.current == 0.0


def test_the_customer_is_waited_for_as_long_as_the_limit_allows() -> None:
    patient, impatient = full(Rig(), 100 * S), full(Rig(), 100 * S)
    patient.customer_after = 50 * S
    impatient.customer_after = None
    assert patient.run().ending("vehicle") is Ending.TERMINATED
    assert impatient.run().ending("station") is Ending.ONGOING_TIMEOUT
    assert impatient.results["vehicle"].code == "FAILED"


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_vehicle_that_is_not_ready_asks_for_no_current(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(15 * S, lambda: setattr(rig.state, "ready", False))
    rig.at(20 * S, lambda: setattr(rig.state, "ready", True))
    full(rig).run()
    asked = [
        (body.dc_ev_status.ev_ready, body.ev_target_current.si())
        for body in rig.bodies("CurrentDemandReq")
    ]
    unready = [amps for ready, amps in asked if not ready]
    assert len(unready) > 10
    assert set(unready) == {0.0}
    back = asked[max(at for at, (ready, _) in enumerate(asked) if not ready) + 1 :]
    assert 0.0 < back[1][1] < 10.0, "the way up begins at zero again"
    assert max(amps for _, amps in back) > 50.0
