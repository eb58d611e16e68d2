"""The host's end of the line to the island: greeting, configuration, heartbeat, what is told.

Knows octets and time, not what they are wished for: ``want`` changes the wishes, and each change
goes out at once.  The line itself is a stream that the driver attaches, TCP or serial.  An island
that is silent, another one, or one that refuses is told as a sentence with a remedy, once.
"""

from dataclasses import replace
from enum import Enum
from typing import Final, Protocol
from zlib import crc32

from bsw.dlt import Logger
from bsw.island.frame import Decoder, encode
from bsw.island.messages import (
    MAJOR,
    MINOR,
    TO_HOST,
    UPDATE_WORD,
    Action,
    Clear,
    Config,
    ConfigAck,
    Control,
    Edge,
    Fault,
    Hello,
    HelloAck,
    Job,
    Limits,
    Result,
    Status,
    ToHost,
    ToIsland,
    Update,
    UpdateAck,
    body,
    fold,
    read,
)
from bsw.net.ports import Stream, StreamEnd
from bsw.os.clock import MS, S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler

BEAT: Final = 50 * MS
GREETING: Final = 1 * S
REMINDER: Final = 1 * S
"""Limits are said again, should the island have lost them."""
SILENCE: Final = 1 * S
PATIENCE: Final = 5 * S
"""For an answer to the greeting."""

QUIET: Final = Control(0, 0, 10_000, 0, 255, 0, 0, 0, 0, 0, 0)
"""Pilot F, resistor B, nothing permitted, lock as it is."""


class IslandUser(Protocol):
    """Who listens.  After ``lost`` nothing more comes."""

    def ready(self) -> None: ...
    def status(self, status: Status) -> None: ...
    def fault(self, fault: Fault) -> None: ...
    def edge(self, edge: Edge) -> None: ...
    def outcome(self, outcome: int) -> None: ...
    def lost(self, why: str) -> None: ...


class Phase(Enum):
    GREETING = "greeting"
    CONFIGURING = "configuring"
    SERVING = "serving"
    OVER = "over"


class IslandLink:
    """A ``StreamUser``.  ``config`` is what the island shall follow; its mark is filled in here."""

    def __init__(
        self,
        scheduler: Scheduler,
        config: Config,
        user: IslandUser,
        randomness: Randomness,
        log: Logger,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits
        self.wish = replace(QUIET, valid=config.valid)
        self.phase = Phase.GREETING
        self._config = config
        self._user = user
        self._log = log
        self._decoder = Decoder()
        self._nonce = int.from_bytes(randomness.octets(4), "little")
        self._mark = 0
        self._sequence: dict[int, int] = {}
        self._stream: Stream | None = None
        self._beat = scheduler.alarm(self._say_wish, name="island beat")
        self._greeting = scheduler.alarm(self._greet, name="island greeting")
        self._silence = scheduler.alarm(self._silent, name="island silence")
        self._reminder = scheduler.alarm(self._say_limits, name="island limits")
        self._jobs = 0

    def attach(self, stream: Stream) -> None:
        self._stream = stream

    def want(self, **wish: int) -> None:
        """Change wishes; ``permit`` brings its inverted copy along."""
        if "permit" in wish:
            wish["permit_inverse"] = wish["permit"] ^ 0xFF
        changed = replace(self.wish, **wish)
        if changed != self.wish:
            self.wish = changed
            if self.phase is Phase.SERVING:
                self._say_wish()

    def clear(self, fault: int, occurrence: int) -> None:
        if self.phase is Phase.SERVING:
            self._say(Clear(fault, occurrence, self._mark))

    def act(self, job: Job) -> None:
        """The user hears its ``outcome``, if the island takes it."""
        if self.phase is Phase.SERVING:
            self._jobs = (self._jobs + 1) & 0xFF
            self._say(Action(job, self._jobs, self._mark))

    def update(self) -> None:
        """Over to the boot loader; afterwards this island speaks no more."""
        if self.phase is Phase.SERVING:
            self._say(Update(UPDATE_WORD, self._mark))

    def close(self) -> None:
        """Nothing is permitted any more, and then the line goes."""
        self.want(permit=0, stop=1)
        self._over()

    # The line's user

    def connected(self) -> None:
        if self._stream is not None:
            self._stream.write(b"\0\0")
        self._silence.rearm(PATIENCE)
        self._greet()

    def received(self, data: bytes) -> None:
        for one in self._decoder.feed(data):
            told = read(one, TO_HOST)
            if told is not None and self.phase is not Phase.OVER:
                self._heard(told[1])

    def ended(self, how: StreamEnd) -> None:
        self._lose(f"the line to the island is gone: {how.value}; is it powered and wired?")

    # Out

    def _say(self, message: ToIsland) -> None:
        sequence = self._sequence.get(message.TYPE, 0)
        self._sequence[message.TYPE] = sequence + 1
        if self._stream is not None:
            self._stream.write(encode(body(message, sequence)))

    def _greet(self) -> None:
        role, crc = self._config.role, crc32(self._config.block)
        self._say(Hello(MAJOR, MINOR, role, 0, self._nonce, crc))
        self._greeting.rearm(GREETING)

    def _say_wish(self) -> None:
        self._say(replace(self.wish, fold=self._mark))
        self._beat.rearm(BEAT)

    def _say_limits(self) -> None:
        if self._limits is not None:
            self._say(replace(self._limits, fold=self._mark))
            self._reminder.rearm(REMINDER)

    # In

    def _heard(self, message: ToHost) -> None:
        if isinstance(message, HelloAck):
            self._acknowledged(message)
        elif isinstance(message, ConfigAck):
            self._configured(message)
        elif self.phase is Phase.SERVING:
            self._told(message)

    def _told(self, message: ToHost) -> None:
        if isinstance(message, Status):
            self._silence.rearm(SILENCE)
            self._user.status(message)
        elif isinstance(message, Fault):
            self._user.fault(message)
        elif isinstance(message, Edge):
            self.wish = replace(self.wish, edge_ack=message.number)
            self._user.edge(message)
        elif isinstance(message, Result) and message.number == self._jobs:
            self._user.outcome(message.outcome)
        elif isinstance(message, UpdateAck):
            self._user.outcome(message.result)

    def _acknowledged(self, ack: HelloAck) -> None:
        if ack.nonce != self._nonce or self.phase is not Phase.GREETING:
            return
        version = f"{ack.version_major}.{ack.version_minor}.{ack.version_patch}"
        if ack.major != MAJOR:
            self._lose(
                f"the island ({version}) speaks version {ack.major} of the protocol and we "
                f"{MAJOR}; update the older of the two"
            )
            return
        if ack.config_crc and ack.role != self._config.role:
            self._lose("the island serves the other side of the plug; restart it for this one")
            return
        self._greeting.cancel()
        self._mark = fold(self._nonce, ack.island_nonce)
        self._log.info("island", version=version, reset_reason=ack.reset_reason)
        if ack.config_crc == crc32(self._config.block):
            self._serve()
            return
        self.phase = Phase.CONFIGURING
        self._say(replace(self._config, fold=self._mark))

    def _configured(self, ack: ConfigAck) -> None:
        if self.phase is not Phase.CONFIGURING:
            return
        if ack.result or ack.config_crc != crc32(self._config.block):
            self._lose("the island refuses its configuration; see hardware.island and its limits")
            return
        self._serve()

    def _serve(self) -> None:
        self.phase = Phase.SERVING
        self._silence.rearm(SILENCE)
        self._say_limits()
        self._say_wish()
        self._user.ready()

    # The end

    def _silent(self) -> None:
        if self.phase is Phase.SERVING:
            self._lose("the island is silent; it opens by itself, see its power and its log")
        else:
            self._lose("the island does not answer; is it running, and is this its line?")

    def _lose(self, why: str) -> None:
        if self.phase is not Phase.OVER:
            self._over()
            self._user.lost(why)

    def _over(self) -> None:
        self.phase = Phase.OVER
        for alarm in (self._beat, self._greeting, self._silence, self._reminder):
            alarm.cancel()
        if self._stream is not None:
            self._stream.close()
            self._stream = None
