"""A host and its own modem: give it a key, ask for the link, reset it, answer its questions.

Anybody on the line can send frames that look like a modem's answers.  Only those from the own
modem's address are believed: the configured one, or the one that repeated the nonce of
CM_SET_KEY.REQ, which goes to the own modem alone and is never seen on the line.

Modems differ in vendor messages, in what CM_SET_KEY.CNF says when all went well, in nonces and
padding.  Vendor messages are a ``Dialect``, found by name; the rest are switches in
``ModemConfig``.  What a key is for, and what follows from a lost link, is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from bsw.os.randomness import Randomness
from bsw.slac.config import ModemConfig, ns
from bsw.slac.frames.dialects import AUTO, wrong_dialect
from bsw.slac.frames.frame import Frame
from bsw.slac.frames.layout import Message
from bsw.slac.frames.mme import SetKeyCnf, SetKeyReq
from bsw.slac.frames.vendor import (
    LOCAL_MODEM,
    AttributesCnf,
    AttributesReq,
    HostActionInd,
    HostActionRsp,
    LinkStatusCnf,
    LinkStatusReq,
    LumissilLinkCnf,
    LumissilLinkReq,
    LumissilResetReq,
    LumissilVersionCnf,
    LumissilVersionReq,
    ResetReq,
)
from bsw.slac.keys import NetworkKey
from bsw.slac.matching.events import (
    Ignored,
    KeyTaken,
    LinkStatus,
    ModemFault,
    ModemRestarted,
    Moved,
    Output,
    Send,
)
from bsw.slac.matching.machine import Machine
from bsw.slac.outcome import Reason


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one vendor's modems want to hear.  ``None``: they cannot be asked."""

    name: str
    ask_link: Callable[[], Message] | None = None
    hear_link: Callable[[Message], bool | None] = lambda _message: None
    ask_reset: Callable[[], Message] | None = None
    greet: Callable[[], Message] | None = None
    """A harmless question by which ``auto`` finds out whether this vendor's modem is there."""
    greeting: type[Message] | None = None


def _qualcomm_link(message: Message) -> bool | None:
    return message.status == 0 and message.link == 1 if isinstance(message, LinkStatusCnf) else None


def _lumissil_link(message: Message) -> bool | None:
    return message.link == 1 if isinstance(message, LumissilLinkCnf) else None


GENERIC = Dialect("generic")
DIALECTS: dict[str, Dialect] = {
    "generic": GENERIC,
    "qca7000": Dialect(
        "qca7000", LinkStatusReq, _qualcomm_link, ResetReq, AttributesReq, AttributesCnf
    ),
    "lumissil": Dialect(
        "lumissil",
        LumissilLinkReq,
        _lumissil_link,
        LumissilResetReq,
        LumissilVersionReq,
        LumissilVersionCnf,
    ),
}
"""Add a vendor's dialect here, before a node is made."""

BOOTING = frozenset({0, 4})
"""Host actions of a boot loader: what the modem knew is gone."""


class Timer(Enum):
    REPEAT = "answer_within"
    POLL = "poll"
    ANSWER = "link status answer"
    ASSUME = "assumed_join"
    RESET = "reset_delay"
    BOOT = "reset_wait"


class ModemControl(Machine[Timer]):
    def __init__(self, config: ModemConfig, randomness: Randomness) -> None:
        super().__init__(Timer.REPEAT)
        wrong = wrong_dialect(config)
        if wrong:
            raise ValueError(wrong)
        self.link = False
        self.mute = False
        """The last question for the link has had no answer."""
        self.dialect = DIALECTS.get(config.dialect, GENERIC)
        self.mac = config.mac or b""
        """Whose answers are believed; empty while the modem has not made itself known."""
        self._proven = config.mac is not None
        self._config = config
        self._randomness = randomness
        self._key: NetworkKey | None = None
        self._nonce = b""
        self._stale_nonce = b""
        self._bad_polls = 0
        self._relaxed = False

    def find_out(self, now: int) -> list[Output]:
        """Ask each vendor's question; the first answer tells whose modem it is."""
        self.now = now
        if self._config.dialect == AUTO:
            for dialect in DIALECTS.values():
                if dialect.greet is not None:
                    self._emit(Send(LOCAL_MODEM, dialect.greet()))
        return self._taken()

    def set_key(self, key: NetworkKey, now: int) -> list[Output]:
        """Ends in ``KeyTaken`` or ``ModemFault``.  A newer key replaces one under way."""
        self.now = now
        self._key = key
        for timer in (Timer.RESET, Timer.BOOT):
            self._timers.stop(timer)
        self._stale_nonce = self._nonce
        self._nonce = self._config.fixed_nonce or self._randomness.octets(4)
        request = SetKeyReq(my_nonce=self._nonce, nid=key.nid, new_key=key.nmk)
        self._ask(
            Send(LOCAL_MODEM, request),
            retries=self._config.retries,
            wait=ns(self._config.answer_within),
            silence=lambda: self._key_failed(Reason.MODEM_SILENT),
        )
        return self._taken()

    def watch(self, now: int) -> list[Output]:
        """Follow the link status; each change is reported as ``LinkStatus``."""
        self.now = now
        self._bad_polls = 0
        self._relaxed = False
        self.mute = False
        if self.dialect.ask_link is None:
            self._after(Timer.ASSUME, ns(self._config.assumed_join))
        else:
            self._poll()
        return self._taken()

    def relax(self) -> None:
        """The link has been announced: ask seldom, and do not believe the first bad answer."""
        self._relaxed = True

    def unwatch(self) -> None:
        self.link = False
        for timer in (Timer.POLL, Timer.ANSWER, Timer.ASSUME):
            self._timers.stop(timer)

    def reset(self, now: int) -> list[Output]:
        """Have the modem boot anew.  Nothing happens if it cannot be told."""
        self.now = now
        if self.dialect.ask_reset is not None:
            self._emit(Send(LOCAL_MODEM, self.dialect.ask_reset()))
        return self._taken()

    def receive(self, frame: Frame, now: int) -> list[Output]:
        self.now = now
        message = frame.message
        if isinstance(message, SetKeyCnf) and message.your_nonce == self._nonce:
            self._prove(frame.source)
        if not self.owns(frame):
            self._emit(Ignored(frame.name, frame.source, "not our modem"))
        elif (hear := self._HEARD.get(type(message))) is not None:
            hear(self, frame)
        else:
            self._hear_dialect(frame)
        return self._taken()

    def owns(self, frame: Frame) -> bool:
        """Whether this can be from our modem, as far as we know it."""
        return not self.mac or frame.source == self.mac

    def _prove(self, source: bytes) -> None:
        """Only our own modem has seen the nonce."""
        if self._config.mac is None and self._config.fixed_nonce is None:
            self.mac, self._proven = source, True

    def _assumed(self, source: bytes) -> None:
        """It answered what we had asked; nothing better is known about a modem without nonces."""
        self.mac = self.mac or source

    # The key

    def _hear_key(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, SetKeyCnf)
        if self._key is None or self._question is None:
            return
        if self._foreign(message.your_nonce):
            self._emit(Ignored(frame.name, frame.source, "YourNonce"))
            return
        refused = message.result not in self._config.accepted_key_results
        if refused and self._config.strict_key_result:
            self._key_failed(Reason.KEY_REFUSED)
            return
        self._assumed(frame.source)
        self._answered()
        if self._config.reset_after_key and self.dialect.ask_reset is not None:
            self._after(Timer.RESET, ns(self._config.reset_delay))
        else:
            self._key_taken()

    def _key_taken(self) -> None:
        key, self._key = self._key, None
        assert key is not None, "a newer key would have stopped the timers"
        self._emit(KeyTaken(key))

    def _reset_with_key(self) -> None:
        """Only as it boots it leaves its old network for the new one."""
        assert self.dialect.ask_reset is not None, "it was looked at when the key was taken"
        self._emit(Send(LOCAL_MODEM, self.dialect.ask_reset()))
        self._after(Timer.BOOT, ns(self._config.reset_wait))

    def _foreign(self, nonce: bytes) -> bool:
        """Not the answer to our latest request, as far as this modem lets us tell."""
        if self._config.check_nonce:
            return nonce != self._nonce
        return nonce == self._stale_nonce != self._nonce

    def _key_failed(self, reason: Reason) -> None:
        if reason is Reason.MODEM_SILENT and not self._proven:
            self.mac = b""  # whoever answered first was not our modem
        self._answered()
        self._key = None
        self._emit(ModemFault(reason))

    # The link

    def _poll(self) -> None:
        if self.dialect.ask_link is not None:
            self._emit(Send(LOCAL_MODEM, self.dialect.ask_link()))
            self._after(Timer.ANSWER, ns(self._config.answer_within))

    def _hear_dialect(self, frame: Frame) -> None:
        message = frame.message
        for dialect in DIALECTS.values():
            if dialect.greeting is not None and isinstance(message, dialect.greeting):
                self._meet(dialect)
        up = self.dialect.hear_link(message)
        if up is None or not self._timers.running(Timer.ANSWER):
            return
        self._assumed(frame.source)
        self._timers.stop(Timer.ANSWER)
        self.mute = False
        if up:
            self._good_poll()
        else:
            self._bad_poll()

    def _good_poll(self) -> None:
        self._bad_polls = 0
        if not self.link:
            self._change(up=True)
        period = self._config.poll_linked if self._relaxed else self._config.poll_joining
        self._after(Timer.POLL, ns(period))

    def _no_answer(self) -> None:
        self.mute = True
        self._bad_poll()

    def _bad_poll(self) -> None:
        """While the link is up, look closer before believing that it is gone."""
        self._after(Timer.POLL, ns(self._config.poll_joining))
        if self.link:
            self._bad_polls += 1
            if not self._relaxed or self._bad_polls >= self._config.polls_down:
                self._change(up=False)

    def _change(self, *, up: bool) -> None:
        self.link = up
        self._bad_polls = 0
        self._emit(LinkStatus(up))

    def _assume(self) -> None:
        self._change(up=True)

    # What the modem says on its own

    def _hear_action(self, frame: Frame) -> None:
        """It repeats the question until somebody answers."""
        message = frame.message
        assert isinstance(message, HostActionInd)
        answer = HostActionRsp(
            action=message.action, session=message.session, retries=message.retries
        )
        self._emit(Send(frame.source, answer))
        if message.action in BOOTING:
            self._emit(ModemRestarted())

    def _meet(self, dialect: Dialect) -> None:
        if self._config.dialect == AUTO and self.dialect is GENERIC:
            self.dialect = dialect
            self._emit(Moved("modem", dialect.name))
            if self._timers.running(Timer.ASSUME):
                self._timers.stop(Timer.ASSUME)
                self._poll()

    def _ring(self, timer: Timer) -> None:
        self._RINGS[timer](self)

    _HEARD: ClassVar = {SetKeyCnf: _hear_key, HostActionInd: _hear_action}
    _RINGS: ClassVar = {
        Timer.POLL: _poll,
        Timer.ANSWER: _no_answer,
        Timer.ASSUME: _assume,
        Timer.RESET: _reset_with_key,
        Timer.BOOT: _key_taken,
    }
