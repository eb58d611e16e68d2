"""The diagnostic server, octet by octet."""

import hashlib

import pytest

from bsw.dcm.access import Access, Rules
from bsw.dcm.codes import Session
from bsw.dcm.context import AttemptCount, Context, Did, Routine, VolatileCount
from bsw.dcm.server import Server
from bsw.dcm.services.security import WAIT
from bsw.dem.events import Event
from bsw.dem.memory import Dem
from bsw.dlt import silent
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.randomness import SeededRandomness

LOCK = Event("LOCK", 0xB20200, "lock does not move")


def key_of(level: int, seed: bytes) -> bytes:
    return hashlib.sha256(bytes([level]) + seed).digest()[:8]


class Ecu:
    def __init__(self) -> None:
        self.resets: list[int] = []
        self.charging = False
        self.silenced = (False, False)
        self.stored = b"\x01\x02"

    def reset(self, kind: int) -> None:
        self.resets.append(kind)

    def may_reset(self) -> bool:
        return not self.charging

    def silence(self, *, send: bool, receive: bool) -> None:
        self.silenced = (send, receive)

    def write(self, data: bytes) -> None:
        if data[0] > 9:
            raise ValueError("out of range")
        self.stored = data


class Bench:
    def __init__(self, rules: Rules | None = None, attempts: AttemptCount | None = None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.ecu = Ecu()
        log = silent().logger("dcm")
        self.dem = Dem((LOCK,), self.scheduler, log, circumstances=lambda: {"soc": 42})
        dids = (
            Did(0xF190, "vin", lambda: b"WPW00000000000001"),
            Did(0x0200, "lock time", lambda: self.ecu.stored, self.ecu.write, 2, level=1),
        )
        self.server = Server(
            Context(
                self.scheduler,
                self.dem,
                self.ecu,
                SeededRandomness(1),
                lambda level, seed, key: key == key_of(level, seed),
                {did.number: did for did in dids},
                {0x0301: Routine(0x0301, "lock", lambda data: b"ok" + data)},
                rules=rules or Rules(),
                attempts=attempts or VolatileCount(),
            ),
            log,
            lambda: None,
        )

    def ask(self, text: str, *, functional: bool = False) -> str:
        answer = self.server.handle(bytes.fromhex(text), functional=functional)
        self.server.sent()
        return "" if answer is None else answer.hex(" ")

    def unlock(self) -> None:
        self.ask("10 03")
        seed = bytes.fromhex(self.ask("27 01"))[2:]
        assert self.ask("27 02" + key_of(1, seed).hex()) == "67 02"


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("10 01", "50 01 00 32 01 f4"),
        ("10 03", "50 03 00 32 01 f4"),
        ("10 83", ""),
        ("10 44", "7f 10 12"),
        ("10", "7f 10 13"),
        ("10 01 00", "7f 10 13"),
        ("3e 00", "7e 00"),
        ("3e 80", ""),
        ("3e 01", "7f 3e 12"),
        ("11 01", "51 01"),
        ("11 09", "7f 11 12"),
        ("22 f1 90", "62 f1 90 " + b"WPW00000000000001".hex(" ")),
        ("22 f1 90 02 00", "62 f1 90 " + b"WPW00000000000001".hex(" ") + " 02 00 01 02"),
        ("22 12 34", "7f 22 31"),
        ("22 12", "7f 22 13"),
        ("22", "7f 22 13"),
        ("2e 02 00 05 06", "7f 2e 7f"),
        ("27 01", "7f 27 7f"),
        ("31 01 03 01", "7f 31 7f"),
        ("28 03 01", "7f 28 7f"),
        ("85 02", "7f 85 7f"),
        ("99 00", "7f 99 11"),
        ("19 02 ff", "59 02 ff b2 02 00 50"),
        ("19 0a", "59 0a ff b2 02 00 50"),
        ("19 01 08", "59 01 ff 01 00 00"),
        ("19 77", "7f 19 12"),
        ("14 ff ff ff", "7f 14 7f"),
        ("14 12 34 56", "7f 14 7f"),
        ("14 ff", "7f 14 13"),
    ],
)
def test_in_the_default_session(request_: str, answer: str) -> None:
    assert Bench().ask(request_) == answer


def test_refusals_that_nobody_wants_to_hear_from_everybody() -> None:
    bench = Bench()
    assert bench.ask("22 12 34", functional=True) == ""
    assert bench.ask("99", functional=True) == ""
    assert bench.ask("22 12", functional=True) == "7f 22 13"
    assert bench.ask("3e 00", functional=True) == "7e 00"


def test_the_session_falls_back_without_a_tester() -> None:
    bench = Bench()
    bench.ask("10 03")
    bench.scheduler.run(4 * S)
    bench.ask("3e 80")
    bench.scheduler.run(8 * S)
    seen = [bench.server.context.session]
    bench.scheduler.run(10 * S)
    seen.append(bench.server.context.session)
    assert seen == [Session.EXTENDED, Session.DEFAULT]


def test_a_write_needs_the_key() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("2e 02 00 05 06") == "7f 2e 33"
    bench.unlock()
    assert bench.ask("2e 02 00 05 06") == "6e 02 00"
    assert bench.ask("22 02 00") == "62 02 00 05 06"
    assert bench.ask("2e 02 00 0a 06") == "7f 2e 31"
    assert bench.ask("2e 02 00 05") == "7f 2e 13"
    assert bench.ask("2e f1 90 05") == "7f 2e 31"


def test_three_wrong_keys_bar_the_way_for_a_while() -> None:
    bench = Bench()
    bench.ask("10 03")
    for answer in ("7f 27 35", "7f 27 35", "7f 27 36"):
        bench.ask("27 01")
        assert bench.ask("27 02 00 00") == answer
    assert bench.ask("27 01") == "7f 27 37"
    bench.scheduler.run(4 * S)
    bench.ask("3e 80")
    bench.scheduler.run(11 * S)
    bench.unlock()


def test_a_key_without_a_seed_and_a_used_seed_are_refused() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("27 02 11 22") == "7f 27 24"
    seed = bytes.fromhex(bench.ask("27 01"))[2:]
    good = key_of(1, seed).hex()
    assert bench.ask("27 02" + good) == "67 02"
    assert bench.ask("27 02" + good) == "7f 27 24"
    assert bench.ask("27 01") == "67 01 " + bytes(16).hex(" ")


def test_leaving_the_session_locks_again() -> None:
    bench = Bench()
    bench.unlock()
    bench.ask("10 01")
    bench.ask("10 03")
    assert bench.ask("2e 02 00 05 06") == "7f 2e 33"


def test_no_reset_while_energy_flows() -> None:
    bench = Bench()
    bench.ecu.charging = True
    assert bench.ask("11 01") == "7f 11 22"
    assert bench.ask("10 02") == "7f 10 22"
    bench.ecu.charging = False
    bench.ask("11 03")
    assert bench.ecu.resets == [3]


def test_a_routine_runs_when_it_is_unlocked() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("31 01 03 01") == "7f 31 33"
    bench.unlock()
    assert bench.ask("31 01 03 01 aa") == "71 01 03 01 6f 6b aa"
    assert bench.ask("31 02 03 01") == "7f 31 12"
    assert bench.ask("31 01 99 99") == "7f 31 31"


def test_normal_messages_can_be_silenced_and_come_back_with_the_session() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("28 03 01") == "7f 28 33"
    bench.unlock()
    for sub, silenced in [(1, (True, False)), (2, (False, True)), (0, (False, False))]:
        assert bench.ask(f"28 {sub:02x} 01") == f"68 {sub:02x}"
        assert bench.ecu.silenced == silenced  # what we may not send, what we may not hear
    assert bench.ask("28 03 01") == "68 03"
    assert bench.ecu.silenced == (True, True)
    bench.scheduler.run(10 * S)
    assert bench.ecu.silenced == (False, False)


def test_trouble_codes_with_their_circumstances() -> None:
    bench = Bench()
    bench.dem.failed("LOCK", "stuck")
    assert bench.ask("19 02 08") == "59 02 ff b2 02 00 2f"
    assert bench.ask("19 06 b2 02 00 01") == "59 06 b2 02 00 2f 01 01"
    assert b"stuck".hex(" ") in bench.ask("19 04 b2 02 00 ff")
    assert bench.ask("19 04 b2 02 00 77") == "7f 19 31"
    assert bench.ask("14 b2 02 00") == "7f 14 7f"
    bench.ask("10 03")
    assert bench.ask("14 b2 02 00") == "7f 14 33"
    assert bench.ask("14 ff ff ff") == "7f 14 33"
    assert bench.ask("19 02 08") == "59 02 ff b2 02 00 2f"
    bench.unlock()
    assert bench.ask("14 b2 02 00") == "54"
    assert bench.ask("19 02 08") == "59 02 ff"


def test_the_memory_can_be_frozen_in_the_extended_session() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("85 02") == "c5 02"
    bench.dem.failed("LOCK")
    assert bench.ask("19 02 08") == "59 02 ff"
    bench.ask("85 01")
    bench.dem.failed("LOCK")
    assert bench.ask("19 02 08") == "59 02 ff b2 02 00 2f"


def test_what_a_service_asks_of_a_tester_is_configured() -> None:
    free = Bench(Rules(clear=Access(session=False), communication=Access()))
    assert free.ask("14 ff ff ff") == "54"
    assert free.ask("28 03 01") == "7f 28 7f"
    free.ask("10 03")
    assert free.ask("28 03 01") == "68 03"
    strict = Bench(Rules(clear=Access(level=2), dtc_setting=Access(level=1)))
    strict.ask("10 03")
    assert strict.ask("85 02") == "7f 85 33"
    strict.unlock()
    assert strict.ask("85 02") == "c5 02"
    assert strict.ask("14 ff ff ff") == "7f 14 33"


def test_wrong_keys_are_counted_over_a_restart() -> None:
    kept = VolatileCount()
    for _ in range(2):
        bench = Bench(attempts=kept)
        bench.ask("10 03")
        bench.ask("27 01")
        assert bench.ask("27 02 00") == "7f 27 35"
    bench = Bench(attempts=kept)
    bench.ask("10 03")
    bench.ask("27 01")
    assert bench.ask("27 02 00") == "7f 27 36"
    bench = Bench(attempts=kept)
    bench.ask("10 03")
    assert bench.ask("27 01") == "7f 27 37", "a restart does not end the wait"
    bench.scheduler.run(bench.scheduler.now + WAIT)
    bench.unlock()
    assert kept.failures == 0


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64])
def test_random_octets_get_an_answer_or_silence_and_never_an_exception(length: int) -> None:
    bench = Bench()
    chance = SeededRandomness(f"fuzz {length}")
    for _ in range(2_000):
        answer = bench.server.handle(chance.octets(length), functional=chance.chance(0.5))
        bench.server.sent()
        assert answer is None or answer[0] in {0x7F, *range(0x50, 0xC6)}
