"""``v2g slac modem``: simulated modems and the line between them, on real interfaces.

One modem per interface; what a host sends into its interface its modem answers, passes on or
keeps to itself, as hardware would.  IP crosses only between modems that were given the same key.
Attenuation, loss, quirks and resets are options, so that a test bench can be scripted with them.
"""

import argparse
import signal

from bsw.net.host.rawsocket import RawSocket
from bsw.os.clock import MS, Action, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.sim.line import Impairment, Line, LinePort, flat
from bsw.sim.modem import Quirks, SimulatedModem
from bsw.slac.frames.frame import decode
from bsw.slac.frames.layout import FrameError
from csm.randomness import HostRandomness, SeededRandomness
from tools.slac.console import logs
from tools.slac.settings import BadSetting

ACTIONS = ("reset", "deaf", "hear", "unplug", "plug")


def add_modem_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("interfaces", nargs="+", help="one modem each, e.g. ev1 se1")
    parser.add_argument("--vehicle", default="", help="interfaces of vehicles' modems (comma list)")
    parser.add_argument("--attenuation", type=int, default=10, help="dB between any two modems")
    parser.add_argument(
        "--between", action="append", default=[], metavar="A,B,DB", help="dB between two of them"
    )
    parser.add_argument("--latency", type=float, default=0.0, help="ms on the line")
    parser.add_argument("--jitter", type=float, default=0.0, help="ms on the line, at most")
    parser.add_argument("--loss", type=float, default=0.0, help="0.0 to 1.0")
    parser.add_argument("--duplication", type=float, default=0.0, help="0.0 to 1.0")
    parser.add_argument("--seed", help="repeatable accidents")
    parser.add_argument("--key-result", type=int, default=1, help="in CM_SET_KEY.CNF")
    parser.add_argument("--join-delay", type=float, default=0.0, help="ms from key to membership")
    parser.add_argument("--dialect", default="qca7000", help="qca7000, lumissil or none")
    parser.add_argument("--broadcast-profiles", action="store_true")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="SECONDS:ACTION:INTERFACE",
        help=f"do something at a time; actions: {', '.join(ACTIONS)} (repeatable)",
    )
    parser.add_argument("--timeout", type=float, default=0.0, help="end after so many seconds")
    parser.add_argument("--verbose", "-v", action="count", default=0)


class Plc:
    """The line and its modems, until a signal or the timeout."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        mailbox = Mailbox()
        self._clock = HostClock(mailbox)
        self._scheduler = Scheduler(self._clock, mailbox=mailbox)
        self._log = logs(self._scheduler, arguments.verbose).logger("line")
        self._arguments = arguments
        chance: Randomness = (
            HostRandomness() if arguments.seed is None else SeededRandomness(arguments.seed)
        )
        self._line = Line(
            self._scheduler,
            chance,
            Impairment(
                latency=int(arguments.latency * MS),
                jitter=int(arguments.jitter * MS),
                loss=arguments.loss,
                duplication=arguments.duplication,
            ),
            attenuation=flat(arguments.attenuation),
        )
        self._line.tap(self._passed)
        self._sockets: list[RawSocket] = []
        self._ports: dict[str, LinePort] = {}
        self._modems: dict[str, SimulatedModem] = {}
        vehicles = set(filter(None, arguments.vehicle.split(",")))
        for number, name in enumerate(arguments.interfaces):
            self._add(name, number, chance, vehicle=name in vehicles)
        for text in arguments.between:
            self._attenuate(text)
        for text in arguments.at:
            self._plan(text)

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._scheduler.post(self._stop, name="signal"))
        if self._arguments.timeout:
            self._scheduler.after(int(self._arguments.timeout * S), self._stop, name="timeout")
        print(f"READY {' '.join(self._modems)}", flush=True)
        self._scheduler.run()
        for one in self._sockets:
            one.close()
        self._clock.close()
        return 0

    def _add(self, name: str, number: int, chance: Randomness, *, vehicle: bool) -> None:
        arguments = self._arguments
        quirks = Quirks(
            set_key_result=arguments.key_result,
            join_delay=int(arguments.join_delay * MS),
            dialect=arguments.dialect,
            reports_sounds=not vehicle,
            broadcast_profiles=arguments.broadcast_profiles,
        )
        raw = RawSocket(self._clock, name, bridging=True)
        port = self._line.attach(name, bytes.fromhex("02b05200") + number.to_bytes(2, "big"))
        modem = SimulatedModem(self._scheduler, port, chance, quirks)
        raw.listen(modem.from_host)
        modem.to_host = raw.send
        self._sockets.append(raw)
        self._ports[name] = port
        self._modems[name] = modem

    def _attenuate(self, text: str) -> None:
        try:
            one, other, decibel = text.split(",")
            self._line.attenuate(self._ports[one], self._ports[other], flat(int(decibel)))
        except (ValueError, KeyError):
            raise BadSetting(f"--between {text}: write it as ev1,se1,12") from None

    def _plan(self, text: str) -> None:
        try:
            seconds, action, name = text.split(":")
            act = self._action(action, name)
            self._scheduler.after(int(float(seconds) * S), act, name=action)
        except (ValueError, KeyError):
            raise BadSetting(
                f"--at {text}: write it as 2.5:reset:ev1; actions are {', '.join(ACTIONS)}"
            ) from None

    def _action(self, action: str, name: str) -> Action:
        modem, port = self._modems[name], self._ports[name]
        return {
            "reset": modem.reset,
            "deaf": modem.deafen,
            "hear": modem.hear_again,
            "unplug": port.unplug,
            "plug": port.plug,
        }[action]

    def _passed(self, _now: int, octets: bytes) -> None:
        try:
            self._log.info("passed", message=decode(octets).name, source=octets[6:12])
        except FrameError:
            self._log.debug("passed", octets=len(octets), source=octets[6:12])

    def _stop(self) -> None:
        self._scheduler.stop()


def run_modem(arguments: argparse.Namespace) -> int:
    return Plc(arguments).run()
