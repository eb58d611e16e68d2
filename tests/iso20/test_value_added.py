"""Services besides energy in ISO 15118-20: offered, described and selected by what was told."""

from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.parameters import read_all, written
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.services import ParameterSet
from bsw.os.clock import S
from bsw.v2gtp import PayloadType
from evcc.session.profile import CONFORMANCE
from tools.bench.world.direct import Rig
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import ScriptedVehicle

INTERNET, PARKING = 65, 66


def offering(place: str = "ServiceDiscovery") -> ScriptedVehicle:
    made = ScriptedVehicle("DC")
    made.rig.charger.offer_internet()
    made.rig.charger.offer_parking()
    return made.to(place)


def listed(answer: Any) -> list[int]:  # noqa: ANN401 - a message
    return [] if answer.vas_list is None else [one.service_id for one in answer.vas_list.service]


def test_nothing_is_offered_that_nobody_has() -> None:
    answer = ScriptedVehicle("DC").to("ServiceDiscovery").say(ask.service_discovery())
    assert answer.vas_list is None


@pytest.mark.parametrize(
    ("asked", "told"), [((), [65, 66]), ((66,), [66]), ((2,), []), ((2, 65), [65])]
)
def test_the_filter_is_for_these_services_alone(asked: tuple[int, ...], told: list[int]) -> None:
    """[V2G20-1248], [V2G20-1249]: absent it lists all, and energy is never filtered."""
    wanted = common.ServiceIDList(service_id=asked) if asked else None
    answer = offering().say(ask.service_discovery().replace(supported_service_ids=wanted))
    assert listed(answer) == told
    assert [one.service_id for one in answer.energy_transfer_service_list.service] == [2]


def test_details_are_those_of_the_norm() -> None:
    made = offering("ServiceSelection")
    answer = made.say(ask.service_detail(INTERNET))
    sets = read_all(answer.service_parameter_list.parameter_set)
    ports = [(one.parameters["Protocol"], one.parameters["Port"]) for one in sets]
    assert ports == [("ftp", 20), ("ftp", 21), ("http", 80), ("https", 443)]
    answer = made.say(ask.service_detail(PARKING))
    sets = read_all(answer.service_parameter_list.parameter_set)
    assert [one.parameters["IntendedService"] for one in sets] == [1, 2]


@pytest.mark.parametrize(
    ("detail", "selected", "code"),
    [
        (True, 3, "OK"),
        (True, 9, "FAILED_ServiceSelectionInvalid"),
        (False, 3, "FAILED_ServiceSelectionInvalid"),
    ],
)
def test_only_what_was_told_may_be_selected(
    *,
    detail: bool,
    selected: int,
    code: str,
) -> None:
    """[V2G20-433], [V2G20-467]."""
    made = offering("ServiceSelection")
    if detail:
        made.say(ask.service_detail(INTERNET))
    added = common.SelectedServiceList(
        selected_service=(common.SelectedService(service_id=INTERNET, parameter_set_id=selected),)
    )
    answer = made.say(ask.service_selection(2, 1).replace(selected_vas_list=added))
    assert answer.response_code.value == code
    assert made.rig.station.record.services == ({INTERNET: 3} if code == "OK" else {})


def test_one_of_them_is_no_energy() -> None:
    """[V2G20-1618]."""
    made = offering("ServiceSelection")
    made.say(ask.service_detail(INTERNET))
    answer = made.say(ask.service_selection(INTERNET, 1))
    assert answer.response_code.value == "FAILED_NoEnergyTransferServiceSelected"


def test_any_value_survives_the_message() -> None:
    values: dict[str, bool | int | float | str] = {"a": True, "b": 7, "c": 2.5, "d": "south"}
    (back,) = read_all([written(ParameterSet(4, values))])
    assert back == ParameterSet(4, values)


# The parking place


def parked(parking: str, *, mode: str = "DC", offered: bool = True) -> Rig:
    kind = "iso20-dc" if mode == "DC" else "iso20-ac"
    rig = Rig(kind, mode=mode, secure=True, vehicle_profile=replace(CONFORMANCE, parking=parking))
    rig.charger.offer_parking(offered=offered)
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
@pytest.mark.parametrize(
    ("parking", "told"),
    [("check-in", ["CheckIn", "Completed"]), ("check-out", ["CheckOut", "Completed"])],
)
def test_a_vehicle_checks_in_and_out_beside_the_row(
    mode: str, parking: str, told: list[str]
) -> None:
    seen: list[str] = []
    rig = parked(parking, mode=mode)
    rig.charger.subscribe("parking_status", seen.append)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert seen == told
    streams = {
        heard.payload_type
        for _, _, heard in rig.said
        if type(heard.body).__name__.startswith("VehicleCheck")
    }
    assert streams == {PayloadType.PARKING}
    names = rig.names("vehicle")
    said = [place for place, name in enumerate(names) if name.startswith("VehicleCheck")]
    loops = [place for place, name in enumerate(names) if name.endswith("ChargeLoopReq")]
    assert names.index("ServiceSelectionReq") < said[0] < loops[0]
    assert (said[-1] > loops[-1]) is (parking == "check-out")


@pytest.mark.parametrize(("parking", "offered"), [("", True), ("check-in", False)])
def test_nobody_checks_in_unasked(parking: str, *, offered: bool) -> None:
    rig = parked(parking, offered=offered).run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert not {"VehicleCheckInReq", "VehicleCheckOutReq"} & set(rig.names("vehicle"))


def test_a_vehicle_that_did_not_select_it_may_not_check_in() -> None:
    made = offering("ChargeParameterDiscovery")
    answer = made.say(
        common.VehicleCheckInReq(
            header=ask.NOW,
            ev_check_in_status=common.EvCheckInStatus.CHECK_IN,
            parking_method=common.ParkingMethod.MANUAL,
        ),
        PayloadType.PARKING,
    )
    assert answer.response_code.value == "FAILED_SequenceError"
