"""``v2g slac ask``: what modem is behind an interface, has it a link, and, on request, reset it."""

import argparse
import sys
from dataclasses import fields

from bsw.net.host.rawsocket import RawSocket
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.layout import FrameError, Message
from bsw.slac.frames.vendor import (
    LOCAL_MODEM,
    LinkStatusReq,
    LumissilLinkReq,
    LumissilResetReq,
    LumissilVersionReq,
    ResetReq,
    VersionReq,
)
from tools.slac.console import shown

QUESTIONS = (VersionReq, LinkStatusReq, LumissilVersionReq, LumissilLinkReq)
RESETS = (ResetReq, LumissilResetReq)


def add_ask_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interface", "-i", required=True, help="the modem's interface, e.g. eth1")
    parser.add_argument("--reset", action="store_true", help="have it boot anew; it loses its key")
    parser.add_argument("--wait", type=float, default=1.0, help="seconds to wait for answers")


class Asking:
    """Puts questions to the local modem and prints what comes back."""

    def __init__(self, interface: str) -> None:
        mailbox = Mailbox()
        self._clock = HostClock(mailbox)
        self._scheduler = Scheduler(self._clock, mailbox=mailbox)
        self._port = RawSocket(self._clock, interface)
        self._port.listen(self._hear)
        self.answers = 0

    def ask(self, *questions: type[Message]) -> None:
        for question in questions:
            self._port.send(encode(Frame(LOCAL_MODEM, self._port.mac, question())))

    def wait(self, seconds: float) -> None:
        self._scheduler.run(until=self._scheduler.now + int(seconds * S))

    def close(self) -> None:
        self._port.close()
        self._clock.close()

    def _hear(self, octets: bytes) -> None:
        try:
            frame = decode(octets)
        except FrameError:
            return
        if frame.destination != self._port.mac or not frame.name.startswith(("VS_", "NSCM_")):
            return
        self.answers += 1
        content = " ".join(
            f"{one.name}={_readable(getattr(frame.message, one.name))}"
            for one in fields(frame.message)  # type: ignore[arg-type]  # every message is one
        )
        print(f"{shown(frame.source)} {frame.name} {content}", flush=True)


def _readable(value: int | bytes) -> str:
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        printable = text.isascii() and text.decode("ascii", "replace").isprintable()
        return repr(text.decode()) if text and printable else value.hex()
    return str(value)


def run_ask(arguments: argparse.Namespace) -> int:
    asking = Asking(arguments.interface)
    asking.ask(*(RESETS if arguments.reset else QUESTIONS))
    asking.wait(arguments.wait)
    asking.close()
    if not asking.answers:
        print(
            "v2g slac: no modem answered: is it powered, and is this its interface?",
            file=sys.stderr,
        )
    return 0 if asking.answers else 1
