"""The vehicle's north side over whole sessions: what a command changes, what is published when."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from bsw.chrgm.endings import Ending, SessionResult
from bsw.north.command import CommandError
from bsw.north.variables import UnknownVariable
from bsw.os.clock import S
from evcc.north.objects import (
    AcEvParameters,
    DcEvBPTParameters,
    DcEvParameters,
    EvseLimits,
    SelectedPaymentOption,
)
from evcc.north.published_actuators import PublishedActuators, PublishedPilot
from evcc.north.variables import VARIABLES
from evcc.north.vehicle import Vehicle
from secc.api.objects import DcEvseMaximumLimits
from tools.bench.world.direct import Rig
from tools.bench.world.plug import NoUser

BOTH = pytest.mark.parametrize("protocol", ["din", "iso2"])
AC = "AC_three_phase_core"
LATER = 20 * S


@dataclass
class User(NoUser):
    """Who carries out what the interface is told."""

    on_command: Callable[[], object] = lambda: None
    on_wake: Callable[[], object] = lambda: None
    running: str = ""

    def commanded(self) -> None:
        self.on_command()

    def wake_station(self) -> None:
        self.on_wake()


class Bench:
    """A rig whose vehicle is driven and heard through its north side."""

    def __init__(self, protocol: str = "iso2", mode: str = "DC_extended") -> None:
        self.rig = Rig(protocol, mode=mode)
        self.user = User()
        self.vehicle = Vehicle(self.user, asked=self.rig.asked)
        self.user.on_command = lambda: self.rig.state.put(**self.vehicle.said)
        self.rig.car.actuators = PublishedActuators(self.vehicle, self.rig.pack)
        self.rig.car.pilot = PublishedPilot(self.vehicle, self.rig.plug)
        self.log: list[tuple[str, Any]] = []
        for name in VARIABLES:
            self._hear(name)

    def _hear(self, name: str) -> None:
        self.vehicle.subscribe(name, lambda value: self.log.append((name, value)))

    def at(self, when: int, action: Callable[[], object]) -> "Bench":
        self.rig.at(when, lambda: _ignore(action()))
        return self

    def run(self) -> "Bench":
        self.rig.at(40 * S, lambda: setattr(self.rig.state, "charging_complete", True))
        self.rig.run()
        self.vehicle.session_ended(self.rig.results["vehicle"])
        return self

    def said(self, kind: str, moment: int = 0) -> list[Any]:
        return [
            heard.body
            for at, _, heard in self.rig.said
            if at > moment and type(heard.body).__name__ == kind
        ]

    def names(self, *of: str) -> list[str]:
        return [name for name, _ in self.log if name in of]


def _ignore(_value: object) -> None:
    """What a command returns."""


@BOTH
def test_a_stop_is_orderly(protocol: str) -> None:
    bench = Bench(protocol)
    bench.at(LATER, bench.vehicle.stop_charging).run()
    assert bench.rig.ending("vehicle") is Ending.TERMINATED
    assert bench.rig.ended_at["vehicle"] < 35 * S
    assert bench.rig.pack.asked[-1] == 0.0


def test_a_pause_keeps_the_session_and_resume_goes_on() -> None:
    bench = Bench()
    bench.at(LATER, bench.vehicle.pause_charging).run()
    assert bench.rig.ending("vehicle") is bench.rig.ending("station") is Ending.PAUSED
    woken: list[str] = []
    bench.user.on_wake = lambda: woken.append("now")
    bench.vehicle.resume()
    assert woken == ["now"]
    assert bench.rig.state.intent.value == "charge"


@BOTH
def test_new_targets_and_limits_are_in_the_next_request(protocol: str) -> None:
    bench = Bench(protocol)
    new = DcEvParameters(target_current=30, target_voltage=405, max_current_limit=90)
    bench.at(LATER, lambda: bench.vehicle.set_dc_params(EvParameters=new)).run()
    asked = bench.said("CurrentDemandReq", LATER + 2 * S)
    assert asked[0].ev_target_voltage.si() == 405.0
    assert asked[0].ev_maximum_current_limit.si() == 90.0
    assert max(body.ev_target_current.si() for body in asked) <= 30.0
    assert bench.rig.state.max_voltage == 420.0, "what was left out stays"


@BOTH
def test_the_state_of_charge_is_told(protocol: str) -> None:
    bench = Bench(protocol)
    bench.at(LATER, lambda: bench.vehicle.update_soc(SoC=57.9)).run()
    assert bench.said("CurrentDemandReq", LATER)[0].dc_ev_status.evresssoc == 57


@BOTH
def test_a_fault_is_told_and_ends_charging(protocol: str) -> None:
    bench = Bench(protocol)
    error = "FAILED_RESSTemperatureInhibit"
    bench.at(LATER, lambda: bench.vehicle.set_fault(error="FAILED_RESSTemperatureInhibit")).run()
    statuses = [
        getattr(body, "dc_ev_status", None)
        for kind in ("CurrentDemandReq", "WeldingDetectionReq")
        for body in bench.said(kind, LATER)
    ] + [
        body.ev_power_delivery_parameter.dc_ev_status
        for body in bench.said("PowerDeliveryReq", LATER)
        if body.ev_power_delivery_parameter is not None
    ]
    told = {status.ev_error_code.value for status in statuses if status is not None}
    assert told == {error}
    assert bench.rig.ended_at["vehicle"] < 30 * S
    assert bench.rig.state.contactors_closed is False
    bench.vehicle.reset_fault()
    assert bench.rig.state.error == "NO_ERROR"


@BOTH
def test_a_fault_can_wait_for_an_ordered_stop(protocol: str) -> None:
    bench = Bench(protocol)
    vehicle, state = bench.vehicle, bench.rig.state
    bench.user.running = state.mode
    bench.at(LATER, lambda: vehicle.set_fault(stop_mode="Ordered")).run()
    codes = {body.dc_ev_status.ev_error_code.value for body in bench.said("CurrentDemandReq")}
    assert codes == {"NO_ERROR"}
    assert bench.rig.ending("vehicle") is bench.rig.ending("station") is Ending.TERMINATED
    assert bench.rig.ended_at["vehicle"] < 35 * S
    assert vehicle.state.error == "FAILED_EVRESSMalfunction", "it stands for the next session"
    vehicle.reset_fault()
    assert state.error == "NO_ERROR"


def test_a_fault_that_was_taken_back_does_not_stand_after_the_stop() -> None:
    bench = Bench()
    vehicle, state = bench.vehicle, bench.rig.state
    bench.user.running = state.mode
    bench.at(LATER, lambda: vehicle.set_fault(stop_mode="Ordered"))
    bench.at(LATER + S // 10, vehicle.reset_fault).run()
    assert state.error == "NO_ERROR"


def test_without_a_session_a_fault_stands_at_once() -> None:
    vehicle = Vehicle(User())
    vehicle.set_fault(stop_mode="Ordered")
    assert vehicle.state.error == "FAILED_EVRESSMalfunction"


def test_a_welded_contactor_is_a_fault_until_it_is_reset() -> None:
    vehicle = Vehicle(User())
    vehicle.update_contactor_state(closed=True, welded=True)
    vehicle.update_contactor_state(closed=False)
    assert vehicle.state.error == "FAILED_EVRESSMalfunction"
    vehicle.reset_fault()
    assert vehicle.state.error == "NO_ERROR"


def test_needs_are_in_the_parameters() -> None:
    bench = Bench(mode=AC)
    bench.vehicle.set_mobility_needs(departure=3600, energy_request=11_000)
    bench.vehicle.set_ac_params(parameters=AcEvParameters(max_current=20, min_current=8))
    bench.run()
    needs = bench.said("ChargeParameterDiscoveryReq")[0].ev_charge_parameter
    assert needs.departure_time == 3600
    assert needs.e_amount.si() == 11_000.0
    assert (needs.ev_max_current.si(), needs.ev_min_current.si()) == (20.0, 8.0)


def test_starting_sets_mode_payment_departure_and_energy() -> None:
    heard: list[str] = []
    vehicle = Vehicle(User(lambda: heard.append("changed")))
    assert vehicle.start_charging(
        EnergyTransferMode="AC_single_phase_core",
        SelectedPaymentOption=SelectedPaymentOption(payment_option="ExternalPayment"),
        DepartureTime=1800.5,
        EAmount=7.5,
    )
    state = vehicle.state
    assert (state.mode, state.prefer_contract) == ("AC_single_phase_core", False)
    assert (state.departure, state.energy_request, state.permission) == (1800, 7_500.0, True)
    assert heard == ["changed"]


def test_a_withdrawn_permission_is_an_ordered_stop() -> None:
    bench = Bench()
    bench.at(LATER, lambda: bench.vehicle.allow_charging(permission=False)).run()
    assert bench.rig.ending("vehicle") is Ending.TERMINATED
    assert bench.rig.ended_at["vehicle"] < 35 * S


def test_renegotiation_asks_for_parameters_again() -> None:
    bench = Bench(mode=AC)
    bench.at(LATER, bench.vehicle.request_renegotiation).run()
    assert len(bench.said("ChargeParameterDiscoveryReq")) == 2


def test_the_cable_and_the_inlet_bound_the_current() -> None:
    bench = Bench(mode=AC)
    bench.at(LATER, lambda: bench.vehicle.update_inlet(locked=True, cable_current=13, derating=0.5))
    allowed: list[float] = []
    bench.at(25 * S, lambda: allowed.append(bench.rig.pack.ac_allowed)).run()
    assert allowed == [6.5]


def test_a_dc_session_is_published_in_order_with_its_end() -> None:
    bench = Bench().run()
    order = bench.names("ev_power_ready", "dc_power_on", "session_result", "v2g_session_finished")
    expected = ["ev_power_ready", "dc_power_on", "ev_power_ready"]
    order = [name for name in order if name in {*expected, "session_result"}]
    assert [*expected, "session_result"] == order
    assert bench.log[-1] == ("v2g_session_finished", None)
    assert [value for name, value in bench.log if name == "ev_power_ready"] == [True, False]
    last = bench.vehicle.last
    assert isinstance(last("session_result"), SessionResult)
    assert last("selected_protocol") == "iso2"
    assert "DC_extended" in last("secc_offer").modes
    assert last("evse_limits").max_voltage == 920.0
    assert last("meter_info").id == "PW-SIM-1"


def test_the_station_of_an_ac_car_tells_its_current() -> None:
    bench = Bench(mode=AC)
    bench.at(LATER, lambda: bench.rig.charger.update_ac_max_current(max_current=9.0)).run()
    told = [value for name, value in bench.log if name == "ac_evse_max_current"]
    assert told == [32.0, 9.0]


@BOTH
def test_a_stop_from_the_station_is_told_once(protocol: str) -> None:
    bench = Bench(protocol)
    bench.at(LATER, lambda: bench.rig.charger.stop_charging(stop=True)).run()
    assert len(bench.names("stop_from_charger")) == 1


def test_limits_of_the_station_are_told_when_they_change() -> None:
    bench = Bench()
    new = DcEvseMaximumLimits(
        evse_maximum_current_limit=60,
        evse_maximum_power_limit=20_000,
        evse_maximum_voltage_limit=500,
    )
    bench.at(LATER, lambda: bench.rig.charger.update_dc_maximum_limits(maximum_limits=new)).run()
    limits: list[EvseLimits] = [value for name, value in bench.log if name == "evse_limits"]
    last = limits[-1]
    assert (last.max_current, last.max_power, last.max_voltage) == (60.0, 20_000.0, 500.0)
    changes = [one for one, two in pairwise(limits) if one == two]
    assert changes == []


def test_discharge_limits_are_kept_and_merged() -> None:
    vehicle = Vehicle(User())
    vehicle.set_bpt_dc_params(EvBPTParameters=DcEvBPTParameters(discharge_minimal_soc=30))
    vehicle.set_bpt_dc_params(EvBPTParameters=DcEvBPTParameters(discharge_target_current=20))
    vehicle.allow_discharging(permission=True)
    vehicle.set_ac_params(parameters=AcEvParameters(max_discharge_power=7_000))
    said = vehicle.state
    assert (said.discharge_min_soc, said.discharge_wanted) == (30, 20)
    assert said.discharge_permission is True
    assert said.ac_max_back == 7_000


WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda v: v.update_soc(SoC=101), "update_soc: SoC: input should be less than or equal to 100"),
    (lambda v: v.update_soc(), "update_soc: SoC: is missing"),
    (lambda v: v.update_soc(soc=5), "soc: is not known here"),
    (lambda v: v.set_fault(error="FLAT"), "set_fault: error: input should be 'NO_ERROR'"),
    (
        lambda v: v.set_dc_params(EvParameters={"max_current": 3}),
        "EvParameters.max_current: is not",
    ),
    (lambda v: v.enable_sae_j2847_v2g_v2h(), "not part of this version; charge without it"),
    (lambda v: v.update_inlet(derating=2), "derating: input should be less than or equal to 1"),
    (
        lambda v: v.update_dc_present_values(
            inlet_voltage=1, battery_voltage=1, current=float("nan")
        ),
        "current: input should be",
    ),
    (
        lambda v: v.start_charging(
            EnergyTransferMode="AC_two_phase", SelectedPaymentOption={}, DepartureTime=0, EAmount=0
        ),
        "EnergyTransferMode: input should be 'AC_single_phase_core'",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_what_cannot_be_taken_is_named_and_changes_nothing(
    call: Callable[[Any], object], text: str
) -> None:
    vehicle = Vehicle(User(lambda: pytest.fail("nothing was taken")))
    with pytest.raises(CommandError) as caught:
        call(vehicle)
    assert text in str(caught.value)
    assert vehicle.said == {}


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(UnknownVariable, match="soc"):
        Vehicle(User()).subscribe("soc", print)
