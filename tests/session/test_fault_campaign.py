"""Sessions with faults by seed: whatever happens, both sides end in time, safely, with a reason.

A seed chooses protocol, mode and up to three faults with their times.  The same seed gives the
same session again, message by message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import MS, S
from bsw.v2gtp import PayloadType
from evcc.vehicle import Intent
from secc.api.literals import EvseError, IsolationStatus
from secc.api.objects import DcEvseMaximumLimits
from secc.power.simulated import Ratings
from tools.bench.world.direct import Rig

if TYPE_CHECKING:
    from typing_extensions import Self

CASES = (
    ("din", "DC_extended"),
    ("iso2", "DC_extended"),
    ("iso2", "AC_single_phase_core"),
    ("iso2", "AC_three_phase_core"),
)
SEEDS, CHUNKS = 1_000, 10
RATINGS = Ratings(
    cable_check=200 * MS, volts_per_second=20_000.0, amps_per_second=500.0, step=50 * MS
)
ASIDE = {PayloadType.SCHEDULE, PayloadType.METERING, PayloadType.ACDP_STATUS}
BOUND = 300 * S
WINDOW = 14 * S
"""When faults begin: a session without one is over by then."""


@dataclass
class Campaign:
    """One session, with what its invariants need to know."""

    seed: int
    chance: Random = field(init=False)
    rig: Rig = field(init=False)
    limit: float | None = None  # the station's current limit, as last told
    excess: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    spoil: list[Callable[[str, Heard], bool]] = field(default_factory=list)
    twists: list[Callable[[Heard], Heard]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        rig = self.rig = self._begin()
        faults = self._possible()
        rig.lose = self._lose
        rig.twist = self._twist
        rig.at(self.chance.randrange(9, 12) * S + self._begins(), self._full)
        for _ in range(self.chance.randrange(1, 4)):
            name = self.chance.choice(sorted(faults))
            when = self.chance.randrange(0, WINDOW + self._begins(), MS)
            self.faults.append(f"{name} at {when / S:.3f} s")
            rig.at(when, lambda name=name: faults[name](self))  # type: ignore[misc]  # name is bound
        if self.chance.random() < 0.9:  # else the line is dead: nobody hears of the other's end
            rig.scheduler.every(50 * MS, self._tell_the_other, name="tcp")

    def _possible(self) -> "dict[str, Callable[[Any], None]]":
        return FAULTS

    def _begin(self) -> Rig:
        self.protocol, self.mode = self.chance.choice(CASES)
        return Rig(self.protocol, mode=self.mode, ratings=RATINGS, seed=self.seed)

    def _begins(self) -> int:
        """How much later than others this one charges."""
        return 0

    def run(self) -> "Self":
        self.rig.run(self._bound())
        return self

    def _bound(self) -> int:
        """By then every session is over."""
        return BOUND

    @property
    def where(self) -> str:
        return f"{self.protocol} {self.mode}"

    def _full(self) -> None:
        self.rig.state.charging_complete = True

    def _tell_the_other(self) -> None:
        rig, lost = self.rig, SessionResult(Ending.CONNECTION_LOST)
        if "vehicle" in rig.results and "station" not in rig.results:
            rig.responder.end(lost)
        elif "station" in rig.results and "vehicle" not in rig.results:
            rig.vehicle.end(lost)

    def _lose(self, side: str, heard: Heard) -> bool:
        if side == "vehicle":
            self._watch(heard)
        return any(one(side, heard) for one in self.spoil)

    def _watch(self, heard: Heard) -> None:
        """No request is above what the station told last, or the vehicle stands."""
        if type(heard.body).__name__ != "CurrentDemandReq":
            return
        asked = float(heard.body.ev_target_current.si())
        known = [one for one in (self.limit, self.rig.state.max_current) if one is not None]
        if known and asked > min(known) + 0.1:
            self.excess.append(f"{asked:g} A at {self.rig.scheduler.now / S:.3f} s, {min(known):g}")

    def _twist(self, heard: Heard) -> Heard:
        for one in self.twists:
            heard = one(heard)
        told = self._told_limit(heard)
        if told is not None:
            self.rig.scheduler.after(
                self.rig.latency, lambda: setattr(self, "limit", told), name="limit"
            )
        return heard

    def _told_limit(self, heard: Heard) -> float | None:
        limit = getattr(heard.body, "evse_maximum_current_limit", None)
        return None if limit is None else float(limit.si())

    def once(self, act: Callable[[str, Heard], bool]) -> None:
        """Do this to the next message only."""

        def first(side: str, heard: Heard) -> bool:
            self.spoil.remove(first)
            return act(side, heard)

        self.spoil.append(first)

    def twist_once(self, change: Callable[[Heard], Heard]) -> None:
        def first(heard: Heard) -> Heard:
            self.twists.remove(first)
            return change(heard)

        self.twists.append(first)


# What can go wrong


def lose_one(campaign: Campaign) -> None:
    campaign.once(lambda _side, _heard: True)


def lose_all(campaign: Campaign) -> None:
    campaign.spoil.append(lambda _side, _heard: True)


def slow_down(campaign: Campaign) -> None:
    campaign.rig.latency = campaign.chance.randrange(10, 3_000) * MS


def duplicate(campaign: Campaign) -> None:
    rig = campaign.rig

    def twice(side: str, heard: Heard) -> bool:
        to = rig.responder.received if side == "vehicle" else rig.vehicle.received
        rig.scheduler.after(2 * rig.latency, lambda: to(heard), name="again")
        return False

    campaign.once(twice)


def wrong_code(campaign: Campaign) -> None:
    def change(heard: Heard) -> Heard:
        codes = [code for code in type(heard.body.response_code) if code.value[0] == "F"]
        body = heard.body.replace(response_code=campaign.chance.choice(codes))
        return replace(heard, body=body)

    campaign.twist_once(change)


def wrong_session(campaign: Campaign) -> None:
    campaign.twist_once(lambda heard: replace(heard, session_id=b"\x42" * 8))


def garbage(campaign: Campaign) -> None:
    """Octets flipped on the wire: unreadable for whoever gets them, or another message."""
    rig, dialect = campaign.rig, campaign.rig.dialect

    def flip(side: str, heard: Heard) -> bool:
        kind, octets = dialect.encode(
            heard.session_id, Said(heard.body, heard.signature, _stream(heard))
        )
        spoiled = bytearray(octets)
        for _ in range(campaign.chance.randrange(1, 5)):
            spoiled[campaign.chance.randrange(len(spoiled))] ^= 1 << campaign.chance.randrange(8)
        receiver: Any = rig.responder if side == "vehicle" else rig.vehicle
        try:
            other = dialect.decode(kind, bytes(spoiled))
        except UNREADABLE:
            ended = SessionResult(Ending.UNDECODABLE)
            rig.scheduler.after(rig.latency, lambda: receiver.end(ended), name="unreadable")
        else:
            rig.scheduler.after(rig.latency, lambda: receiver.received(other), name="other")
        return True

    campaign.once(flip)


def _stream(heard: Heard) -> int | None:
    """Beside the row a message keeps its payload type."""
    return heard.payload_type if heard.payload_type in ASIDE else None


def station_error(campaign: Campaign) -> None:
    campaign.rig.charger.send_error(error=campaign.chance.choice(list(EvseError)))


def isolation_fault(campaign: Campaign) -> None:
    campaign.rig.charger.update_isolation_status(isolation_status=IsolationStatus.FAULT)


def pilot_fault(campaign: Campaign) -> None:
    """As the charging manager and the outlet's service do it."""
    rig = campaign.rig
    rig.plug.fault = campaign.chance.choice("AEF")
    ended = SessionResult(Ending.PILOT_FAULT)
    rig.scheduler.after(30 * MS, lambda: rig.vehicle.end(ended), name="pilot")
    rig.scheduler.after(30 * MS, lambda: rig.responder.end(ended), name="pilot")


def contactors_stay_open(campaign: Campaign) -> None:
    """Those that are welded stay so."""
    campaign.rig.pack.stuck = bool(campaign.rig.pack.stuck)


def contactors_weld(campaign: Campaign) -> None:
    campaign.rig.pack.stuck = True


def permission_lost(campaign: Campaign) -> None:
    campaign.rig.state.permission = False


def vehicle_error(campaign: Campaign) -> None:
    campaign.rig.state.error = "FAILED_RESSTemperatureInhibit"


def vehicle_stops(campaign: Campaign) -> None:
    campaign.rig.state.intent = Intent.STOP


def vehicle_pauses(campaign: Campaign) -> None:
    campaign.rig.state.intent = Intent.PAUSE


def vehicle_renegotiates(campaign: Campaign) -> None:
    campaign.rig.asked.renegotiation.ask()


def station_stops(campaign: Campaign) -> None:
    campaign.rig.charger.stop_charging(stop=True)


def station_renegotiates(campaign: Campaign) -> None:
    campaign.rig.charger.renegotiate()


def station_limits(campaign: Campaign) -> None:
    campaign.rig.charger.update_dc_maximum_limits(
        maximum_limits=DcEvseMaximumLimits(
            evse_maximum_current_limit=campaign.chance.choice((1.0, 10.0, 63.0, 300.0)),
            evse_maximum_power_limit=campaign.chance.choice((0.0, 5_000.0, 60_000.0)),
            evse_maximum_voltage_limit=campaign.chance.choice((200.0, 450.0, 900.0)),
        )
    )


def vehicle_limits(campaign: Campaign) -> None:
    state = campaign.rig.state
    state.max_current = campaign.chance.choice((0.0, 6.0, 50.0, 200.0))
    state.target_current = campaign.chance.choice((0.0, 20.0, 150.0))
    state.ac_max_current = campaign.chance.choice((0.0, 6.0, 32.0))


def values_missing(campaign: Campaign) -> None:
    state = campaign.rig.state
    name = campaign.chance.choice(("soc", "battery_voltage", "inlet_voltage", "target_current"))
    setattr(state, name, None)


def no_customer(campaign: Campaign) -> None:
    campaign.rig.customer_after = None


FAULTS: dict[str, Callable[[Campaign], None]] = {
    act.__name__: act
    for act in (
        lose_one,
        lose_all,
        slow_down,
        duplicate,
        wrong_code,
        wrong_session,
        garbage,
        station_error,
        isolation_fault,
        pilot_fault,
        contactors_stay_open,
        contactors_weld,
        permission_lost,
        vehicle_error,
        vehicle_stops,
        vehicle_pauses,
        vehicle_renegotiates,
        station_stops,
        station_renegotiates,
        station_limits,
        vehicle_limits,
        values_missing,
        no_customer,
    )
}


# What has to hold


def broken_promises(campaign: Campaign) -> list[str]:
    rig = campaign.rig
    found = [f"above the limits: {excess}" for excess in campaign.excess[:1]]
    for side in ("vehicle", "station"):
        if side not in rig.results:
            found.append(f"the {side} never ended")
        elif rig.results[side].ending is Ending.INTERNAL_FAULT:
            found.append(f"the {side}: {rig.results[side]}")
    if {one.ending for one in rig.results.values()} == {Ending.CONNECTION_LOST}:
        found.append("nobody says why it ended")
    if found:
        return found
    ended = rig.ended_at["vehicle"]
    late = [heard for at, side, heard in rig.said if side == "vehicle" and at > ended]
    rules = {
        "a request after the end": not late,
        "current asked for after the end": not rig.pack.asked or rig.pack.asked[-1] == 0.0,
        "AC current allowed after the end": rig.pack.ac_allowed == 0.0,
        "contactors closed": rig.pack.stuck is True or not rig.state.contactors_closed,
        "pilot not in B": not rig.plug.ready,
        "energy flows on": rig.electronics.current == 0.0,
    }
    return [text for text, holds in rules.items() if not holds]


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sessions_with_faults_end_safely(chunk: int) -> None:
    wrong = []
    for seed in range(chunk, SEEDS, CHUNKS):
        campaign = Campaign(seed).run()
        promises = broken_promises(campaign)
        if promises:
            wrong.append(f"seed {seed}, {campaign.where}, {campaign.faults}: {promises}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("seed", range(7, 1_000, 50))
def test_a_seed_gives_the_same_session_again(seed: int) -> None:
    first, second = Campaign(seed).run().rig, Campaign(seed).run().rig
    assert first.results == second.results
    assert first.said == second.said


def test_the_faults_lead_to_many_kinds_of_ends() -> None:
    endings = {Campaign(seed).run().rig.results["vehicle"].ending for seed in range(120)}
    assert len(endings) >= 8
