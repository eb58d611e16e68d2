"""Both roles of ours on a bad line: every run ends linked or in a named failure, in time."""

from collections.abc import Callable

import pytest

from bsw.os.clock import MS, S
from bsw.sim.line import Impairment, Passage, flat, untouched
from bsw.slac.config import SlacConfig, Validation, VehiclePolicy
from bsw.slac.links.station_link import Phase as StationPhase
from bsw.slac.links.vehicle_link import Phase
from bsw.slac.matching.vehicle import State
from bsw.slac.outcome import Reason
from csm.randomness import SeededRandomness
from tests.slac.park import Park, Scenario

VERDICT_WITHIN = 120 * S
"""Three rounds; each may try for 10 s, validate for 10 s and wait 12 s for the modems."""

SEEDS = 2000
BATCH = 100


def drawn(seed: int) -> Scenario:
    """A scenario out of a seed: line, neighbours, modems, profile."""
    chance = SeededRandomness(f"scenario {seed}")
    loss = (0.0, 0.05, 0.1, 0.3)[chance.below(4)]
    own = 5 + chance.below(25)
    neighbours = (45 + chance.below(30) for _ in range(chance.below(3)))
    profiles = (SlacConfig.field(), SlacConfig.conformance())
    return Scenario(
        seed=seed,
        attenuations=(own, *neighbours),
        impairment=Impairment(
            latency=chance.below(10 * MS),
            jitter=chance.below(15 * MS),
            loss=loss,
            duplication=(0.0, 0.05, 0.2)[chance.below(3)],
        ),
        join_delay=chance.below(3 * S),
        noise=chance.below(3),
        slac=profiles[chance.below(2)],
        energy=("ac", "dc")[chance.below(2)],
    )


class Forger:
    """Puts noise, mutilated copies and late copies of what it overhears on the line.

    It sits far away: from nearby, copies of a vehicle's sounds would make any station look near,
    against which matching by attenuation has no defence.
    """

    def __init__(self, park: Park, chance: SeededRandomness) -> None:
        self._park = park
        self._chance = chance
        self._port = park.site.line.attach("forger", bytes.fromhex("02666666f001"))
        for seat in (park.seat, *(outlet.seat for outlet in park.outlets)):
            park.site.line.attenuate(self._port, seat.line, flat(70))
        self._port.overhear(self._overhear)

    def _overhear(self, passage: Passage) -> None:
        if self._chance.chance(0.8):
            return
        octets = bytearray(passage.frame)
        if self._chance.chance(0.5):
            octets[15 + self._chance.below(len(octets) - 15)] ^= 1 << self._chance.below(8)
        elif self._chance.chance(0.3):
            del octets[14 + self._chance.below(len(octets) - 14) :]
        elif self._chance.chance(0.3):
            octets[14:] = self._chance.octets(len(octets) - 14)
        delay = self._chance.below(3 * S)
        forged = bytes(octets)
        self._park.scheduler.after(delay, lambda: self._port.send(forged), name="forger")


def trouble(park: Park, seed: int) -> str:
    """Plan one misfortune for after the plug-in; its name."""
    chance = SeededRandomness(f"trouble {seed}")
    own = park.own
    plans: list[tuple[str, Callable[[], None]]] = [
        ("none", lambda: None),
        ("vehicle's modem resets", park.seat.modem.reset),
        ("station's modem resets", own.seat.modem.reset),
        ("unplugged", own.cable.unplug),
        ("vehicle's modem is deaf", park.seat.modem.deafen),
        ("line is cut", park.site.line.cut),
    ]
    name, act = plans[chance.below(len(plans))]
    park.scheduler.after(S + chance.below(4 * S), act, name=name)
    if chance.chance(0.3):
        Forger(park, chance)
        name += ", forger"
    return name


def check(park: Park, what: str) -> str:
    """Plug in, run to the verdict, hold it against the promises; the outcome's name."""
    park.plug()
    own = park.own
    story = f"{park.scenario} {what}"
    decided = park.run_until(park.decided, VERDICT_WITHIN)
    if own.cable.plugged:
        assert decided, f"no verdict: {story}"
    if park.session.links:
        link = park.session.links[0]
        assert link.peer == own.seat.port.mac, f"wrong station: {story}"
        outcome = "linked"
        if "forger" not in what:
            assert own.link.node.membership.agreed is not None, story
    else:
        outcome = park.session.reasons[-1].name if park.session.reasons else "unplugged"
    own.cable.unplug()
    park.run(2 * S)
    assert park.link.phase is Phase.OUT, story
    if own.link.phase is StationPhase.STEPPING:  # in E or F a station is blind
        park.run(6 * S)
    assert own.link.phase is StationPhase.VACANT, story
    assert not own.seat.line.linked(), story
    assert not park.seat.line.linked(), story
    assert own.link.node.matching.sessions == (), story
    return outcome


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_each_seeded_run_ends_linked_or_in_a_named_failure(first: int) -> None:
    outcomes: dict[str, int] = {}
    for seed in range(first, first + BATCH):
        park = Park(drawn(seed))
        outcome = check(park, trouble(park, seed))
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes.get("linked", 0) > BATCH // 2, outcomes


def test_a_run_is_repeated_exactly_by_its_seed() -> None:
    def story(seed: int) -> tuple[list[tuple[int, bytes]], str]:
        park = Park(drawn(seed))
        passed: list[tuple[int, bytes]] = []
        park.site.line.tap(lambda now, frame: passed.append((now, frame)))
        return passed, check(park, trouble(park, seed))

    for seed in range(20):
        assert story(seed) == story(seed)


@pytest.mark.parametrize("loss", [0.1, 0.3])
def test_lost_frames_are_made_up_for(loss: float) -> None:
    linked = 0
    for seed in range(100):
        park = Park(Scenario(seed, impairment=Impairment(latency=2 * MS, loss=loss)))
        linked += check(park, "loss only") == "linked"
    assert linked >= (100 if loss < 0.2 else 95)


@pytest.mark.parametrize("own", [8, 20, 38])
@pytest.mark.parametrize("gap", [6, 15, 30])
def test_of_three_stations_on_one_line_the_own_one_is_chosen(own: int, gap: int) -> None:
    for seed in range(5):
        attenuations = (own, own + gap, own + 2 * gap)
        assert check(Park(Scenario(seed, attenuations)), "crosstalk") == "linked"


def test_a_lossy_line_does_not_make_the_neighbour_win() -> None:
    """Neighbours only 15 and 30 dB farther; each lost answer of the own station helps them."""
    right = 0
    for seed in range(100):
        scenario = Scenario(seed, (10, 25, 40), Impairment(latency=MS, loss=0.1))
        park = Park(scenario)
        park.plug()
        assert park.run_until(park.decided, VERDICT_WITHIN)
        links = park.session.links
        right += bool(links) and links[0].peer == park.own.seat.port.mac
    assert right >= 97


@pytest.mark.parametrize("own", [14, 15, 16])
def test_stations_that_look_alike_are_told_apart_by_validation(own: int) -> None:
    """The own one may even be the more attenuated; only its pilot sees the toggles."""
    for seed in range(5):
        park = Park(Scenario(seed, (own, 15, 15), slac=SlacConfig()))
        assert check(park, "look-alikes") == "linked"
        validated = park.own.link.node.membership.agreed
        assert validated is not None
        assert validated.validated


def test_a_station_far_away_but_alone_is_found_by_validation() -> None:
    park = Park(Scenario(1, (60,)))
    assert check(park, "far") == "linked"


def test_a_neighbour_alone_is_never_matched() -> None:
    """Our own station is out of order: its neighbour, heard at 55 dB, is not ours."""
    park = Park(Scenario(1, (10, 55)))
    park.own.seat.line.unplug()
    assert check(park, "own station deaf") == Reason.NOT_VALIDATED.name


STATES = [state for state in State if state not in {State.IDLE, State.PAUSING}]
SLOW = SlacConfig(vehicle=VehiclePolicy(validation=Validation.ALWAYS))


def reached(state: State) -> Park:
    """A park whose vehicle has just come to ``state``."""
    slow = Impairment(latency=5 * MS)
    park = Park(Scenario(7, impairment=slow, join_delay=300 * MS, slac=SLOW))
    park.plug()
    matching = park.link.node.matching
    assert park.run_until(lambda: matching.state is state, 20 * S, step=MS), state
    return park


def settles(park: Park) -> None:
    """It ends linked, or failed with a name, and stays that way within the timers."""
    assert park.run_until(
        lambda: park.link.phase in {Phase.LINKED, Phase.SPENT, Phase.OUT}, VERDICT_WITHIN
    )
    if park.link.phase is Phase.SPENT:
        assert park.session.reasons or park.session.losses


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
@pytest.mark.parametrize("whose", ["vehicle", "station"])
def test_a_modem_reset_in_each_state_ends_well(state: State, whose: str) -> None:
    park = reached(state)
    (park.seat if whose == "vehicle" else park.own.seat).modem.reset()
    if state is State.JOINED:  # the loss must be noticed first
        assert park.run_until(lambda: park.link.phase is not Phase.LINKED, 10 * S)
    settles(park)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_pulled_plug_in_each_state_ends_at_once(state: State) -> None:
    park = reached(state)
    park.own.cable.unplug()
    park.run(1250 * MS)
    assert park.link.phase is Phase.OUT
    assert park.own.link.phase is StationPhase.VACANT
    told = park.session.reasons + park.session.losses
    assert told == [Reason.UNPLUGGED]
    assert not park.seat.line.linked()
    spoken: list[bytes] = []
    park.site.line.tap(lambda _now, frame: spoken.append(frame))
    park.run(10 * S)
    assert spoken == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_cut_line_in_each_state_ends_in_a_name(state: State) -> None:
    park = reached(state)
    park.site.line.cut()
    assert park.run_until(lambda: park.link.phase is Phase.SPENT, VERDICT_WITHIN)
    park.site.line.restore()
    park.own.cable.unplug()
    park.run(2 * S)
    park.session.links.clear()
    park.plug()
    assert park.run_until(lambda: bool(park.session.links), VERDICT_WITHIN)


def test_frames_that_come_a_second_late_do_not_confuse() -> None:
    for seed in range(50):
        park = Park(Scenario(seed))
        chance = SeededRandomness(f"late {seed}")

        def late(passage: Passage, chance: SeededRandomness = chance) -> list[tuple[int, bytes]]:
            extra = chance.below(S) if chance.chance(0.1) else 0
            return [(extra, passage.frame)]

        park.site.line.interference = late
        assert check(park, "late frames") == "linked"


def test_each_message_lost_once_is_made_up_for() -> None:
    """The first frame of each kind is lost, whichever it is."""
    park = Park(Scenario(3))
    seen: set[bytes] = set()

    def first_lost(passage: Passage) -> list[tuple[int, bytes]]:
        kind = passage.frame[15:17]
        if kind in seen:
            return list(untouched(passage))
        seen.add(kind)
        return []

    park.site.line.interference = first_lost
    assert check(park, "first of each kind lost") == "linked"
    assert len(seen) >= 7


def test_a_hundred_plug_ins_in_a_row() -> None:
    """Nothing is left over from one session to the next."""
    park = Park(Scenario(11, (10, 50)))
    keys = set()
    for _ in range(100):
        park.session.links.clear()
        park.own.cable.plug()
        assert park.run_until(lambda: bool(park.session.links), 10 * S)
        keys.add(park.session.links[0].nid)
        park.own.cable.unplug()
        park.run(S)
    assert len(keys) == 100
    assert park.session.failures == []
    assert set(park.session.losses) == {Reason.UNPLUGGED}
