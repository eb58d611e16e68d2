"""The host's end of the line: greeting, configuration, heartbeat, and when it gives up."""

from dataclasses import replace

import pytest

from bsw.dlt import silent
from bsw.island.frame import encode
from bsw.island.link import IslandLink, Phase
from bsw.island.messages import Config, Edge, Fault, HelloAck, Status, body
from csm.randomness import SeededRandomness
from tests.island.bench import CONFIG
from tests.island.twin import Twin


class User:
    def __init__(self) -> None:
        self.begun = 0
        self.states: list[Status] = []
        self.faults: list[Fault] = []
        self.edges: list[Edge] = []
        self.outcomes: list[int] = []
        self.why: list[str] = []

    def ready(self) -> None:
        self.begun += 1

    def status(self, status: Status) -> None:
        self.states.append(status)

    def fault(self, fault: Fault) -> None:
        self.faults.append(fault)

    def edge(self, edge: Edge) -> None:
        self.edges.append(edge)

    def outcome(self, outcome: int) -> None:
        self.outcomes.append(outcome)

    def lost(self, why: str) -> None:
        self.why.append(why)


def linked(twin: Twin, config: Config = CONFIG, seed: str = "host") -> tuple[IslandLink, User]:
    user = User()
    chance = SeededRandomness(seed)
    link = IslandLink(twin.scheduler, config, user, chance, silent().logger("island"))
    link.attach(twin)
    twin.connect(link)
    twin.run(200)
    return link, user


def test_it_greets_configures_and_keeps_the_heart_beating() -> None:
    twin = Twin()
    link, user = linked(twin)
    twin.run(3000)
    assert (link.phase, user.begun, user.why) == (Phase.SERVING, 1, [])
    assert max(status.age for status in user.states[2:]) <= 51


def test_a_wish_goes_out_at_once() -> None:
    twin = Twin()
    link, _ = linked(twin)
    link.want(drive=2, duty=500)
    twin.run(2)
    assert twin.bench.core.outputs.duty == 500


def test_an_island_that_has_the_configuration_keeps_it() -> None:
    twin = Twin()
    linked(twin)
    link, user = linked(twin, seed="next")
    assert (link.phase, user.begun) == (Phase.SERVING, 1)


def test_edges_are_acknowledged() -> None:
    twin = Twin()
    link, user = linked(twin)
    link.want(drive=2, duty=500)
    twin.bench.load = 2740
    twin.run(500)
    assert (user.edges[-1].before, user.edges[-1].after) in {(1, 2), (0, 2)}
    assert link.wish.edge_ack == user.edges[-1].number


def test_a_greeting_is_repeated_until_it_is_heard() -> None:
    twin = Twin()
    twin.deaf = True
    link, user = linked(twin)
    twin.run(1500)
    twin.deaf = False
    twin.run(1500)
    assert (link.phase, user.why) == (Phase.SERVING, [])


def ack(link: IslandLink, **other: int) -> bytes:
    right = HelloAck(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, link._nonce, 9)
    return encode(body(replace(right, **other), 0))


def test_silence_is_told_with_a_remedy() -> None:
    twin = Twin()
    twin.deaf = True
    _, user = linked(twin)
    twin.run(6000)
    (why,) = user.why
    assert "does not answer" in why
    assert twin.closed


def test_an_island_that_restarts_is_silence() -> None:
    twin = Twin()
    _, user = linked(twin)
    twin.bench.core._core.island_start(twin.bench.core._me, 5, 0)
    twin.run(2000)
    (why,) = user.why
    assert "silent" in why


@pytest.mark.parametrize(
    ("other", "said"),
    [({"major": 2}, "update the older"), ({"config_crc": 5, "role": 1}, "other side of the plug")],
)
def test_an_island_that_does_not_fit_is_told(other: dict[str, int], said: str) -> None:
    twin = Twin()
    twin.deaf = True
    link, user = linked(twin)
    link.received(ack(link, **other))
    (why,) = user.why
    assert said in why
    assert link.phase is Phase.OVER


def test_an_answer_to_somebody_else_is_none() -> None:
    twin = Twin()
    twin.deaf = True
    link, _ = linked(twin)
    link.received(ack(link, nonce=1))
    assert link.phase is Phase.GREETING


def test_a_refused_configuration_is_told() -> None:
    twin = Twin()
    _, user = linked(twin, replace(CONFIG, link=50))
    (why,) = user.why
    assert "hardware.island" in why


def test_a_broken_line_is_told_once() -> None:
    twin = Twin()
    link, user = linked(twin)
    twin.drop()
    twin.run(3000)
    link.close()
    (why,) = user.why
    assert "gone: reset" in why


def test_who_leaves_permits_nothing_any_more() -> None:
    twin = Twin()
    link, _ = linked(twin)
    link.want(permit=3)
    link.close()
    assert link.wish.permit == 0
    twin.run(5000)
    assert twin.closed
