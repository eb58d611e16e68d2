"""CM_AMP_MAP: two linked hosts ask each other to transmit more softly on some carriers.

The same for both roles, both directions at once.  Applying a map is the modem's affair; here it
is asked for, answered and handed over.
"""

from enum import Enum

from bsw.slac.config import SlacConfig, ns
from bsw.slac.frames.frame import Frame
from bsw.slac.frames.mme import AmpMapCnf, AmpMapReq
from bsw.slac.matching.events import AmplitudeMap, Ignored, Output, Send
from bsw.slac.matching.machine import Machine

CARRIERS = 917
"""Carriers that the Green PHY mask leaves in use."""


def packed(steps: tuple[int, ...]) -> bytes:
    """Two carriers per octet, the lower one in the low nibble."""
    padded = (*steps, 0) if len(steps) % 2 else steps
    return bytes(low | high << 4 for low, high in zip(padded[::2], padded[1::2], strict=True))


def unpacked(octets: bytes, carriers: int) -> tuple[int, ...]:
    nibbles = [nibble for octet in octets for nibble in (octet & 0x0F, octet >> 4)]
    return tuple(nibbles[:carriers])


class Timer(Enum):
    REPEAT = "TT_match_response"


class AmplitudeMapExchange(Machine[Timer]):
    def __init__(self, config: SlacConfig) -> None:
        super().__init__(Timer.REPEAT)
        self.accepted: bool | None = None
        """Whether the peer took our map; ``None`` while it has not said so."""
        self._config = config
        self._peer = b""
        self._steps: tuple[int, ...] = ()
        self._left = 0

    def open(self, peer: bytes, now: int) -> list[Output]:
        """The link to ``peer`` is up: answer its requests, and ask on our own where configured."""
        self._peer = peer
        policy = self._config.amplitude
        return self.ask((policy.steps,) * CARRIERS, now) if policy.ask else []

    def close(self) -> None:
        self._peer = b""
        self._quiet()

    def ask(self, steps: tuple[int, ...], now: int) -> list[Output]:
        """Ask the peer to lower its level: 0 to 15 steps for each of the carriers."""
        if len(steps) != CARRIERS or not all(0 <= step <= 15 for step in steps):
            raise ValueError(f"an amplitude map has {CARRIERS} steps from 0 to 15")
        self.now = now
        self.accepted = None
        self._steps = steps
        self._left = self._config.counts.c_ev_match_retry
        self._send()
        return self._taken()

    def receive(self, frame: Frame, now: int) -> list[Output]:
        self.now = now
        message = frame.message
        if frame.source == self._peer and isinstance(message, AmpMapReq):
            self._hear_request(frame, message)
        elif frame.source == self._peer and isinstance(message, AmpMapCnf):
            self._hear_answer(message)
        return self._taken()

    def _hear_request(self, frame: Frame, message: AmpMapReq) -> None:
        if message.carriers != CARRIERS:
            self._emit(Ignored(frame.name, frame.source, "AMLEN"))
            return
        self._emit(Send(frame.source, AmpMapCnf(result=0)))
        self._emit(AmplitudeMap(unpacked(message.steps, message.carriers)))

    def _hear_answer(self, message: AmpMapCnf) -> None:
        if self._question is None:
            return
        self._answered()
        if message.result == 0:
            self.accepted = True
        elif self._left:
            self._left -= 1
            self._send()
        else:
            self.accepted = False

    def _send(self) -> None:
        request = AmpMapReq(carriers=CARRIERS, steps=packed(self._steps))
        self._ask(
            Send(self._peer, request),
            retries=self._left,
            wait=ns(self._config.timing.tt_match_response),
            silence=self._unanswered,
        )

    def _unanswered(self) -> None:
        self.accepted = False
