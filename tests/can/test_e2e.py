"""End-to-end protection: profiles, the judgement of frames, and the state machine of trust."""

from collections.abc import Iterable

import pytest
from cantools.autosar.end_to_end import (
    apply_profile5_crc,
    check_profile2_crc,
    check_profile5_crc,
)
from hypothesis import given
from hypothesis import strategies as st

from can_adapter.config import CanConfig
from can_adapter.matrix.configured import window
from can_adapter.matrix.specs import E2eSpec
from can_adapter.signals.e2e import (
    PROFILES,
    E2eChecker,
    E2eProtector,
    E2eState,
    E2eStatus,
    E2eWindow,
    problems,
)

SPEC = E2eSpec(5, 0x1A0)


def frames(spec: E2eSpec, count: int, length: int = 64) -> list[bytes]:
    protector = E2eProtector(spec)
    found = []
    for number in range(count):
        data = bytearray(length)
        data[length - 1] = number & 0xFF
        protector.protect(data)
        found.append(bytes(data))
    return found


def judged(checker: E2eChecker, data: Iterable[bytes]) -> list[E2eStatus]:
    return [checker.judge(one) for one in data]


PLACES = [(profile, 0) for profile in PROFILES] + [(n, 8) for n in PROFILES if n != 2]


@pytest.mark.parametrize(("profile", "offset"), PLACES)
def test_every_profile_accepts_its_own_frames_and_no_others(profile: int, offset: int) -> None:
    spec = E2eSpec(profile, 0x12, offset)
    sent = frames(spec, 40)
    checker = E2eChecker(spec)
    assert set(judged(checker, sent)) == {E2eStatus.OK}
    assert checker.trusted
    stranger = E2eChecker(E2eSpec(profile, 0x13, offset))
    assert set(judged(stranger, sent)) == {E2eStatus.ERROR}
    assert not stranger.trusted


@pytest.mark.parametrize("profile", PROFILES)
@given(bit=st.integers(0, 511))
def test_every_changed_bit_is_noticed(profile: int, bit: int) -> None:
    spec = E2eSpec(profile, 0x1234 if profile != 2 else 0x34)
    good, changed = frames(spec, 1)[0], bytearray(frames(spec, 1)[0])
    changed[bit // 8] ^= 1 << bit % 8
    assert E2eChecker(spec).judge(good) is E2eStatus.OK
    status = E2eChecker(spec).judge(bytes(changed))
    upper_nibble_of_the_counter = profile in {1, 2, 11} and bit in range(12, 16)
    assert status is E2eStatus.ERROR or upper_nibble_of_the_counter


@given(st.binary(min_size=8, max_size=64), st.integers(0, 0xFFFF))
def test_profile_5_agrees_with_cantools(octets: bytes, data_id: int) -> None:
    ours = bytearray(octets)
    E2eProtector(E2eSpec(5, data_id)).protect(ours)
    assert check_profile5_crc(bytes(ours), data_id)
    theirs = apply_profile5_crc(octets, data_id)
    assert theirs is not None
    assert E2eChecker(E2eSpec(5, data_id)).judge(bytes(theirs)) is E2eStatus.OK


@given(st.binary(min_size=8, max_size=64), st.integers(0, 0xFF))
def test_profile_2_agrees_with_cantools(octets: bytes, data_id: int) -> None:
    ours = bytearray(octets)
    E2eProtector(E2eSpec(2, data_id)).protect(ours)
    assert check_profile2_crc(bytes(ours), data_id)


def test_gaps_are_tolerated_up_to_the_configured_delta() -> None:
    sent = frames(SPEC, 20)
    checker = E2eChecker(SPEC, E2eWindow(max_delta_counter=3))
    picked = [sent[index] for index in (0, 1, 2, 5, 6, 10, 11)]
    assert judged(checker, picked) == [
        E2eStatus.OK,
        E2eStatus.OK,
        E2eStatus.OK,
        E2eStatus.LOST,
        E2eStatus.OK,
        E2eStatus.WRONG_SEQUENCE,
        E2eStatus.OK,
    ]


@pytest.mark.parametrize(("times", "state"), [(1, E2eState.INVALID), (10, E2eState.VALID)])
def test_a_lab_host_can_stretch_the_supervision(times: int, state: E2eState) -> None:
    """Of twenty frames one arrives, over and over; then a few come damaged."""
    sent = frames(SPEC, 120)
    checker = E2eChecker(SPEC, window(CanConfig(e2e_stretch=times)))
    judged(checker, [*sent[:3], *sent[3::20]])
    assert checker.state is state
    judged(checker, [bytes(len(sent[0]))] * 3)
    assert checker.state is state


def test_however_far_it_is_stretched_a_repeated_frame_is_not_a_lost_one() -> None:
    """The counter of profile 1 has fifteen values; going back one looks like losing thirteen."""
    sent = frames(E2eSpec(1, 0x12), 4)
    checker = E2eChecker(E2eSpec(1, 0x12), E2eWindow().stretched(100))
    assert judged(checker, [sent[2], sent[2], sent[1]])[1:] == [
        E2eStatus.REPEATED,
        E2eStatus.WRONG_SEQUENCE,
    ]


def test_the_counter_runs_over_without_a_gap() -> None:
    checker = E2eChecker(SPEC)
    assert set(judged(checker, frames(SPEC, 600))) == {E2eStatus.OK}


def test_trust_is_won_with_the_second_good_frame() -> None:
    checker = E2eChecker(SPEC)
    states = []
    for data in frames(SPEC, 3):
        checker.judge(data)
        states.append(checker.state)
    assert states == [E2eState.INIT, E2eState.VALID, E2eState.VALID]


def test_one_error_is_forgiven_two_among_four_are_not() -> None:
    sent = frames(SPEC, 20)
    bad = bytes(64)
    checker = E2eChecker(SPEC)
    judged(checker, [*sent[:5], bad, *sent[5:9]])
    assert checker.trusted
    judged(checker, [bad, sent[9], bad])
    assert checker.state is E2eState.INVALID


def test_trust_is_won_back_with_three_good_frames_and_no_error() -> None:
    sent = frames(SPEC, 20)
    checker = E2eChecker(SPEC)
    judged(checker, [*sent[:5], bytes(64), bytes(64)])
    states = []
    for data in [sent[5], sent[6], bytes(64), *sent[7:12]]:
        checker.judge(data)
        states.append(checker.state is E2eState.VALID)
    assert states == [False] * 6 + [True, True], "the error must leave the window first"


@pytest.mark.parametrize("status", [E2eStatus.REPEATED, E2eStatus.WRONG_SEQUENCE])
def test_a_window_without_a_good_frame_ends_trust(status: E2eStatus) -> None:
    sent = frames(SPEC, 250)
    checker = E2eChecker(SPEC)
    judged(checker, sent[:5])
    if status is E2eStatus.REPEATED:
        rest = [sent[4]] * 4
    else:
        rest = [sent[index] for index in (20, 40, 60, 80)]
    assert judged(checker, rest) == [status] * 4
    assert checker.state is E2eState.INVALID


def test_after_a_reset_any_counter_may_begin_but_trust_must_be_won() -> None:
    sent = frames(SPEC, 100)
    checker = E2eChecker(SPEC)
    judged(checker, sent[:5])
    checker.reset()
    assert not checker.trusted
    assert judged(checker, sent[60:62]) == [E2eStatus.OK, E2eStatus.OK]
    assert checker.trusted


def test_errors_alone_never_begin_anything() -> None:
    checker = E2eChecker(SPEC)
    judged(checker, [bytes(64)] * 50)
    assert checker.state is E2eState.NO_DATA
    assert checker.counts[E2eStatus.ERROR] == 50


@given(st.lists(st.sampled_from(["next", "bad", "again", "jump"]), max_size=80))
def test_trust_never_outlives_two_errors_in_four_frames(events: list[str]) -> None:
    checker = E2eChecker(SPEC)
    protector = E2eProtector(SPEC)
    last = bytes(64)
    recent: list[str] = []
    for event in events:
        if event == "jump":
            protector.counter += 100
            protector.counter %= 256
        if event in {"next", "jump"}:
            data = bytearray(64)
            protector.protect(data)
            last = bytes(data)
        checker.judge(bytes(64) if event == "bad" else last)
        if checker.state is not E2eState.NO_DATA:
            recent = [*recent, event][-4:]
        if checker.trusted:
            assert recent.count("bad") <= 1
            assert "next" in recent


def test_what_cannot_be_protected_is_said_in_words() -> None:
    assert problems(E2eSpec(8, 1), 64) == [
        "profile 8 is not supported; choose one of 1, 2, 4, 5, 6, 7, 11"
    ]
    assert problems(E2eSpec(5, 0x10000), 64) == ["data_id 0x10000 has more than 16 bits"]
    assert problems(E2eSpec(4, 1, 60), 64) == ["offset 60: 12 octets of header do not fit"]
    assert problems(E2eSpec(5, 1), 2) == ["offset 0: 3 octets of header do not fit"]
    assert problems(E2eSpec(2, 1, 8), 64) == ["offset: profile 2 has its header at octet 0"]
    assert problems(E2eSpec(5, 1, 8), 64) == []
