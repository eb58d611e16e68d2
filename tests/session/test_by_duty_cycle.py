"""A station and vehicles that speak no protocol: who pays, what is offered, when it is switched."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bsw.chrgm.endings import Ending, SessionResult
from bsw.cp.duty import DIGITAL, duty_from_current
from bsw.cp.pilot import Drive, E, PilotState
from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.trace import MemoryTrace, Trace
from csm.randomness import SeededRandomness
from secc.api.charger import Charger
from secc.api.extensions import AuthorizationRequest
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    EnergyTransferMode,
    EvseError,
    PaymentOption,
)
from secc.plug.basic import OPENS_WITHIN, REST, BasicCharging

AFTER = 20 * S


@dataclass
class Outlet:
    """A wallbox in memory, and a car's resistors."""

    modes: tuple[str, ...] = ("AC_three_phase_core",)
    after: int = AFTER
    ventilated: bool = False
    session: bool = False
    asked: list[AuthorizationRequest] = field(default_factory=list)
    switched: list[str] = field(default_factory=list)
    ends: list[SessionResult] = field(default_factory=list)
    released: int = 0

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        log = silent().logger("test")
        self.trace = MemoryTrace()
        self.cable = SimulatedCable(self.scheduler)
        self.charger = charger = Charger((), lambda: self.scheduler.now, log)
        charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode(mode) for mode in self.modes]
        )
        charger.update_ac_max_current(max_current=16.0)
        charger.subscribe("authorization_request", self.asked.append)
        for name in ("ac_close_contactor", "ac_open_contactor"):
            charger.subscribe(name, self._switches(name.split("_")[1]))
        self.basic = BasicCharging(
            charger,
            self.cable.station,
            self.scheduler,
            SeededRandomness("duty"),
            log,
            trace=Trace(lambda: self.scheduler.now, (self.trace,)),
            after=self.after,
            ventilated=self.ventilated,
            session_runs=lambda: self.session,
            ended=self.ends.append,
            release=self._release,
        )
        self.basic.start()

    def _switches(self, word: str) -> Callable[[object], None]:
        return lambda _none: self.switched.append(word)

    def _release(self) -> None:
        self.released += 1

    def run(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)

    def plug(self) -> None:
        self.cable.plug()
        self.cable.station.drive(Drive(DIGITAL))
        self.run(1 * S)

    def verdict(self, status: str = "Accepted") -> None:
        self.charger.authorization_verdict(
            request_id=self.asked[-1].request_id,
            authorization_status=AuthorizationStatus(status),
            certificate_status=CertificateStatus.ACCEPTED,
        )
        self.run(1 * S)

    def show(self, state: str) -> None:
        self.cable.vehicle.show(PilotState[state])
        self.run(1 * S)

    @property
    def duty(self) -> float:
        return self.cable.vehicle.read().duty

    def granted(self) -> "Outlet":
        self.plug()
        self.run(AFTER)
        self.verdict()
        return self

    def charging(self) -> "Outlet":
        self.granted().show("C")
        assert self.switched == ["close"]
        return self


def test_a_driver_is_asked_when_no_session_has_begun_and_nothing_is_offered_before() -> None:
    outlet = Outlet()
    outlet.plug()
    outlet.run(AFTER - 2 * S)
    assert outlet.asked == []
    assert outlet.duty == DIGITAL
    outlet.run(3 * S)
    (asked,) = outlet.asked
    assert (asked.payment_option, asked.tls) == (PaymentOption.EXTERNAL, False)
    assert outlet.duty == 100.0
    outlet.show("C")
    assert outlet.switched == [], "nobody has paid"
    outlet.verdict("Invalid")
    assert (outlet.duty, outlet.switched, outlet.basic.runs) == (100.0, [], False)
    outlet.verdict()
    assert outlet.duty == pytest.approx(duty_from_current(16.0), abs=0.1)
    assert outlet.switched == ["close"]
    assert outlet.basic.runs


def test_state_b_offers_and_state_c_closes_and_b_opens_at_once() -> None:
    outlet = Outlet().granted()
    assert outlet.switched == []
    outlet.show("C")
    outlet.cable.vehicle.show(PilotState.B)
    outlet.run(100 * MS)
    assert outlet.switched == ["close", "open"]
    outlet.show("C")
    assert outlet.switched == ["close", "open"], "who toggles has to wait"
    outlet.run(REST)
    assert outlet.switched == ["close", "open", "close"]


@pytest.mark.parametrize(("ventilated", "closes"), [(False, []), (True, ["close"])])
def test_state_d_is_served_where_the_place_is_ventilated(
    *, ventilated: bool, closes: list[str]
) -> None:
    outlet = Outlet(ventilated=ventilated).granted()
    outlet.show("D")
    assert outlet.switched == closes


def test_a_limit_falls_at_once_and_below_the_least_current_the_contactor_opens() -> None:
    outlet = Outlet().charging()
    outlet.charger.limit_power(current=10.0)
    outlet.run(200 * MS)
    assert outlet.duty == pytest.approx(duty_from_current(10.0), abs=0.1)
    outlet.charger.limit_power(current=5.9)
    outlet.run(200 * MS)
    assert outlet.duty == 100.0
    assert outlet.switched == ["close"], "the vehicle is given time to stop drawing"
    outlet.run(OPENS_WITHIN)
    assert outlet.switched == ["close", "open"]
    outlet.charger.limit_power(current=6.0)
    outlet.run(REST + S)
    assert outlet.duty == pytest.approx(duty_from_current(6.0), abs=0.1)
    assert outlet.switched == ["close", "open", "close"]


def test_more_than_a_duty_cycle_can_say_is_said_as_the_most() -> None:
    outlet = Outlet().granted()
    outlet.charger.update_ac_max_current(max_current=125.0)
    outlet.run(200 * MS)
    assert outlet.duty == pytest.approx(duty_from_current(80.0), abs=0.1)


def test_a_stop_asks_the_vehicle_first_and_ends_until_the_plug_was_out() -> None:
    outlet = Outlet().charging()
    outlet.charger.stop_charging(stop=True)
    outlet.run(200 * MS)
    assert (outlet.duty, outlet.switched) == (100.0, ["close"])
    outlet.show("B")
    assert outlet.switched == ["close", "open"]
    (end,) = outlet.ends
    assert end.ending is Ending.TERMINATED
    assert outlet.released == 1
    outlet.charger.state.forget_session()
    outlet.show("C")
    outlet.run(60 * S)
    assert outlet.switched == ["close", "open"]
    assert len(outlet.asked) == 1


def test_a_vehicle_that_ignores_a_stop_is_switched_off() -> None:
    outlet = Outlet().charging()
    outlet.charger.stop_charging(stop=True)
    outlet.run(OPENS_WITHIN - S)
    assert outlet.switched == ["close"]
    outlet.run(2 * S)
    assert outlet.switched == ["close", "open"]


def test_the_plug_pulled_opens_at_once_and_the_next_driver_is_asked_anew() -> None:
    outlet = Outlet().charging()
    outlet.cable.unplug()
    outlet.run(100 * MS)
    assert outlet.switched == ["close", "open"]
    assert len(outlet.ends) == 1
    outlet.plug()
    outlet.show("C")
    outlet.run(AFTER)
    assert outlet.switched == ["close", "open"], "what one has paid is not the next one's"
    assert len(outlet.asked) == 2
    assert not outlet.basic.runs


@pytest.mark.parametrize("wrong", [EvseError.RCD, EvseError.EMERGENCY_SHUTDOWN])
def test_a_fault_opens_at_once(wrong: EvseError) -> None:
    outlet = Outlet().charging()
    outlet.charger.send_error(error=wrong)
    assert outlet.switched == ["close", "open"]
    assert outlet.duty != 100.0
    outlet.run(1 * S)
    assert outlet.duty == 100.0


def test_a_pilot_in_e_opens_at_once_and_what_was_granted_stands() -> None:
    outlet = Outlet().charging()
    outlet.cable.station.drive(E)
    outlet.run(100 * MS)
    assert outlet.switched == ["close", "open"]
    assert outlet.basic.runs


def test_a_session_that_begins_takes_over_and_nothing_granted_counts_for_it() -> None:
    outlet = Outlet().charging()
    outlet.session = True
    outlet.charger.variables.publish("evcc_id", "02:00:00:00:00:A1")
    assert outlet.switched == ["close", "open"]
    outlet.run(1 * S)
    assert outlet.duty == DIGITAL
    assert not outlet.basic.runs
    assert outlet.charger.verdicts.waits(outlet.asked[0].request_id) is False
    outlet.session = False
    outlet.run(60 * S)
    assert outlet.switched == ["close", "open"]


def test_a_session_in_time_is_left_alone() -> None:
    outlet = Outlet()
    outlet.plug()
    outlet.session = True
    outlet.run(60 * S)
    assert (outlet.asked, outlet.duty) == ([], DIGITAL)


def test_a_link_gives_the_session_its_time_and_none_asks_at_once() -> None:
    outlet = Outlet()
    outlet.plug()
    outlet.run(AFTER - 5 * S)
    outlet.basic.linked()
    outlet.run(AFTER - 5 * S)
    assert outlet.asked == []
    outlet.basic.unlinked()
    outlet.run(1 * S)
    assert len(outlet.asked) == 1


@pytest.mark.parametrize("payment", [PaymentOption.CONTRACT])
def test_where_contracts_alone_pay_nobody_is_asked(payment: PaymentOption) -> None:
    outlet = Outlet()
    outlet.charger.session_setup(
        payment_options=[payment],
        supported_certificate_service=False,
        central_contract_validation_allowed=False,
    )
    outlet.plug()
    outlet.run(60 * S)
    assert (outlet.asked, outlet.duty) == ([], DIGITAL)


def test_a_dc_outlet_has_nothing_to_offer_by_a_duty_cycle() -> None:
    outlet = Outlet(modes=("DC_extended",))
    outlet.plug()
    outlet.run(60 * S)
    assert (outlet.asked, outlet.duty) == ([], DIGITAL)


def test_what_is_offered_is_told() -> None:
    outlet = Outlet()
    told: list[tuple[float, bool]] = []
    outlet.charger.subscribe("duty_offer", lambda one: told.append((one.current, one.closed)))
    outlet.charging()
    outlet.cable.unplug()
    outlet.run(1 * S)
    assert told == [(16.0, False), (16.0, True), (0.0, False)]


def test_the_trace_tells_who_was_granted_what_and_when() -> None:
    outlet = Outlet().charging()
    outlet.cable.unplug()
    outlet.run(1 * S)
    told = [record.fields for record in outlet.trace.records]
    assert [(each["granted"], each["offered"], each["closed"]) for each in told] == [
        (True, 0.0, False),
        (True, 16.0, False),
        (True, 16.0, True),
        (True, 0.0, False),
        (False, 0.0, False),
    ]
