"""A HomePlug Green PHY modem in software: between a host and the simulated line.

It answers its own host (keys, link status, reset), passes on what is meant for others, hears how
weak a vehicle's sounds are, and can be told to misbehave: reset at any moment, fall silent, take
its time, refuse.  One host in memory connects with ``host_port``; a real interface is joined to
``from_host`` and ``to_host`` by whoever runs it (``v2g slac modem``).
"""

from dataclasses import dataclass
from typing import ClassVar

from bsw.net.ports import FrameReceiver
from bsw.os.clock import MS, S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.sim.line import HOMEPLUG, LinePort, Passage
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.layout import FrameError, Message
from bsw.slac.frames.mme import AttenProfileInd, MnbcSoundInd, SetKeyCnf, SetKeyReq
from bsw.slac.frames.vendor import (
    LOCAL_MODEM,
    AttributesCnf,
    AttributesReq,
    HostActionInd,
    LinkStatusCnf,
    LinkStatusReq,
    LumissilLinkCnf,
    LumissilLinkReq,
    LumissilResetReq,
    LumissilVersionCnf,
    LumissilVersionReq,
    ResetCnf,
    ResetReq,
    VersionCnf,
    VersionReq,
)

HOSTS = 64
"""Addresses a modem remembers of its own side; real ones bridge a few."""

VERSION_TEXT = b"Pilotwire simulated modem"


@dataclass(frozen=True, slots=True)
class Quirks:
    """How this modem differs from the one in the book.  Times in nanoseconds."""

    set_key_result: int = 1
    """What CM_SET_KEY.CNF says on success; the HomePlug table says 0, a QCA7000 1."""
    echo_nonce: bool = True
    pad_to: int = 60
    answer_delay: int = 0
    join_delay: int = 0
    """From CM_SET_KEY.REQ until the modem is a member of the new network."""
    boot_time: int = 2 * S
    keeps_key: bool = False
    """The key survives a reset."""
    joins_by_reset: bool = False
    """A new key counts from the next boot on, as with some firmware of the QCA7000."""
    tells_boot: bool = False
    """Asks its host for something after booting, as modems without memory do."""
    dialect: str = "qca7000"
    """Whose vendor messages it answers: qca7000, lumissil, or none."""
    reports_sounds: bool = True
    """Adds CM_ATTEN_PROFILE.IND to each sound: a station's modem."""
    broadcast_profiles: bool = False
    noise: int = 0
    """Each profile varies by up to so many dB either way."""


class SimulatedModem:
    def __init__(
        self,
        scheduler: Scheduler,
        port: LinePort,
        randomness: Randomness,
        quirks: Quirks | None = None,
    ) -> None:
        self.quirks = quirks if quirks is not None else Quirks()
        self.alive = True
        self.answers = True
        self.wedged = False
        """It joins no network any more until it is reset."""
        self.resets = 0
        self.keys_set = 0
        self.to_host: FrameReceiver = lambda _frame: None
        self._scheduler = scheduler
        self._port = port
        self._randomness = randomness
        self._hosts: list[bytes] = []
        self._key = self._factory_key()
        self._join = scheduler.alarm(self._member, name="modem joins")
        self._boot = scheduler.alarm(self._booted, name="modem boots")
        port.key = self._key
        port.overhear(self._from_line)

    @property
    def mac(self) -> bytes:
        return self._port.mac

    @property
    def link(self) -> bool:
        """Whether another member of our network is in range."""
        return self.alive and bool(self._port.linked())

    def host_port(self, mac: bytes) -> "HostPort":
        """Connect a host in memory."""
        port = HostPort(self._scheduler, self, mac)
        self.to_host = port.deliver
        return port

    def reset(self) -> None:
        """Die at once, boot, and come back, with or without the key."""
        self.resets += 1
        self.alive = self.wedged = False
        self._join.cancel()
        if not self.quirks.keeps_key:
            self._key = self._factory_key()
        self._port.key = self._factory_key()
        self._boot.rearm(self.quirks.boot_time)

    def deafen(self) -> None:
        """No answers to the own host any more; frames still pass."""
        self.answers = False

    def hear_again(self) -> None:
        self.answers = True

    # From the host

    def from_host(self, octets: bytes) -> None:
        if not self.alive or len(octets) < 14:
            return
        self._learn(octets[6:12])
        if int.from_bytes(octets[12:14], "big") != HOMEPLUG:
            self._port.send(octets)
            return
        try:
            frame = decode(octets)
        except FrameError:
            return
        answer = self._ANSWERS.get(type(frame.message))
        if answer is not None:
            if self.answers:
                answer(self, frame)
        elif frame.destination not in {LOCAL_MODEM, self.mac}:
            self._port.send(octets)

    def _learn(self, source: bytes) -> None:
        if source not in self._hosts and len(self._hosts) < HOSTS:
            self._hosts.append(source)

    def _set_key(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, SetKeyReq)
        self.keys_set += 1
        nonce = message.my_nonce if self.quirks.echo_nonce else bytes(4)
        self._answer(
            frame,
            SetKeyCnf(
                result=self.quirks.set_key_result,
                my_nonce=self._randomness.octets(4),
                your_nonce=nonce,
                pid=message.pid,
                prn=message.prn,
                pmn=message.pmn,
            ),
        )
        new = message.nid + message.new_key
        if new != self._key:
            self._key = new
            if not self.quirks.joins_by_reset:
                self._port.key = self._factory_key()  # out of the old network at once
        if not self.quirks.joins_by_reset:
            self._join.rearm(self.quirks.join_delay)

    def _tell_link(self, frame: Frame) -> None:
        if self.quirks.dialect == "qca7000":
            self._answer(frame, LinkStatusCnf(link=int(self.link)))

    def _tell_lumissil_link(self, frame: Frame) -> None:
        if self.quirks.dialect == "lumissil":
            self._answer(frame, LumissilLinkCnf(link=int(self.link)))

    def _tell_version(self, frame: Frame) -> None:
        if self.quirks.dialect == "qca7000":
            text = VERSION_TEXT
            self._answer(frame, VersionCnf(device=0x22, length=len(text), text=text))

    def _tell_lumissil_version(self, frame: Frame) -> None:
        if self.quirks.dialect == "lumissil":
            self._answer(frame, LumissilVersionCnf(details=VERSION_TEXT))

    def _tell_attributes(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, AttributesReq)
        if self.quirks.dialect == "qca7000":
            details = VERSION_TEXT.ljust(118, b"\0")
            self._answer(frame, AttributesCnf(cookie=message.cookie, details=details))

    def _reset_on_request(self, frame: Frame) -> None:
        if self.quirks.dialect == "qca7000":
            self._answer(frame, ResetCnf())
            self._scheduler.after(MS, self.reset, name="modem reset")

    def _reset_lumissil(self, _frame: Frame) -> None:
        if self.quirks.dialect == "lumissil":
            self.reset()

    def _answer(self, request: Frame, message: Message) -> None:
        answer = encode(Frame(request.source, self.mac, message), pad_to=self.quirks.pad_to)
        self._later(self.quirks.answer_delay, answer)

    def _later(self, delay: int, octets: bytes) -> None:
        def hand_over() -> None:
            if self.alive:
                self.to_host(octets)

        self._scheduler.after(delay, hand_over, name="modem answers")

    # From the line

    def _from_line(self, passage: Passage) -> None:
        if not self.alive:
            return
        octets = passage.frame
        destination = octets[:6]
        if destination[0] & 1 or not self._hosts or destination in self._hosts:
            self.to_host(octets)
        if self.quirks.reports_sounds and octets[12:14] == HOMEPLUG.to_bytes(2, "big"):
            self._measure(passage)

    def _measure(self, passage: Passage) -> None:
        try:
            frame = decode(passage.frame)
        except FrameError:
            return
        if not isinstance(frame.message, MnbcSoundInd):
            return
        profile = self._port.attenuation_from(passage.sender)
        groups = bytes(min(max(value + self._noise(), 0), 255) for value in profile)
        told = AttenProfileInd(pev_mac=frame.source, groups=groups)
        to_all = self.quirks.broadcast_profiles or not self._hosts
        destination = b"\xff" * 6 if to_all else self._hosts[-1]
        octets = encode(Frame(destination, self.mac, told), pad_to=self.quirks.pad_to)
        self._later(self.quirks.answer_delay, octets)

    def _noise(self) -> int:
        noise = self.quirks.noise
        return self._randomness.below(2 * noise + 1) - noise if noise else 0

    # Its own life

    def _member(self) -> None:
        if self.alive and not self.wedged:
            self._port.key = self._key

    def _booted(self) -> None:
        self.alive = True
        self._join.rearm(self.quirks.join_delay)
        if self.quirks.tells_boot:
            for host in self._hosts:
                request = Frame(host, self.mac, HostActionInd(action=4))
                self._later(0, encode(request, pad_to=self.quirks.pad_to))

    def _factory_key(self) -> bytes:
        return b"factory " + self.mac

    _ANSWERS: ClassVar = {
        SetKeyReq: _set_key,
        LinkStatusReq: _tell_link,
        LumissilLinkReq: _tell_lumissil_link,
        VersionReq: _tell_version,
        LumissilVersionReq: _tell_lumissil_version,
        AttributesReq: _tell_attributes,
        ResetReq: _reset_on_request,
        LumissilResetReq: _reset_lumissil,
    }


class HostPort:
    """A host's network card, wired to its modem.  An ``EthernetPort``."""

    def __init__(self, scheduler: Scheduler, modem: SimulatedModem, mac: bytes) -> None:
        self._scheduler = scheduler
        self._modem = modem
        self._mac = mac
        self._receive: FrameReceiver | None = None

    @property
    def mac(self) -> bytes:
        return self._mac

    def listen(self, receive: FrameReceiver | None) -> None:
        self._receive = receive

    def send(self, frame: bytes) -> None:
        self._scheduler.after(0, lambda: self._modem.from_host(frame), name="host to modem")

    def close(self) -> None:
        self._receive = None

    def deliver(self, frame: bytes) -> None:
        if self._receive is not None:
            self._receive(frame)
