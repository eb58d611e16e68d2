"""No station makes the vehicle switch, move or match without end: each way has its bound."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import mode_of
from bsw.chrgm.record import Heard
from bsw.cp.duty import DIGITAL, duty_from_current
from bsw.cp.pilot import X1, Drive, E
from bsw.dlt import silent
from bsw.os.budget import Budget
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.slac.links.link import Fallback, LinkFailure
from bsw.slac.outcome import Linked, Reason
from can_adapter.signals.values import LockRequest
from evcc.inlet.lock import LockConditions, LockTiming, PlugLock
from evcc.plug.basic import BasicCharging
from evcc.plug.charging import ChargingManager, RetryRules
from evcc.plug.wear import Wear
from evcc.plug.wear_config import WearConfig
from evcc.session.session import Stage, VehicleSession
from evcc.vehicle import StationView
from tests.slac.test_links import pair
from tools.bench.world.direct import Rig
from tools.bench.world.plug import NoUser, OpenGates, Pack, dc_vehicle

HOUR = 3_600 * S
LOOPS = ("CurrentDemandRes", "ChargingStatusRes")
STATUS = {"CurrentDemandRes": "dc_evse_status", "ChargingStatusRes": "ac_evse_status"}


def notify(rig: Rig, when: Callable[[int], bool], word: str) -> Callable[[Heard], Heard]:
    """The station says ``word`` in its loop responses, those that ``when`` picks by number."""
    count = [0]
    notification = iso2.EVSENotification(word)

    def twist(heard: Heard) -> Heard:
        name = type(heard.body).__name__
        if name not in LOOPS:
            return heard
        count[0] += 1
        if not when(count[0]):
            return heard
        status = getattr(heard.body, STATUS[name]).replace(evse_notification=notification)
        return Heard(heard.session_id, heard.body.replace(**{STATUS[name]: status}))

    return twist


def closings(rig: Rig) -> list[int]:
    """When the contactors were asked to close."""
    at: list[int] = []
    follow = rig.pack.request_contactors

    def watch(*, closed: bool) -> None:
        if closed and not rig.pack.wanted_closed:
            at.append(rig.scheduler.now)
        follow(closed=closed)

    rig.pack.request_contactors = watch  # type: ignore[method-assign]
    return at


@pytest.mark.parametrize("mode", ["DC_extended", "AC_three_phase_core"])
def test_endless_renegotiation_is_stopped_in_order(mode: str) -> None:
    rig = Rig(mode=mode)
    rig.twist = notify(rig, lambda _: True, "ReNegotiation")
    closed = closings(rig)
    rig.run(HOUR)
    result = rig.results["vehicle"]
    assert (result.ending, result.fault) == (Ending.TOO_OFTEN, "WEAR_RENEGOTIATIONS")
    config = WearConfig()
    asked = [
        at
        for at, _, heard in rig.said
        if type(heard.body).__name__ == "PowerDeliveryReq"
        and heard.body.charge_progress is iso2.ChargeProgress.RENEGOTIATE
    ]
    if mode_of(mode).ac:  # no contactor moves
        assert len(asked) == config.renegotiations
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) >= config.renegotiation_interval
    assert len(closed) <= config.closings + rig.ended_at["vehicle"] // config.closing_each + 1
    assert "SessionStopReq" in rig.names("vehicle")
    assert rig.state.contactors_closed is False


def test_both_bounds_of_renegotiation_are_configured() -> None:
    rig = Rig()
    rig.car.worn.config = WearConfig(renegotiations=3, renegotiation_interval=20 * S)
    rig.twist = notify(rig, lambda _: True, "ReNegotiation")
    closed = closings(rig)
    rig.run(HOUR)
    assert rig.ending("vehicle") is Ending.TOO_OFTEN
    assert len(closed) == 4
    assert min(later - earlier for earlier, later in pairwise(closed[1:])) >= 20 * S


@pytest.mark.parametrize("protocol", ["iso2"])
def test_a_stop_that_is_taken_back_lets_no_current_rise_again(protocol: str) -> None:
    rig = Rig(protocol)
    rig.at(15 * S, lambda: setattr(rig, "twist", notify(rig, lambda n: n % 2 == 1, "StopCharging")))
    rig.run(60 * S)
    assert rig.ending("vehicle") is Ending.TERMINATED
    asked = [
        heard.body.ev_target_current.si()
        for at, _, heard in rig.said
        if at > 15_200 * MS and type(heard.body).__name__ == "CurrentDemandReq"
    ]
    assert all(later <= earlier for earlier, later in pairwise(asked))


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_pre_charge_that_swings_closes_nothing_and_ends(protocol: str) -> None:
    rig = Rig(protocol)
    closed = closings(rig)
    swing = [0]

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "PreChargeRes":
            return heard
        swing[0] += 1
        told = type(heard.body.evse_present_voltage)
        unit = heard.body.evse_present_voltage.unit
        volts = 380 if swing[0] % 4 else 300
        value = told(multiplier=0, unit=unit, value=volts)
        return Heard(heard.session_id, heard.body.replace(evse_present_voltage=value))

    rig.twist = twist
    rig.run(HOUR)
    assert rig.ending("vehicle") is Ending.ONGOING_TIMEOUT
    assert closed == []


class Ended:
    """A session that is over at once."""

    mode = "DC_extended"
    stage = Stage.TALKING
    secure = False
    energy_after = 0

    def __init__(self, ended: Callable[[SessionResult], None], ending: Ending) -> None:
        self.view = StationView()
        self._ended = ended
        self._ending = ending

    def start(self, _link_up: int) -> None:
        self._ended(SessionResult(self._ending))

    def end(self, result: SessionResult) -> None:
        self._ended(result)


class NoLink:
    def start(self) -> None:
        """Nothing to do."""

    terminate = error = pause = wake = close = start


class Desk:
    """A manager whose station makes and ends links and sessions as it likes."""

    def __init__(
        self, ending: Ending = Ending.TERMINATED, config: WearConfig | None = None
    ) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.cable = SimulatedCable(self.scheduler)
        self.state = dc_vehicle()
        pack = Pack(self.scheduler, self.state)
        self.faults: list[str] = []
        heard = lambda fault, _words: self.faults.append(fault)  # noqa: E731 - a name for a port
        self.wear = Wear(self.scheduler, config, heard)
        self.begun = 0
        self.pack = pack
        self.basic = BasicCharging(
            self.scheduler, self.cable.vehicle, self.state, pack, closing=self.wear.closing
        )

        def make(ended: Callable[[SessionResult], None]) -> VehicleSession:
            self.begun += 1
            return cast("VehicleSession", Ended(ended, ending))

        self.manager = ChargingManager(
            self.scheduler,
            self.state,
            self.cable.vehicle,
            make,
            user=NoUser(),
            basic=self.basic,
            gates=OpenGates(),
            rules=RetryRules(),
            log=silent().logger("wear"),
            wear=self.wear,
        )
        self.manager.attach(cast("Any", NoLink()))
        self.cable.plug()
        self.run(1 * S)

    def run(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)

    def link_again(self) -> None:
        self.manager.linked(Linked(bytes(6), bytes(7), bytes(8), 0.0))
        self.run(100 * MS)
        self.manager.link_lost(Reason.PILOT_QUIET)
        self.run(400 * MS)


@pytest.mark.parametrize(
    "ending",
    [
        Ending.TERMINATED,
        Ending.PAUSED,
        Ending.NO_ENERGY,
        Ending.LINK_LOST,
        Ending.STATION_FAULT,
    ],
)
def test_links_without_end_are_no_sessions_without_end(ending: Ending) -> None:
    """Stop and begin, pause and wake, lose and find: two a second for an hour."""
    desk = Desk(ending)
    while desk.scheduler.now < HOUR:
        desk.link_again()
    config = WearConfig()
    assert desk.begun <= config.sessions + HOUR // config.session_each + 1
    assert "WEAR_SESSIONS" in desk.faults


def test_another_plug_begins_anew_but_contactors_do_not_forget() -> None:
    desk = Desk()
    for _ in range(200):
        desk.link_again()
        desk.wear.closed()
        desk.cable.unplug()
        desk.run(100 * MS)
        desk.cable.plug()
        desk.run(100 * MS)
    passed = desk.scheduler.now // (30 * S)
    assert desk.begun <= WearConfig().closings_in_all + passed + 1
    assert "WEAR_SWITCHING" in desk.faults
    assert "WEAR_SESSIONS" not in desk.faults


def test_a_session_held_back_begins_when_there_is_room_again() -> None:
    desk = Desk(config=WearConfig(sessions=1, session_each=60 * S))
    desk.link_again()
    desk.manager.linked(Linked(bytes(6), bytes(7), bytes(8), 0.0))
    assert desk.begun == 1
    desk.run(61 * S)
    assert desk.begun == 2


def test_the_relay_of_ac_does_not_follow_a_duty_cycle_for_ever() -> None:
    desk = Desk()
    desk.state.mode = "AC_three_phase_core"
    starts = 0
    before = 0.0
    current = Drive(duty_from_current(16.0))
    while desk.scheduler.now < HOUR:
        desk.cable.source(current)
        for _ in range(4):
            desk.run(500 * MS)
            starts += before == 0.0 < desk.pack.ac_allowed
            before = desk.pack.ac_allowed
        desk.cable.source(X1)
        desk.run(1 * S)
        before = desk.pack.ac_allowed
    config = WearConfig()
    assert 10 < starts <= config.closings + HOUR // config.closing_each + 1
    assert "WEAR_SWITCHING" in desk.faults


def test_the_lock_does_not_move_for_ever_but_always_opens() -> None:
    scheduler = Scheduler(VirtualClock())
    shown: list[LockRequest] = []
    timing = LockTiming()
    lock = PlugLock(scheduler, shown.append, timing)
    lock.conditions(LockConditions(0.0, 0.0, permitted=True, plugged=True))
    locked = False
    while scheduler.now < HOUR:
        locked = not locked
        lock.request(locked=locked)
        scheduler.run(scheduler.now + 6 * S)
    lock.request(locked=False)
    scheduler.run(scheduler.now + 10 * S)
    assert shown.count(LockRequest.LOCK) <= timing.most + HOUR // timing.each + 1
    assert shown[-1] is LockRequest.UNLOCK


def test_a_pilot_that_toggles_does_not_start_matchings_for_ever() -> None:
    links = pair("matching")
    links.station.close()
    started = [0]
    node = cast("Any", links.vehicle).node
    start = node.start

    def count() -> None:
        started[0] += 1
        start()

    node.start = count
    links.cable.plug()
    while links.scheduler.now < 1_800 * S:
        links.cable.source(Drive(DIGITAL))
        links.run(1 * S)
        links.cable.source(E)
        links.run(500 * MS)
    assert 10 < started[0] <= 30 + 1_800 // 120 + 1
    assert Reason.TOO_OFTEN in {failure.reason for failure in links.ev.failures}


def test_too_many_matchings_have_a_trouble_code() -> None:
    desk = Desk()
    desk.manager.failed(LinkFailure(Reason.TOO_OFTEN, Fallback.REPLUG))
    assert desk.faults == ["WEAR_MATCHING"]


def test_a_budget_is_so_many_at_once_and_then_one_each_while() -> None:
    budget, spent = Budget(3, 10), 0
    for now in range(101):
        if budget.left(now):
            budget.spend(now)
            spent += 1
    assert spent == 3 + 10
    budget.refill()
    assert budget.left(101)


def test_no_bound_is_no_bound() -> None:
    budget = Budget(0, 10)
    for _ in range(1_000):
        budget.spend(0)
    assert budget.left(0)
