"""Calls, answers, refusals and silence between two routers, in all versions."""

import json
from random import Random

import pytest

from bsw.os.clock import S
from ocpp.catalogue import Refused
from ocpp.happenings import (
    Answered,
    AnswerRefused,
    BadAnswer,
    Called,
    CutOff,
    Declined,
    Ended,
    Garbage,
    Happening,
    Heard,
    Stray,
    TimedOut,
    TurnedDown,
)
from ocpp.router import CallsFull, Router, RouterRules
from ocpp.versions import Problem, Version, Wrong, code_of
from tests.ocpp.pair import Pair

TIME = {"currentTime": "2030-01-01T00:00:00Z"}
ALL = pytest.mark.parametrize("version", Version)
SINCE_2 = pytest.mark.parametrize("version", [Version.V201, Version.V21])


@ALL
def test_a_call_is_answered(version: Version) -> None:
    pair = Pair(version)
    name = pair.station.call("Heartbeat", {}, pair.now)
    [called] = pair.told()[1]
    assert isinstance(called, Called)
    assert (called.id, called.action) == (name, "Heartbeat")
    assert pair.backend.answer(called.id, TIME)
    [answered] = pair.told()[0]
    assert isinstance(answered, Answered)
    assert answered.message.currentTime.year == 2030
    assert pair.station.idle


@ALL
def test_one_call_is_open_per_direction_and_the_next_follows(version: Version) -> None:
    pair = Pair(version)
    names = [pair.station.call("Heartbeat", {}, pair.now) for _ in range(3)]
    ended: list[Happening] = []
    for name in names:
        to_station, to_backend = pair.told()
        ended += to_station
        assert [each.id for each in to_backend if isinstance(each, Called)] == [name]
        pair.backend.answer(name, TIME)
    ended += pair.told()[0]
    assert [each.id for each in ended if isinstance(each, Answered)] == names


@ALL
def test_a_role_may_call_while_it_owes_an_answer(version: Version) -> None:
    pair = Pair(version)
    outer = pair.station.call("Heartbeat", {}, pair.now)
    [called] = pair.told()[1]
    inner = pair.backend.call("ClearCache", {}, pair.now)
    [asked] = pair.told()[0]
    assert isinstance(asked, Called)
    assert pair.station.answer(inner, {"status": "Accepted"})
    [answered] = pair.told()[1]
    assert isinstance(answered, Answered)
    assert isinstance(called, Called)
    assert pair.backend.answer(outer, TIME)
    assert isinstance(pair.told()[0][0], Answered)


@ALL
def test_silence_ends_a_call_and_its_answer_comes_late(version: Version) -> None:
    pair = Pair(version)
    first = pair.station.call("Heartbeat", {}, pair.now, within=5 * S)
    second = pair.station.call("Heartbeat", {}, pair.now)
    pair.told()
    assert pair.station.due == 5 * S
    pair.station.tick(5 * S - 1)
    assert pair.station.happenings() == []
    pair.now = 5 * S
    pair.station.tick(pair.now)
    assert pair.station.happenings() == [TimedOut(first, "Heartbeat")]
    assert pair.station.due == 35 * S
    pair.backend.answer(first, TIME)
    assert pair.told()[0] == [Stray(first, late=True)]
    pair.backend.answer(second, TIME)
    assert isinstance(pair.told()[0][0], Answered)


@ALL
def test_an_answer_that_comes_twice_ends_nothing_else(version: Version) -> None:
    pair = Pair(version)
    name = pair.station.call("Heartbeat", {}, pair.now)
    pair.told()
    octets = json.dumps([3, name, TIME]).encode()
    pair.station.received(octets, pair.now)
    pair.station.happenings()
    again = pair.station.call("Heartbeat", {}, pair.now)
    pair.station.received(octets, pair.now)
    assert pair.station.happenings() == [Stray(name, late=False)]
    assert not pair.station.idle
    assert again != name


@ALL
def test_a_refusal_comes_in_the_words_of_the_version(version: Version) -> None:
    pair = Pair(version)
    name = pair.station.call("Heartbeat", {}, pair.now)
    pair.told()
    pair.backend.refuse(name, Problem(Wrong.OCCURRENCE, "too many"))
    [turned_down] = pair.told()[0]
    code = code_of(Wrong.OCCURRENCE, version)
    assert turned_down == TurnedDown(name, "Heartbeat", Wrong.OCCURRENCE, code, "too many")


@ALL
@pytest.mark.parametrize(
    ("action", "payload", "wrong"),
    [
        ("Dance", {}, Wrong.NOT_IMPLEMENTED),
        ("BootNotification", {}, Wrong.OCCURRENCE),
        ("DataTransfer", {"vendorId": 1}, Wrong.TYPE),
        ("DataTransfer", {"vendorId": "x" * 256}, Wrong.PROPERTY),
    ],
)
def test_a_bad_call_is_refused_before_anybody_sees_it(
    version: Version, action: str, payload: object, wrong: Wrong
) -> None:
    pair = Pair(version)
    pair.backend.received(json.dumps([2, "7", action, payload]).encode(), pair.now)
    [declined] = pair.backend.happenings()
    assert isinstance(declined, Declined)
    assert declined.problem.wrong is wrong
    [error] = pair.backend.outgoing()
    assert json.loads(error)[:3] == [4, "7", code_of(wrong, version)]


@ALL
def test_a_bad_answer_ends_the_call_and_only_2_1_can_say_so(version: Version) -> None:
    pair = Pair(version)
    name = pair.station.call("Heartbeat", {}, pair.now)
    pair.told()
    pair.station.received(json.dumps([3, name, {"currentTime": 5}]).encode(), pair.now)
    [bad] = pair.station.happenings()
    assert isinstance(bad, BadAnswer)
    assert bad.problem.wrong is Wrong.TYPE
    told = pair.told()[1]
    if version is Version.V21:
        [refused] = told
        assert isinstance(refused, AnswerRefused)
        assert (refused.id, refused.wrong) == (name, Wrong.TYPE)
    else:
        assert told == []


@ALL
def test_our_own_bad_answer_is_an_internal_error_to_the_peer(version: Version) -> None:
    pair = Pair(version)
    name = pair.station.call("Heartbeat", {}, pair.now)
    pair.told()
    with pytest.raises(Refused):
        pair.backend.answer(name, {"currentTime": "noon"})
    [turned_down] = pair.told()[0]
    assert isinstance(turned_down, TurnedDown)
    assert turned_down.wrong is Wrong.INTERNAL
    assert not pair.backend.answer(name, TIME)


@ALL
def test_a_cut_ends_every_call_and_voids_what_is_owed(version: Version) -> None:
    pair = Pair(version)
    names = [pair.station.call("Heartbeat", {}, pair.now) for _ in range(2)]
    pair.told()
    pair.station.lost()
    pair.backend.lost()
    assert pair.station.happenings() == [
        CutOff(names[0], "Heartbeat", sent=True),
        CutOff(names[1], "Heartbeat", sent=False),
    ]
    assert not pair.backend.answer(names[0], TIME)
    assert pair.station.idle
    assert pair.station.due is None


def test_a_send_needs_no_turn_and_gets_no_answer() -> None:
    pair = Pair(Version.V21)
    pair.station.call("Heartbeat", {}, pair.now)
    event = {
        "id": 1,
        "pending": 0,
        "basetime": "2030-01-01T00:00:00Z",
        "data": [{"t": 0, "v": "1"}],
    }
    pair.station.send("NotifyPeriodicEventStream", event)
    told = pair.told()
    assert [type(each) for each in told[1]] == [Called, Heard]
    pair.station.received(b'[6,"1","NotifyPeriodicEventStream",{}]', pair.now)
    assert isinstance(pair.station.happenings()[0], Garbage)
    assert pair.station.outgoing() == []


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
def test_a_version_without_send_refuses_to_send(version: Version) -> None:
    with pytest.raises(Refused):
        Pair(version).station.send("Heartbeat", {})


def test_what_is_sent_may_not_be_called() -> None:
    pair = Pair(Version.V21)
    pair.backend.received(b'[2,"1","NotifyPeriodicEventStream",{}]', pair.now)
    assert json.loads(pair.backend.outgoing()[0])[2] == "ProtocolError"
    pair.backend.received(b'[6,"2","Heartbeat",{}]', pair.now)
    assert pair.backend.outgoing() == []


@SINCE_2
@pytest.mark.parametrize(
    ("octets", "name", "code"),
    [
        (b"{", "-1", "RpcFrameworkError"),
        (b'[9,"7","A",{}]', "7", "MessageTypeNotSupported"),
        (b'[2,"7","Heartbeat"]', "7", "RpcFrameworkError"),
    ],
)
def test_what_is_no_frame_is_answered(
    version: Version, octets: bytes, name: str, code: str
) -> None:
    router = Pair(version).backend
    router.received(octets, 0)
    assert json.loads(router.outgoing()[0])[:3] == [4, name, code]
    assert isinstance(router.happenings()[0], Garbage)


def test_1_6_answers_only_what_has_an_id_and_is_a_call() -> None:
    router = Pair(Version.V16).backend
    router.received(b"{", 0)
    router.received(b'[9,"7","A",{}]', 0)
    assert router.outgoing() == []
    router.received(b'[2,"7","Heartbeat"]', 0)
    assert json.loads(router.outgoing()[0])[:3] == [4, "7", "ProtocolError"]


@ALL
@pytest.mark.parametrize(("strict", "parallel"), [(True, 1), (False, 8)])
def test_more_open_calls_than_allowed_are_refused(
    version: Version, parallel: int, *, strict: bool
) -> None:
    router = Pair(version, strict=strict).backend
    for number in range(parallel + 1):
        router.received(json.dumps([2, str(number), "Heartbeat", {}]).encode(), 0)
    *called, declined = router.happenings()
    assert [type(each) for each in called] == [Called] * parallel
    assert isinstance(declined, Declined)
    assert declined.problem.wrong is Wrong.RPC


@ALL
@pytest.mark.parametrize("strict", [True, False])
def test_a_retry_of_an_open_call_is_told_again_and_answered_once(
    version: Version, *, strict: bool
) -> None:
    router = Pair(version, strict=strict).backend
    for _ in range(2):
        router.received(b'[2,"1","Heartbeat",{}]', 0)
    assert [type(each) for each in router.happenings()] == [Called, Called]
    assert router.answer("1", TIME)
    assert not router.answer("1", TIME)
    assert len(router.outgoing()) == 1


@ALL
def test_another_call_with_an_open_id_is_not_served(version: Version) -> None:
    router = Pair(version).backend
    router.received(b'[2,"1","Heartbeat",{}]', 0)
    router.received(b'[2,"1","DataTransfer",{"vendorId":"v"}]', 0)
    assert [type(each) for each in router.happenings()] == [Called, Garbage]
    assert router.outgoing() == []


def test_a_router_keeps_a_bounded_number_of_calls() -> None:
    router = Pair(Version.V16, rules=RouterRules(waiting=2)).station
    for _ in range(3):
        router.call("Heartbeat", {}, 0)
    with pytest.raises(CallsFull, match="2 calls wait already"):
        router.call("Heartbeat", {}, 0)


@ALL
def test_a_bad_call_of_our_own_never_leaves(version: Version) -> None:
    router = Pair(version).station
    with pytest.raises(Refused):
        router.call("BootNotification", {}, 0)
    assert router.outgoing() == []


@ALL
def test_a_call_that_is_sent_again_may_keep_its_id(version: Version) -> None:
    router = Pair(version).station
    assert router.call("Heartbeat", {}, 0, name="old") == "old"
    assert router.outgoing() == [b'[2,"old","Heartbeat",{}]']


class Chatter:
    """A role that calls, answers, refuses or keeps silent at random, and keeps count."""

    def __init__(self, router: Router, random: Random) -> None:
        self.router = router
        self.random = random
        self.made: set[str] = set()
        self.ended: list[str] = []

    def act(self, now: int) -> None:
        self.router.tick(now)
        self.hear()
        if self.random.random() < 0.5 and len(self.made) - len(self.ended) < 50:
            self.made.add(self.router.call("DataTransfer", {"vendorId": "v"}, now))

    def hear(self) -> None:
        for each in self.router.happenings():
            if isinstance(each, Ended):
                self.ended.append(each.id)
            elif isinstance(each, Called) and self.random.random() < 0.8:
                self.reply(each)

    def reply(self, called: Called) -> None:
        if self.random.random() < 0.8:
            self.router.answer(called.id, {"status": "Accepted"})
        else:
            self.router.refuse(called.id, Problem(Wrong.GENERIC, "no"))


@ALL
@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_call_ends_exactly_once(version: Version, seed: int) -> None:
    """Calls, answers, refusals, garbage, silence and cuts in any order."""
    random = Random(f"{version}{seed}")
    pair = Pair(version, rules=RouterRules(answer_within=3 * S))
    both = (Chatter(pair.station, random), Chatter(pair.backend, random))
    for _ in range(400):
        for chatter in both:
            chatter.act(pair.now)
        match random.randrange(12):
            case 0:
                pair.station.received(random.randbytes(20), pair.now)
            case 1:
                pair.station.outgoing()  # lost on the way
            case 2:
                pair.station.lost()
                pair.backend.lost()
        pair.now += random.choice([0, S, 4 * S])
        pair.carry()
    for chatter in both:
        chatter.router.lost()
        chatter.hear()
        assert sorted(chatter.ended) == sorted(chatter.made)
