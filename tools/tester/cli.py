"""``v2g test``: the conformance cases at a device of somebody else, over a real interface."""

import argparse
import signal
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from bsw.ecuc.tree import ConfigurationError
from bsw.net.host.network import InterfaceUnusable
from bsw.net.host.rawsocket import RawSocket, RawSocketUnavailable
from bsw.net.ports import EthernetPort
from tools.conformance.catalogue import everything
from tools.conformance.station.cases import Case
from tools.pki.folder import FolderTrouble
from tools.tester import report
from tools.tester.applicable import role_of, why_not
from tools.tester.keys import read_pki
from tools.tester.place.equipment import Equipment
from tools.tester.place.hands import Hands
from tools.tester.place.person import Person
from tools.tester.place.plugs import SimulatedPlug, plug_of
from tools.tester.place.process import DeviceProcess
from tools.tester.place.world import BenchWorld
from tools.tester.profile import Device, read
from tools.tester.run import CannotRun, Run
from tools.tester.select import UnknownWord, chosen
from tools.tester.verdict import Result, Verdict

MARKS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "FAIL",
    Verdict.INCONCLUSIVE: "????",
    Verdict.NOT_APPLICABLE: "n/a",
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=["secc", "evcc"], help="what the device is")
    parser.add_argument("--device", type=Path, required=True, metavar="FILE", help="its profile")
    parser.add_argument("--interface", default="lo", help="where it is reached, default lo")
    parser.add_argument(
        "--select",
        default="",
        metavar="WORDS",
        help="ids (* for any letters), topic:timing, feature:pnc, requirement:V2G2-538, by commas; "
        "default: all",
    )
    parser.add_argument(
        "--report", type=Path, default=Path("run/test"), metavar="FOLDER", help="default run/test"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what the folder holds")
    parser.add_argument("--list", action="store_true", help="say what would be played, and stop")


def run(arguments: argparse.Namespace) -> int:
    try:
        device = _device(arguments)
        everybody = [case for case in everything() if role_of(case) == device.role]
        cases = chosen(everybody, arguments.select)
        if arguments.list:
            return _list(device, cases)
        return _run(arguments, device, cases)
    except (ConfigurationError, UnknownWord, CannotRun, FolderTrouble) as error:
        print(f"v2g test: {error}", file=sys.stderr)
    except (InterfaceUnusable, RawSocketUnavailable) as error:
        print(f"v2g test: {error}", file=sys.stderr)
    return 2


def _device(arguments: argparse.Namespace) -> Device:
    device = read(arguments.device)
    if device.role != arguments.role:
        raise CannotRun(f"{arguments.device}: role: {device.role}, not {arguments.role}")
    return device


def _list(device: Device, cases: list[Case]) -> int:
    played = 0
    for case in cases:
        reason = why_not(case, device)
        played += not reason
        print(f"{'' if reason else '*':2}{case.id:<50} {reason or case.title}")
    print(f"{played} of {len(cases)} can be played")
    return 0


def _run(arguments: argparse.Namespace, device: Device, cases: list[Case]) -> int:
    if device.keys is not None:
        read_pki(device.keys)  # before anybody plugs in
    made = Run(arguments.report, device, cases, controls=everything())
    made.begin(resume=arguments.resume)
    results: list[Result] = []
    about = {"interface": arguments.interface, "pilotwire": version("pilotwire")}
    with ExitStack() as stack:
        before = signal.signal(signal.SIGTERM, _told_to_end)
        stack.callback(signal.signal, signal.SIGTERM, before)
        equipment = Stock(stack, arguments, device)
        try:
            for result in made.results(equipment):
                results.append(result)
                _tell(result)
        except KeyboardInterrupt:
            print(
                f"v2g test: interrupted; --resume goes on with {arguments.report}", file=sys.stderr
            )
            raise
        finally:
            report.write(arguments.report, device, about, results)
    found = report.counts(results)
    print(", ".join(f"{count} {name}" for name, count in found.items()))
    print(arguments.report / "report.html")
    return 1 if found["fail"] or found["inconclusive"] else 0


def _told_to_end(_number: int, _frame: object) -> None:
    """Like Ctrl-C: the device is let go, the report says what there is, --resume goes on."""
    raise KeyboardInterrupt


class Stock:
    """The equipment, made when the first case needs it."""

    def __init__(self, stack: ExitStack, arguments: argparse.Namespace, device: Device) -> None:
        self._stack = stack
        self._interface = arguments.interface
        self._log = arguments.report / "device.log"
        self._device = device
        self._made: Equipment | None = None

    def __call__(self) -> Equipment:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> Equipment:
        world = BenchWorld(self._interface)
        self._stack.callback(world.close)
        hands = Hands(world.errands, Person(world.scheduler, sys.stdin))
        plug = plug_of(world, self._device, hands)
        port = plug.port if isinstance(plug, SimulatedPlug) else 0
        process = DeviceProcess(self._device.process, port, self._log)
        self._stack.callback(process.end)
        return Equipment(world, self._device, plug, hands, process, self._modem(world))

    def _modem(self, world: BenchWorld) -> EthernetPort | None:
        if self._device.link == "none":
            return None
        port = RawSocket(world.clock, world.interface)
        self._stack.callback(port.close)
        return port


def _tell(result: Result) -> None:
    if result.verdict is not Verdict.NOT_APPLICABLE:
        why = result.why or result.title
        print(f"{MARKS[result.verdict]:5}{result.id:<46} {result.took:6.1f} s  {why}", flush=True)
