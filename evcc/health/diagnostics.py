"""The vehicle ECU's diagnostic content: identifiers, routines, security access, delayed answers.

Puts together what ``bsw.dcm`` serves.  How octets get to the tester is the transport's affair,
and what an event means was decided in ``evcc.events``.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bsw.dcm.codes import NEGATIVE, Refusal, Refused, Service
from bsw.dcm.context import Did, Routine
from bsw.dcm.records import Record
from bsw.dcm.server import Server
from bsw.nvm.service import Block, Nvm
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from can_adapter.tester.server import Respond
from csm.errors import CsmError
from evcc.health.live import LIVE, Live
from evcc.health.selftest import ContactorTest

PENDING_AFTER: Final = 40 * MS
"""A tester waits 50 ms for a response, or for word that it takes longer."""
PENDING_EACH: Final = 2 * S
LONGEST_WAIT: Final = 10 * S
LASTING: Final = frozenset({Service.WRITE_DATA, Service.CLEAR_DTC, Service.ROUTINE_CONTROL})
"""Services whose effect must be on the disk before they are confirmed."""
TOLD: Final = frozenset({Service.READ_DTC})
"""Services that tell what is in memory; what was told outlives a power cut, if the disk works."""
COUNTED: Final = frozenset({Service.SECURITY_ACCESS})
"""Services whose refusals are told only when they are on the disk: nobody tries a key for free."""
KEYS_TRIED: Final = "security"


@dataclass(frozen=True, slots=True)
class Identification:
    """What the ECU is."""

    software: str
    part_number: str = "PILOTWIRE-EVCC"
    serial: str = "000000000000"

    def identifiers(self) -> Iterable[Did]:
        texts = (
            (0xF187, "part number", self.part_number, 20),
            (0xF189, "software version", self.software, 16),
            (0xF18C, "serial number", self.serial, 16),
        )
        for number, name, text, size in texts:
            octets = text.encode("ascii", "replace")[:size].ljust(size)
            yield Did(number, name, _constant(octets), size=size)


def _constant(octets: bytes) -> Callable[[], bytes]:
    return lambda: octets


def live_identifiers(live: Live) -> Iterable[Did]:
    def reader(record: Record) -> Callable[[], bytes]:
        return lambda: record.pack(live().get(record.name))

    for record in LIVE:
        yield Did(record.number, record.name, reader(record), size=record.size)


@dataclass(slots=True)
class MacKeyCheck:
    """The tester's key is the AES-CMAC of level and seed, by a secret both sides know."""

    mac: Callable[[bytes], bytes] | None

    def __call__(self, level: int, seed: bytes, key: bytes) -> bool:
        if self.mac is None:
            return False
        try:
            expected = self.mac(bytes([level]) + seed)
        except CsmError:
            return False
        return hmac.compare_digest(expected, key)


@dataclass(slots=True)
class Forget:
    """Clears what was learned: each action brings one block back to its first content."""

    actions: Sequence[Callable[[], None]]
    charging: Callable[[], bool]

    def start(self, data: bytes) -> bytes:
        if data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if self.charging():
            raise Refused(Refusal.CONDITIONS_NOT_CORRECT)
        for action in self.actions:
            action()
        return bytes([len(self.actions)])


def routines(test: ContactorTest, forget: Forget) -> Iterable[Routine]:
    yield Routine(0x0301, "contactor self test", test.start, test.stop, test.results)
    yield Routine(0x0302, "clear learned data", forget.start)


@dataclass(slots=True)
class Hooks:
    """What diagnostics may do to the ECU, as functions of the wiring.  An ``EcuPort``."""

    charging: Callable[[], bool]
    on_reset: Callable[[int], None]
    on_silence: Callable[[bool, bool], None] = field(default=lambda _send, _receive: None)

    def reset(self, kind: int) -> None:
        self.on_reset(kind)

    def may_reset(self) -> bool:
        return not self.charging()

    def silence(self, *, send: bool, receive: bool) -> None:
        self.on_silence(send, receive)


class KeysTried:
    """The count of wrong keys in non-volatile memory.  An ``AttemptCount``."""

    def __init__(self, nvm: Nvm) -> None:
        self._nvm = nvm
        nvm.register(Block(KEYS_TRIED, 1, {}))

    @property
    def failures(self) -> int:
        return int(self._nvm.read(KEYS_TRIED).get("failures", 0))

    def keep(self, failures: int) -> None:
        self._nvm.write(KEYS_TRIED, {"failures": failures})


class LastingAnswers:
    """Confirms a change when it is on the disk; until then the tester is told to wait.

    An ``Answers`` of the transport around the server.  ``faults`` counts failed writes.
    """

    def __init__(
        self, server: Server, scheduler: Scheduler, nvm: Nvm, faults: Callable[[], int]
    ) -> None:
        self._server = server
        self._scheduler = scheduler
        self._nvm = nvm
        self._faults = faults

    def ask(self, request: bytes, respond: Respond, *, functional: bool) -> None:
        before = self._faults()
        response = self._server.handle(request, functional=functional)
        awaited = request[:1] and request[0] in (LASTING | TOLD | COUNTED)
        refused = response is not None and response[0] == NEGATIVE
        if refused and request[0] not in COUNTED:
            awaited = False
        if response is not None and awaited and self._nvm.busy:
            self._when_written(request[0], response, respond, before)
        else:
            respond(response)

    def sent(self) -> None:
        self._server.sent()

    def _when_written(self, asked: int, response: bytes, respond: Respond, faults: int) -> None:
        began = self._scheduler.now
        next_word = began + PENDING_AFTER
        self._nvm.flush()

        def look() -> None:
            nonlocal next_word
            now = self._scheduler.now
            if self._faults() != faults or now - began > LONGEST_WAIT:
                looking.stop()
                failure = bytes([NEGATIVE, asked, Refusal.PROGRAMMING_FAILURE])
                respond(failure if asked in LASTING else response)
            elif not self._nvm.busy:
                looking.stop()
                respond(response)
            elif now >= next_word:
                next_word = now + PENDING_EACH
                respond(bytes([NEGATIVE, asked, Refusal.RESPONSE_PENDING]))

        looking = self._scheduler.every(MS, look, name="lasting answer", offset=0)
