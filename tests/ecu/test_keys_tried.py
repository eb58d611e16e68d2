"""Security access of the ECU: the page's example is right, and no key is tried for free."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from bsw.dcm.codes import NEGATIVE, Refusal
from bsw.dcm.context import Context
from bsw.dcm.server import Server
from bsw.dcm.services.security import WAIT
from bsw.dem.memory import Dem
from bsw.dlt import silent
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from csm.randomness import SeededRandomness
from evcc.health.diagnostics import Hooks, KeysTried, LastingAnswers, MacKeyCheck
from evcc.health.settings import PROTOCOLS, Priorities

PAGE = (Path(__file__).parents[2] / "docs" / "diagnostics.md").read_text(encoding="utf-8")
DISK = 20 * MS


def cmac(key: bytes, octets: bytes) -> bytes:
    made = CMAC(AES(key))
    made.update(octets)
    return made.finalize()


def test_the_level_octet_is_what_the_page_says() -> None:
    key, *answers = (bytes.fromhex(text) for text in re.findall(r"\b[0-9A-F]{32}\b", PAGE))
    check = MacKeyCheck(lambda octets: cmac(key, octets))
    seed = bytes(range(16))
    assert len(answers) == 2
    for level, answer in enumerate(answers, 1):
        assert check(level, seed, answer)
        assert not check(3 - level, seed, answer)
        assert not check(2 * level - 1 if level > 1 else 3, seed, answer)


class Ecu:
    """From one start to the next on the same file."""

    def __init__(self, path: Path) -> None:
        self.scheduler = Scheduler(VirtualClock())
        log = silent().logger("test")
        worker = SimulatedWorker(self.scheduler, lambda _name: DISK)
        self.path = path
        nvm = Nvm(Store(path), self.scheduler, worker, log)
        nvm.open()
        context = Context(
            self.scheduler,
            Dem((), self.scheduler, log),
            Hooks(lambda: False, lambda _kind: None),
            SeededRandomness(1),
            MacKeyCheck(lambda octets: cmac(bytes(16), octets)),
            {},
            {},
            attempts=KeysTried(nvm),
        )
        self.door = LastingAnswers(
            Server(context, log, lambda: None), self.scheduler, nvm, lambda: 0
        )

    def ask(self, text: str) -> bytes:
        """The answer; the file as it was when the answer came is what the next start finds."""
        answers: list[bytes] = []

        def respond(response: bytes | None) -> None:
            answers.append(response or b"")
            self.scheduler.stop()

        self.door.ask(bytes.fromhex(text), respond, functional=False)
        while not answers or answers[-1][2:] == bytes([Refusal.RESPONSE_PENDING]):
            self.scheduler.run(self.scheduler.now + S)
        return answers[-1]

    def wrong_key(self) -> int:
        assert self.ask("10 03")[0] == 0x50
        assert self.ask("27 01")[0] == 0x67
        answer = self.ask("27 02 00")
        assert answer[0] == NEGATIVE
        return answer[2]


def test_power_lost_with_the_refusal_gives_no_further_try(tmp_path: Path) -> None:
    path = tmp_path / "evcc.nvm"
    assert Ecu(path).wrong_key() == Refusal.INVALID_KEY
    assert Ecu(path).wrong_key() == Refusal.INVALID_KEY
    assert Ecu(path).wrong_key() == Refusal.EXCEEDED_ATTEMPTS
    ecu = Ecu(path)
    ecu.ask("10 03")
    assert ecu.ask("27 01") == bytes([NEGATIVE, 0x27, Refusal.TIME_DELAY_NOT_EXPIRED])
    ecu.scheduler.run(ecu.scheduler.now + WAIT)
    ecu.ask("10 03")
    seed = ecu.ask("27 01")[2:]
    right = cmac(bytes(16), b"\x01" + seed)
    assert ecu.ask("27 02" + right.hex()) == b"\x67\x02"
    assert Ecu(path).wrong_key() == Refusal.INVALID_KEY, "a right key begins a new count"


@pytest.mark.parametrize("octets", ["04000000", "01040000", "00020000", "02020000", "05000000"])
def test_protocols_that_this_ecu_does_not_speak_are_refused(octets: str) -> None:
    with pytest.raises(ValueError, match="1 din, 2 iso2"):
        Priorities().unpack(bytes.fromhex(octets))
    assert Priorities().unpack(bytes.fromhex("02010000")) == ["iso2", "din"]
    told = re.search(r"`protocols` \| 4 \| ([^;]*);", PAGE)
    assert told is not None
    assert dict(re.findall(r"(\d) (\w+)", told[1].partition("0: ")[2])) == {
        str(code): name for code, name in PROTOCOLS.items()
    }
