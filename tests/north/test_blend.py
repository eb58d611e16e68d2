"""Who has the last word about what: the bus, the north side, the ECU itself."""

from collections.abc import Callable
from typing import Any

import pytest

from bsw.north.command import CommandError
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from evcc.bus.merge import MergedValues
from evcc.north.objects import AcEvParameters, DcEvParameters, SelectedPaymentOption
from evcc.north.vehicle import Vehicle
from evcc.vehicle import Intent, Once, VehicleValues
from tools.bench.world.dials import Dials
from tools.bench.world.plug import OpenGates


class Ecu:
    """The three voices and what comes of them.  A ``VehicleUser``."""

    def __init__(self, *, alone: bool = False, fresh: int = 0) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.bus = Dials()
        self.running = ""
        self.vehicle = Vehicle(self)
        self.gates = OpenGates()
        self.blend = MergedValues(
            self.bus,
            self.vehicle,
            self.scheduler,
            holds=self.gates,
            alone=alone,
            fresh=fresh,
            changed=lambda: None,
        )

    def owned(self, name: str) -> bool:
        return self.blend.owned(name)

    def commanded(self) -> None:
        self.blend.refresh()

    def wake_station(self) -> None:
        """Nobody sleeps."""

    @property
    def state(self) -> VehicleValues:
        return self.blend.now

    def want(
        self, intent: Intent = Intent.CHARGE, *, contracts: bool = True, running: bool = False
    ) -> "Ecu":
        """The ECU itself wants something."""
        self.blend.want(intent=intent, contracts=contracts, running=running)
        return self

    def hear(self, **told: Any) -> "Ecu":  # noqa: ANN401 - fields of the state
        """The bus says something."""
        self.bus.put(**told)
        self.blend.refresh()
        return self

    def start(self, mode: str = "DC_extended", departure: int = 0) -> None:
        self.vehicle.start_charging(
            EnergyTransferMode=mode,  # type: ignore[arg-type]  # a text as it would come
            SelectedPaymentOption=SelectedPaymentOption(),
            DepartureTime=departure,
            EAmount=0,
        )


def test_what_nobody_else_says_is_the_bus_s() -> None:
    ecu = Ecu().hear(soc=44.0, permission=True, mode="DC_core", max_current=120.0)
    assert (ecu.state.soc, ecu.state.permission, ecu.state.mode) == (44.0, True, "DC_core")
    assert ecu.state.max_current == 120.0


@pytest.mark.parametrize(("bus", "north", "is_"), [(80.0, 50.0, 50.0), (40.0, 50.0, 40.0)])
def test_a_limit_is_the_tighter_of_both(bus: float, north: float, is_: float) -> None:
    ecu = Ecu().hear(max_current=bus, ac_max_current=bus, ac_min_current=6.0)
    ecu.vehicle.set_dc_params(EvParameters=DcEvParameters(max_current_limit=north))
    ecu.vehicle.set_ac_params(parameters=AcEvParameters(max_current=north, min_current=8))
    assert (ecu.state.max_current, ecu.state.ac_max_current) == (is_, is_)
    assert ecu.state.ac_min_current == 8.0
    ecu.hear(max_current=10.0)
    assert ecu.state.max_current == 10.0


MEASUREMENTS: list[tuple[Callable[[Vehicle], object], str]] = [
    (lambda v: v.update_soc(SoC=50), "SoC"),
    (lambda v: v.update_contactor_state(closed=True), "closed"),
    (lambda v: v.update_inlet(locked=True), "locked"),
    (
        lambda v: v.update_dc_present_values(inlet_voltage=1, battery_voltage=2, current=3),
        "inlet_voltage",
    ),
]


@pytest.mark.parametrize(("call", "field"), MEASUREMENTS, ids=lambda one: str(one)[:12])
def test_a_measurement_of_the_bus_cannot_be_contradicted(
    call: Callable[[Vehicle], object], field: str
) -> None:
    ecu = Ecu().hear(soc=44.0, contactors_closed=False, locked=False, inlet_voltage=0.0)
    with pytest.raises(CommandError, match="the vehicle's bus tells this; leave it") as caught:
        call(ecu.vehicle)
    assert caught.value.problems[0].field == field
    assert ecu.state.soc == 44.0
    assert ecu.state.contactors_closed is False


def test_a_measurement_the_bus_does_not_have_is_taken_until_it_has() -> None:
    ecu = Ecu().hear(permission=True)
    ecu.vehicle.update_soc(SoC=50)
    assert ecu.state.soc == 50.0
    ecu.hear(soc=51.0)
    assert ecu.state.soc == 51.0


def test_a_permission_needs_both_and_the_bus_can_always_take_it_away() -> None:
    ecu = Ecu().hear(permission=True)
    ecu.vehicle.allow_charging(permission=False)
    taken = ecu.state.permission
    ecu.vehicle.allow_charging(permission=True)
    assert (taken, ecu.state.permission) == (False, True)
    assert not ecu.hear(permission=False).state.permission


def test_the_strongest_wish_to_end_counts() -> None:
    ecu = Ecu().hear(intent=Intent.CHARGE)
    ecu.vehicle.pause_charging()
    assert ecu.state.intent is Intent.PAUSE
    assert ecu.hear(intent=Intent.STOP).state.intent is Intent.STOP
    assert ecu.hear(intent=Intent.CHARGE).state.intent is Intent.PAUSE
    assert ecu.want(Intent.STOP).state.intent is Intent.STOP
    assert ecu.hear().state.intent is Intent.STOP


def test_a_wish_lasts_until_the_plug_was_out() -> None:
    ecu = Ecu().hear(mode="DC_extended", energy_request=9.0, permission=True)
    ecu.start("AC_three_phase_core")
    ecu.vehicle.set_mobility_needs(energy_request=5_000)
    ecu.hear(mode="DC_extended")
    assert (ecu.state.mode, ecu.state.energy_request) == ("AC_three_phase_core", 5_000.0)
    ecu.vehicle.forget_wishes()
    ecu.blend.refresh()
    assert (ecu.state.mode, ecu.state.energy_request) == ("DC_extended", 9.0)


def test_a_mode_does_not_change_under_a_session() -> None:
    ecu = Ecu().hear(mode="DC_extended", permission=True)
    ecu.want(running=True)
    ecu.running = "DC_extended"
    assert ecu.hear(mode="AC_single_phase_core").state.mode == "DC_extended"
    with pytest.raises(CommandError, match="a session with DC_extended is running") as caught:
        ecu.start("AC_single_phase_core")
    assert caught.value.problems[0].field == "EnergyTransferMode"
    assert ecu.state.intent is Intent.CHARGE
    ecu.start("DC_extended")
    ecu.want(running=False)
    assert ecu.hear().state.mode == "DC_extended"


def test_a_refused_contract_stays_refused_whatever_the_bus_says() -> None:
    ecu = Ecu().hear(prefer_contract=True)
    ecu.want(contracts=False)
    assert not ecu.hear(prefer_contract=True).state.prefer_contract


def test_a_departure_comes_nearer() -> None:
    ecu = Ecu().hear(departure=7200, permission=True)
    assert ecu.state.departure == 7200
    ecu.start(departure=600)
    ecu.scheduler.run(400 * S)
    assert ecu.hear().state.departure == 200
    ecu.scheduler.run(700 * S)
    assert ecu.hear().state.departure == 0
    ecu.start(departure=600)
    assert ecu.state.departure == 600
    ecu.start()
    assert ecu.state.departure == 7200, "none of its own: the bus's"


def test_a_renegotiation_is_asked_for_once() -> None:
    ecu = Ecu()
    ecu.vehicle.request_renegotiation()
    assert ecu.vehicle.asked.renegotiation.asked
    ecu.vehicle.asked.renegotiation.done()
    ecu.hear()
    assert not ecu.vehicle.asked.renegotiation.asked


def test_a_signal_that_stays_asks_once_each_time_it_rises() -> None:
    once, heard = Once(), []
    for level, done in (
        (False, False), (True, False), (True, True), (True, False), (False, False), (True, False),
    ):  # fmt: skip
        once.follow(level=level)
        if done:
            once.done()
        heard.append(once.asked)
    assert heard == [False, True, False, False, False, True]
    once.follow(level=False)
    assert not once.asked, "nobody wants it any more"


def test_what_was_asked_for_one_charge_is_over_when_the_plug_was_out() -> None:
    ecu = Ecu()
    ecu.vehicle.request_renegotiation()
    ecu.vehicle.request_certificate_installation()
    ecu.vehicle.forget_wishes()
    asked = ecu.vehicle.asked
    assert [asked.contract.asked, asked.renegotiation.asked] == [False, False]


def test_a_fault_of_the_north_side_stands_until_it_is_reset() -> None:
    ecu = Ecu().hear(error="NO_ERROR")
    ecu.vehicle.set_fault(error="FAILED_EVShiftPosition")
    assert ecu.hear(error="NO_ERROR").state.error == "FAILED_EVShiftPosition"
    ecu.vehicle.reset_fault()
    assert ecu.hear(error="NoData").state.error == "NoData"


def test_without_a_bus_everything_is_told_by_commands() -> None:
    ecu = Ecu(alone=True)
    ecu.vehicle.update_soc(SoC=20)
    ecu.vehicle.set_dc_params(EvParameters=DcEvParameters(max_current_limit=70))
    ecu.start("DC_core")
    assert (ecu.state.soc, ecu.state.max_current) == (20.0, 70.0)
    assert (ecu.state.mode, ecu.state.permission) == ("DC_core", True)
    ecu.gates.barred = True
    assert not ecu.hear().state.permission


def test_what_the_ecu_holds_back_counts_without_a_bus_too() -> None:
    ecu = Ecu(alone=True)
    ecu.start("DC_core")
    ecu.gates.withheld = True
    assert not ecu.hear().state.permission
    ecu.gates.withheld = False
    assert ecu.hear().state.permission
    ecu.gates.share = 0.5
    assert ecu.hear().state.derating == 0.5
    ecu.vehicle.update_inlet(locked=True, derating=0.25)
    assert ecu.state.derating == 0.25, "the tighter of both"
    ecu.vehicle.update_inlet(locked=True, derating=0.75)
    assert ecu.state.derating == 0.5
    ecu.gates.share = 1.0
    assert ecu.hear().state.derating == 0.75


def test_old_measurements_take_the_permission_away_while_contactors_are_closed() -> None:
    ecu = Ecu(alone=True, fresh=5 * S)
    ecu.start()
    ecu.scheduler.run(60 * S)
    assert ecu.hear().state.permission, "open contactors can wait"
    ecu.vehicle.update_contactor_state(closed=True)
    assert ecu.state.permission
    ecu.scheduler.run(64 * S)
    assert ecu.hear().state.permission
    ecu.scheduler.run(66 * S)
    assert not ecu.hear().state.permission
    ecu.vehicle.update_dc_present_values(inlet_voltage=1, battery_voltage=1, current=0)
    assert ecu.state.permission


def test_protocols_are_offered_in_the_order_that_was_asked_for() -> None:
    ecu = Ecu()
    ecu.vehicle.set_protocol_offer(protocols=["DIN70121"])
    assert ecu.vehicle.protocols == ("din",)
    with pytest.raises(CommandError, match="name each protocol once"):
        ecu.vehicle.set_protocol_offer(protocols=["DIN70121", "DIN70121"])
    with pytest.raises(CommandError, match="'ISO15118D2' or 'ISO15118D20'"):
        ecu.vehicle.set_protocol_offer(protocols=["ISO15118"])  # type: ignore[list-item]


def test_iso_15118_20_is_offered_where_it_was_asked_for() -> None:
    ecu = Ecu()
    ecu.vehicle.set_protocol_offer(protocols=["ISO15118D20", "ISO15118D2"])
    assert ecu.vehicle.protocols == ("iso20", "iso2")
