"""A station that has no energy now, and sessions in which nothing was charged."""

from collections.abc import Callable
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.os.clock import S
from evcc.vehicle import Intent
from secc.api.literals import EvseError, NoEnergyPauseMode
from tests.session.test_charging import full
from tests.session.test_from_the_plug import Place
from tools.bench.world.direct import Rig

EVERY = [
    ("din", "DC_extended"),
    ("iso2", "DC_extended"),
    ("iso2", "AC_three_phase_core"),
]
BEFORE = NoEnergyPauseMode.BEFORE_CABLE_CHECK


def without_energy(rig: Any, *, sessions: int) -> Callable[[], int]:  # noqa: ANN401 - either rig
    """The first sessions are told so at their parameters; how often is counted."""
    told: list[int] = []

    def published(_value: object) -> None:
        if len(told) < sessions:
            told.append(rig.scheduler.now)
            rig.charger.no_energy_pause_charging(mode=BEFORE)

    rig.charger.subscribe("requested_energy_transfer_mode", published)
    return lambda: len(told)


@pytest.mark.parametrize(("protocol", "mode"), EVERY)
def test_the_vehicle_comes_again_when_the_station_said(protocol: str, mode: str) -> None:
    place = Place(mode, (protocol,))
    told = without_energy(place.rig, sessions=1)
    place.cable.plug()
    place.ended(1)
    before = place.scheduler.now
    assert place.manager.results[0].ending is Ending.NO_ENERGY
    assert "again in 300 s" in str(place.manager.results[0])
    names = place.rig.names()
    assert "CableCheckReq" not in names
    assert "PowerDeliveryReq" not in names
    place.world.run_for(290 * S)
    assert place.rig.names() == names, "not before the time is over"
    place.rig.full_after(60 * S)
    place.ended(2)
    assert place.manager.results[1].ending is Ending.TERMINATED
    assert place.scheduler.now - before >= 300 * S
    assert told() == 1


def test_in_iso2_the_session_is_paused_and_taken_up_again() -> None:
    place = Place("DC_extended", ("iso2",))
    without_energy(place.rig, sessions=1)
    place.cable.plug()
    place.ended(1)
    assert place.rig.outlet.results[0].ending is Ending.PAUSED
    place.rig.full_after(360 * S)
    place.ended(2, within=500 * S)
    joined = [one.resumed for one in place.rig.stations]
    assert joined[0] is None
    assert joined[1] is not None


@pytest.mark.parametrize(("protocol", "mode"), EVERY)
def test_a_session_without_a_loop_is_no_success(protocol: str, mode: str) -> None:
    rig = Rig(protocol, mode=mode)
    without_energy(rig, sessions=9)
    rig.run()
    assert rig.ending("vehicle") is Ending.NO_ENERGY
    assert not rig.results["vehicle"].ending.good


@pytest.mark.parametrize(("protocol", "mode"), EVERY)
def test_a_fault_of_the_station_before_any_current_is_told_as_such(
    protocol: str, mode: str
) -> None:
    rig = Rig(protocol, mode=mode)
    rig.charger.subscribe(
        "requested_energy_transfer_mode",
        lambda _mode: rig.charger.send_error(error=EvseError.MALFUNCTION),
    )
    rig.run()
    assert not rig.results["vehicle"].ending.good
    if mode_of(mode).dc:
        assert rig.ending("vehicle") is Ending.STATION_FAULT
        assert "EVSE_Malfunction" in str(rig.results["vehicle"])


def test_a_session_that_the_vehicle_itself_ends_early_is_one() -> None:
    rig = Rig("iso2")
    rig.state.intent = Intent.STOP
    rig.run()
    assert rig.results["vehicle"].ending.good


def test_a_charge_is_one() -> None:
    assert full(Rig("din")).run().ending("vehicle") is Ending.TERMINATED
