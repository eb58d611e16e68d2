"""Services by their content, powers by line or in total, and meter readings of one service."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bsw.chrgm.iso20.lines import Lines, lines
from bsw.chrgm.iso20.parameters import read
from bsw.chrgm.iso20.selection import Selection
from bsw.chrgm.iso20.words import number
from bsw.chrgm.messages.iso20 import ac, common
from bsw.chrgm.services import ParameterSet, energy_by_number
from bsw.os.clock import S
from secc.session.profile import CONFORMANCE, FIELD, StationProfile
from tools.bench.world.direct import Rig
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import ScriptedVehicle

AC = energy_by_number("iso20")[1]


def selection(**parameters: int) -> Selection:
    return Selection(AC, ParameterSet(1, parameters))


@pytest.mark.parametrize(("connector", "phases"), [(1, 1), (2, 3), (3, 3), (7, 1)])
def test_both_numbers_of_three_phases_are_known(connector: int, phases: int) -> None:
    chosen = selection(Connector=connector)
    assert (chosen.phases, chosen.mode.phases) == (phases, phases)
    assert selection().phases == 1


@pytest.mark.parametrize("kind", ["byte_value", "short_value", "int_value"])
def test_a_number_is_read_whatever_kind_it_comes_as(kind: str) -> None:
    value: Any = {kind: 2}
    message = common.ParameterSet(
        parameter_set_id=4, parameter=(common.Parameter(name="ControlMode", **value),)
    )
    assert Selection(AC, read(message)).dynamic


@pytest.mark.parametrize("service", ["DC", "AC", "DC_BPT"])
def test_needs_of_the_station_go_with_dynamic_control_alone(service: str) -> None:
    """[V2G20-2656], [V2G20-2663]."""
    tester = ScriptedVehicle(service).to("ServiceDetail")
    answer = tester.say(ask.service_detail(tester.service))
    sets = [read(one).parameters for one in answer.service_parameter_list.parameter_set]
    modes = {(one["ControlMode"], one["MobilityNeedsMode"]) for one in sets}
    assert modes == {(1, 1), (2, 1), (2, 2)}
    assert ("BPTChannel" in sets[0]) is service.endswith("BPT")


def test_a_three_phase_station_offers_both_numbers_of_its_connector() -> None:
    tester = ScriptedVehicle("AC").to("ServiceDetail")
    answer = tester.say(ask.service_detail(1))
    connectors = [
        read(one).parameters["Connector"] for one in answer.service_parameter_list.parameter_set
    ]
    assert list(dict.fromkeys(connectors)) == [3, 2]


def limits(**power: float) -> ac.ACCPDReqEnergyTransferMode:
    known: Any = {name: number(value) for name, value in power.items()}
    return ac.ACCPDReqEnergyTransferMode(ev_minimum_charge_power=number(0.0), **known)


def test_what_the_power_without_a_suffix_means() -> None:
    """One phase: that line; the sum where no line is named; line 1 where the others are."""
    name = "ev_maximum_charge_power"
    assert lines(limits(ev_maximum_charge_power=11_000.0), name) == Lines(11_000.0)
    each = limits(
        ev_maximum_charge_power=3_000.0,
        ev_maximum_charge_power_l2=4_000.0,
        ev_maximum_charge_power_l3=4_000.0,
    )
    told = lines(each, name)
    assert told == Lines(11_000.0, (3_000.0, 4_000.0, 4_000.0))
    assert (told.least_line(3), Lines(11_000.0).least_line(2)) == (3_000.0, 5_500.0)


def test_our_vehicle_says_one_sum() -> None:
    rig = Rig("iso20-ac", mode="AC_three_phase_core", secure=True)
    rig.run(20 * S)
    (asked,) = rig.bodies("ACChargeParameterDiscoveryReq")
    needs = asked.ac_cpd_req_energy_transfer_mode
    assert needs.ev_maximum_charge_power.si() == pytest.approx(16.0 * 230.0 * 3)
    assert needs.ev_maximum_charge_power_l2 is None


@pytest.mark.parametrize("by_line", [False, True])
def test_lines_are_named_to_who_named_them(*, by_line: bool) -> None:
    tester = ScriptedVehicle("AC").to("ChargeParameterDiscovery")
    asked = ask.ac_discovery()
    if by_line:
        mode = asked.ac_cpd_req_energy_transfer_mode.replace(
            ev_maximum_charge_power_l2=number(3_000.0), ev_maximum_charge_power_l3=number(3_000.0)
        )
        asked = asked.replace(ac_cpd_req_energy_transfer_mode=mode)
    offer = tester.say(asked).ac_cpd_res_energy_transfer_mode
    total = lines(offer, "evse_maximum_charge_power")
    assert total is not None
    assert bool(total.each) is by_line
    assert total.total == pytest.approx(32.0 * 230.0 * 3, rel=1e-3)


@pytest.mark.parametrize(("profile", "levels"), [(CONFORMANCE, False), (FIELD, True)])
def test_a_schedule_without_prices_has_a_level_in_the_field(
    profile: StationProfile,
    *,
    levels: bool,
) -> None:
    tester = ScriptedVehicle(profile=replace(profile, demand_pilot_states=True)).to(
        "ScheduleExchange"
    )
    tester.plan()
    assert (tester.first_tuple.charging_schedule.price_level_schedule is not None) is levels


def test_the_meter_counts_for_one_service() -> None:
    """[V2G20-902]: from zero again after another service was chosen."""
    rig = Rig("iso20-dc", mode="DC", secure=True)
    rig.at(40 * S, rig.charger.renegotiate_service)
    rig.at(90 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    told = [
        body.meter_info.charged_energy_reading_wh
        for body in rig.bodies("DCChargeLoopRes")
        if body.meter_info is not None
    ]
    (again,) = [place for place, (one, other) in enumerate(pairwise(told), 1) if other < one]
    assert told[0] == 0
    assert told[again] <= 2  # what the meter had not counted yet
    assert told[again - 1] > 100 < rig.electronics.energy - told[-1]
