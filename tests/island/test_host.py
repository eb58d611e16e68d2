"""What the host may say, and what the island makes of a host that is wrong, old or mad."""

import ctypes
from dataclasses import replace
from zlib import crc32

import pytest

from bsw.island.frame import encode
from bsw.island.messages import (
    TO_ISLAND,
    Clear,
    ConfigAck,
    Edge,
    Fault,
    HelloAck,
    State,
    Status,
    body,
    read,
)
from tests.island.bench import CONFIG, QUIET, Bench, station, vehicle


def test_nothing_is_said_before_the_greeting() -> None:
    bench = Bench()
    bench.run(500)
    assert bench.said == []
    assert bench.core.outputs.drive == 0


def test_the_greeting_is_answered_with_version_and_nonce() -> None:
    bench = Bench()
    ack = bench.greet(nonce=0xDEAD_BEEF)
    assert (ack.major, ack.minor, ack.nonce, ack.reset_reason) == (1, 1, 0xDEAD_BEEF, 1)
    assert ack.config_crc == 0
    assert bench.greet().island_nonce != ack.island_nonce


@pytest.mark.parametrize("other", [{"major": 2}, {"role": 1}])
def test_who_does_not_fit_is_answered_and_nothing_else(other: dict[str, int]) -> None:
    bench = Bench()
    bench.core.step()
    if "role" in other:
        bench.begin()
        bench.said.clear()
    before = bench.mark
    ack = bench.greet(nonce=3, **other)
    assert ack.major == 1
    if "major" in other:
        bench.run(300)
        assert [one for one in bench.said if isinstance(one, Status)] == []
    else:
        bench.mark = before
        bench.run(100)
        assert bench.status.age < 60, "the session before goes on"


WRONG = [
    {"schema": 2},
    {"role": 2},
    {"power": 2},
    {"connector": 2},
    {"has": 32},
    {"sensors": 3},
    {"link": 199},
    {"link": 1001},
    {"valid": 49},
    {"closing": 99},
    {"feedback": 10},
    {"lock": 99},
    {"loop": 1},
    {"most_duty": 9701},
    {"hottest": 2001},
    {"hottest": -401},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_configuration_that_is_not_sound_is_refused_whole(wrong: dict[str, int]) -> None:
    bench = Bench(**wrong)
    bench.core.step()
    bench.greet()
    ack = bench.configure()
    assert (ack.result, ack.config_crc) == (1, 0)
    bench.run(200)
    assert bench.status.state == State.INIT


def test_a_configuration_is_named_by_its_crc() -> None:
    bench = station()
    ack = bench.configure()
    assert ack == ConfigAck(0, crc32(CONFIG.block))
    other = replace(CONFIG, link=400)
    bench.config = other
    assert bench.configure().config_crc == crc32(other.block)


def test_a_configuration_while_closed_is_refused() -> None:
    bench = station().close()
    bench.config = replace(bench.config, link=1000)
    assert bench.configure().result == 1


def test_a_configuration_with_the_mark_of_another_session_is_none() -> None:
    bench = station().run(1100)
    before = bench.counters.nonce
    bench.core.say(replace(bench.config, link=1000, fold=bench.mark ^ 1))
    bench.run(1100)
    assert bench.counters.nonce == before + 1
    assert not any(isinstance(one, ConfigAck) for one in bench.said[-20:])


def test_latched_faults_outlive_a_new_configuration() -> None:
    bench = station().close()
    bench.core.inputs.stop_ok = False
    bench.run(100)
    bench.core.inputs.stop_ok = True
    bench.config = replace(bench.config, link=400)
    assert bench.configure().result == 0
    bench.run(100)
    assert "stop_input" in bench.held


@pytest.mark.parametrize("back", [0, -1, -100])
def test_a_sender_whose_number_does_not_move_on_is_lost(back: int) -> None:
    bench = station().close()
    bench.beating = False
    told = replace(bench.wish, fold=bench.mark)
    bench.core.say(told, sequence=bench.status.sequence + back)
    for _ in range(30):
        bench.core.say(told, sequence=bench.status.sequence + back)
        bench.run(50)
    assert not bench.closed
    assert "host_lost" in bench.held
    assert bench.counters.replayed >= 10


def test_recorded_frames_keep_nothing_alive() -> None:
    bench = station().close()
    bench.beating = False
    recorded = [encode(body(replace(bench.wish, fold=bench.mark), n)) for n in range(256)]
    bench.greet(nonce=8)
    for frame in recorded:
        bench.core.receive(frame)
        bench.run(10)
    assert not bench.closed
    assert bench.counters.nonce >= 100


def test_the_number_may_jump_ahead_and_wrap() -> None:
    bench = station()
    bench.beating = False
    sequence = 250
    for _ in range(20):
        sequence += 3
        bench.core.say(replace(bench.wish, fold=bench.mark), sequence=sequence)
        bench.run(50)
    assert bench.status.age < 100
    assert bench.status.sequence == sequence & 0xFF


def test_a_greeting_in_the_middle_of_a_charge_ends_it() -> None:
    bench = station().close()
    bench.greet(nonce=4)
    assert bench.opening() <= 503
    bench.run(60)
    assert "host_lost" in bench.held
    bench.clear("host_lost")
    bench.run(60)
    assert "host_lost" not in bench.held


def test_all_faults_are_told_again_after_a_greeting() -> None:
    bench = station().close()
    bench.core.inputs.stop_ok = False
    bench.run(100)
    bench.said.clear()
    bench.greet(nonce=4)
    bench.run(100)
    assert {one.name for one in bench.said if isinstance(one, Fault)} == {"stop_input"}


@pytest.mark.parametrize(("code", "occurrence"), [(200, 0), (10, 9), (0, 0), (10, 0)], ids=str)
def test_a_clear_of_something_else_clears_nothing(code: int, occurrence: int) -> None:
    bench = station().close()
    bench.core.inputs.stop_ok = False
    bench.run(100)
    bench.core.inputs.stop_ok = True
    bench.run(400)
    bench.core.say(Clear(code, occurrence, bench.mark))
    bench.core.say(Clear(10, 1, bench.mark ^ 1))
    bench.run(60)
    assert bench.held == {"stop_input"}


def test_a_clear_before_the_contactors_are_proved_open_is_refused() -> None:
    bench = station().close()
    bench.core.inputs.stop_ok = False
    bench.opening()
    bench.core.inputs.stop_ok = True
    bench.run(11)
    bench.hear()
    bench.contactor_delay = 0
    bench.contactor_welded = 1
    bench.run(2)
    bench.clear("stop_input")
    assert "stop_input" in bench.held


def test_edges_are_told_three_times_or_until_acknowledged() -> None:
    bench = station().run(300)
    bench.said.clear()
    bench.plug_in().run(100)
    numbers = [edge.number for edge in bench.edges]
    assert {numbers.count(number) for number in numbers} == {3}
    bench.said.clear()
    bench.want(edge_ack=max(numbers) + 9)
    bench.beat()
    bench.unplug()
    assert len(bench.edges) == len({edge.number for edge in bench.edges}) > 0


def test_too_many_edges_lose_the_oldest_and_count_them() -> None:
    bench = Bench()
    bench.core.step()
    bench.greet()
    bench.configure()
    for _ in range(12):
        for _ in range(15):
            bench.core.step()
        bench.core.inputs.stop_ok = not bench.core.inputs.stop_ok
    assert len([one for one in bench.hear() if isinstance(one, Edge)]) == 8
    bench.run(1100)
    assert bench.counters.edges >= 3


def test_what_is_damaged_or_unknown_is_counted() -> None:
    bench = station()
    good = body(QUIET, 3)
    for octets in (
        encode(good)[:5] + b"\0",
        b"\x09\x01\0",
        b"\x01" * 200 + b"\0",
        encode(bytes([0x33]) + good[1:]),
        encode(good[:1] + b"\1" + good[2:]),
        encode(good[:10]),
        encode(good[:3]),
        b"\0\0\0",
    ):
        bench.core.receive(octets)
    bench.run(1100)
    assert (bench.counters.crc, bench.counters.dropped) == (2, 5)


def test_a_longer_message_of_a_later_version_is_read() -> None:
    bench = station()
    bench.beating = False
    said = body(replace(QUIET, drive=1, fold=bench.mark), 100) + b"later"
    bench.core.receive(encode(said))
    bench.run(10)
    assert bench.core.outputs.drive == 1


def test_wishes_out_of_range_become_harmless() -> None:
    bench = station()
    bench.want(drive=9, show=9, lock=9, stop=9)
    bench.run(100)
    assert bench.core.outputs.drive == 0
    bench.want(drive=2, duty=9999)
    bench.run(100)
    assert bench.core.outputs.duty == 9700


def test_a_vehicle_shows_what_the_host_wishes_until_it_is_lost() -> None:
    bench = vehicle().plug_in()
    bench.want(show=1)
    bench.run(100)
    assert bench.core.view.state == "C"
    bench.beating = False
    bench.run(400)
    assert bench.core.view.state == "B"


def test_levels_beyond_16_bit_are_told_as_the_nearest() -> None:
    bench = station()
    bench.levels = 40_000, -40_000
    bench.run(100)
    assert (bench.status.high, bench.status.low) == (32767, -32768)


def test_a_wire_too_small_gets_nothing() -> None:
    bench = station()
    room = ctypes.create_string_buffer(10)
    assert bench.core._core.island_send(bench.core._me, room, ctypes.c_size_t(10)) == 0


def test_the_worst_gap_between_steps_is_told() -> None:
    bench = station()
    bench.core.step(70_000)
    bench.run(1100)
    assert bench.counters.worst_loop == 65535
    assert "late_loop" not in bench.held, "nothing was closed"


def test_an_answer_is_no_message_to_the_island() -> None:
    ack = HelloAck(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    assert read(body(ack, 0), TO_ISLAND) is None
    assert read(b"", TO_ISLAND) is None
