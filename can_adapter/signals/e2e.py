"""End-to-end protection: a checksum and a counter on the frames that decide about current.

The profiles are AUTOSAR's, computed by the ``autosar-e2e`` library; what is here is which header
lies where, the judgement of one frame after the other, and the state machine that turns single
judgements into trust.  What a frame says is not known here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from importlib import import_module
from typing import Final, Literal

from can_adapter.matrix.specs import E2eSpec


class E2eStatus(Enum):
    """The judgement of one frame."""

    OK = "ok"
    LOST = "ok, some lost"
    REPEATED = "repeated"
    WRONG_SEQUENCE = "wrong sequence"
    ERROR = "error"  # checksum, length or data id

    @property
    def good(self) -> bool:
        return self is E2eStatus.OK or self is E2eStatus.LOST


class E2eState(Enum):
    """The trust in a message."""

    NO_DATA = "no data"
    INIT = "init"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class E2eWindow:
    """When a message is trusted: good and bad frames among the last ones, per state.

    The names are those of the AUTOSAR state machine.  With the defaults a message is trusted
    from its second good frame on, loses trust with the second error among four frames, or when
    four frames in a row bring nothing good, and is trusted again after three good ones.
    """

    max_delta_counter: int = 3
    window_size_init: int = 4
    min_ok_state_init: int = 2
    max_error_state_init: int = 1
    window_size_valid: int = 4
    min_ok_state_valid: int = 1
    max_error_state_valid: int = 1
    window_size_invalid: int = 4
    min_ok_state_invalid: int = 3
    max_error_state_invalid: int = 0

    def stretched(self, times: int) -> "E2eWindow":
        """So many times more patient in VALID; winning trust is as hard as before."""
        return replace(
            self,
            max_delta_counter=self.max_delta_counter * times,
            window_size_valid=self.window_size_valid * times,
            max_error_state_valid=self.max_error_state_valid * times,
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the header of a profile lies: its octets, and the counter in it."""

    number: int
    header: int
    counter_at: int
    counter_octets: int
    modulo: int
    data_id_bits: int
    order: Literal["little", "big"] = "big"
    nibble: bool = False

    def counter(self, data: bytes | bytearray, offset: int) -> int:
        start = offset + self.counter_at
        if self.nibble:
            return data[start] & 0x0F
        if self.counter_octets == 1:
            return data[start]
        return int.from_bytes(data[start : start + self.counter_octets], self.order)

    def set_counter(self, data: bytearray, offset: int, counter: int) -> None:
        start = offset + self.counter_at
        if self.nibble:
            data[start] = data[start] & 0xF0 | counter
        elif self.counter_octets == 1:
            data[start] = counter
        else:
            octets = counter.to_bytes(self.counter_octets, self.order)
            data[start : start + self.counter_octets] = octets


PROFILES: Final = {
    profile.number: profile
    for profile in (
        Profile(1, 2, 1, 1, 15, 16, nibble=True),
        Profile(2, 2, 1, 1, 16, 128, nibble=True),
        Profile(4, 12, 2, 2, 1 << 16, 32),
        Profile(5, 3, 2, 1, 1 << 8, 16),
        Profile(6, 5, 4, 1, 1 << 8, 16),
        Profile(7, 20, 12, 4, 1 << 32, 32),
        Profile(11, 2, 1, 1, 15, 16, nibble=True),
    )
}

Protect = Callable[[bytearray], None]
Check = Callable[[bytearray], bool]


def _library(spec: E2eSpec) -> tuple[Protect, Check]:
    """The two functions of the library for one message, their settings bound."""
    name = f"p{spec.profile:02d}"
    module = import_module(f"e2e.{name}")
    protect = getattr(module, f"e2e_{name}_protect")
    check = getattr(module, f"e2e_{name}_check")
    if spec.profile == 2:
        ids = data_id_list(spec.data_id)
        return (
            lambda data: protect(data, ids, increment_counter=False),
            lambda data: check(data, ids),
        )
    return (
        partial(protect, data_id=spec.data_id, offset=spec.offset, increment_counter=False),
        partial(check, data_id=spec.data_id, offset=spec.offset),
    )


def data_id_list(data_id: int) -> bytes:
    """Profile 2 has sixteen ids, one per counter value: one octet for all, or all in a row."""
    return bytes([data_id]) * 16 if data_id < 256 else data_id.to_bytes(16, "big")


def problems(spec: E2eSpec, length: int) -> list[str]:
    """Why a message of this length cannot be protected like this."""
    profile = PROFILES.get(spec.profile)
    if profile is None:
        known = ", ".join(map(str, PROFILES))
        return [f"profile {spec.profile} is not supported; choose one of {known}"]
    found = []
    if not 0 <= spec.data_id < 1 << profile.data_id_bits:
        found.append(f"data_id {spec.data_id:#x} has more than {profile.data_id_bits} bits")
    if spec.offset < 0 or spec.offset + profile.header > length:
        found.append(f"offset {spec.offset}: {profile.header} octets of header do not fit")
    if spec.profile == 2 and spec.offset:
        found.append("offset: profile 2 has its header at octet 0")
    return found


REMEMBERED: Final = 256
"""Forms of one message whose checksum is known: every counter value of the usual profiles."""


class E2eProtector:
    """Protects one message, frame after frame."""

    def __init__(self, spec: E2eSpec) -> None:
        self._profile = PROFILES[spec.profile]
        self._offset = spec.offset
        self._protect, _ = _library(spec)
        self.modulo = self._profile.modulo
        self.counter = self.modulo - 1

    @property
    def recurs(self) -> bool:
        """The counter comes round soon: it is worth while to keep the protected forms."""
        return self.modulo <= REMEMBERED

    def protect(self, data: bytearray) -> None:
        """Fill in the next counter and the checksum."""
        self.counter = (self.counter + 1) % self.modulo
        self.seal(data, self.counter)

    def seal(self, data: bytearray, counter: int) -> None:
        """Fill in this counter and the checksum."""
        self._profile.set_counter(data, self._offset, counter)
        self._protect(data)


class E2eChecker:
    """Judges one message, frame after frame, and keeps the trust in it."""

    def __init__(self, spec: E2eSpec, window: E2eWindow | None = None) -> None:
        self._profile = PROFILES[spec.profile]
        self._offset = spec.offset
        _, self._check = _library(spec)
        self._window = window or E2eWindow()
        self._modulo = self._profile.modulo
        self._next: int | None = None  # the counter that is in sequence; None: any
        self._most_lost = min(self._window.max_delta_counter, self._profile.modulo - 2)
        self._recent: deque[E2eStatus] = deque()
        self._all_good = 0
        self.settled = False
        """Trusted, and nothing but good frames in the window."""
        self.state = E2eState.NO_DATA
        self.last: E2eStatus | None = None
        self._good = 0
        self._others = dict.fromkeys(E2eStatus, 0)

    def counter_of(self, data: bytes) -> int | None:
        """The counter in a frame that is rightly protected; ``None``: it is not."""
        if not self._check(bytearray(data)):
            return None
        return self._profile.counter(data, self._offset)

    def judge(self, data: bytes) -> E2eStatus:
        """The status of this frame; ``state`` has moved along."""
        return self.judge_counter(self.counter_of(data))

    def judge_counter(self, counter: int | None) -> E2eStatus:
        """The same, for a frame whose ``counter_of`` is known."""
        if self.settled and counter is not None and counter == self._next:  # as nearly always
            self._next = (counter + 1) % self._modulo
            self._good += 1
            self.last = E2eStatus.OK
            return E2eStatus.OK
        status = E2eStatus.ERROR if counter is None else self._in_sequence(counter)
        self.last = status
        if status is E2eStatus.OK:
            self._good += 1
        else:
            self._others[status] += 1
        self._move(status)
        return status

    def judge_repeats(self, times: int) -> None:
        """So many frames in sequence, while settled."""
        assert self._next is not None
        self._next = (self._next + times) % self._modulo
        self._good += times
        self.last = E2eStatus.OK

    @property
    def counts(self) -> dict[E2eStatus, int]:
        """How often each judgement was passed."""
        return {**self._others, E2eStatus.OK: self._good}

    def reset(self) -> None:
        """Nothing came for too long: trust must be won again, with any counter."""
        self._next = None
        self._enter(E2eState.NO_DATA)

    @property
    def trusted(self) -> bool:
        return self.state is E2eState.VALID

    def _in_sequence(self, counter: int) -> E2eStatus:
        expected, self._next = self._next, (counter + 1) % self._modulo
        if expected is None:
            return E2eStatus.OK
        skipped = (counter - expected) % self._modulo
        if skipped == 0:
            return E2eStatus.OK
        if skipped == self._modulo - 1:
            return E2eStatus.REPEATED
        if skipped < self._most_lost:
            return E2eStatus.LOST
        return E2eStatus.WRONG_SEQUENCE

    def _move(self, status: E2eStatus) -> None:
        good = status is E2eStatus.OK or status.good
        self._all_good = self._all_good + 1 if good else 0
        full = self._all_good > self._window.window_size_valid
        self.settled = full and self.state is E2eState.VALID
        if self.settled:
            return
        if self.state is E2eState.NO_DATA:
            if status is E2eStatus.ERROR:
                return
            self._enter(E2eState.INIT)
        self._remember(status)
        bad = sum(recent is E2eStatus.ERROR for recent in self._recent)
        self._weigh(sum(recent.good for recent in self._recent), bad)

    def _weigh(self, good: int, bad: int) -> None:
        window = self._window
        if self.state is E2eState.INIT:
            if bad > window.max_error_state_init:
                self._enter(E2eState.INVALID)
            elif good >= window.min_ok_state_init:
                self.state = E2eState.VALID
        elif self.state is E2eState.VALID:
            if bad > window.max_error_state_valid or good < window.min_ok_state_valid:
                self._enter(E2eState.INVALID)
        elif good >= window.min_ok_state_invalid and bad <= window.max_error_state_invalid:
            self.state = E2eState.VALID

    def _remember(self, status: E2eStatus) -> None:
        sizes = {
            E2eState.INIT: self._window.window_size_init,
            E2eState.VALID: self._window.window_size_valid,
            E2eState.INVALID: self._window.window_size_invalid,
        }
        self._recent.append(status)
        while len(self._recent) > sizes[self.state]:
            self._recent.popleft()

    def _enter(self, state: E2eState) -> None:
        self.state = state
        self._recent.clear()
        self._all_good = 0
        self.settled = False
