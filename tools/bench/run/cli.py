"""``v2g bench run``: play a scenario and say how it went."""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Final

from bsw.ecuc.tree import ConfigurationError
from bsw.program.hostfault import at
from tools.bench.run.plain import JsonView, PlainView, SceneView
from tools.bench.run.simulated import DEFAULT_SPEED, Played, Simulation
from tools.bench.run.verdict import places
from tools.bench.scenarios.find import NoScenario, read
from tools.bench.scenarios.model import Scenario

USUAL: Final = "charge"
LIVE_ONLY: Final = ("evcc", "secc", "timeout", "role")


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Scenarios: v2g bench list, or a file of your own.  Ctrl-C ends in order."
    parser.add_argument("scenario", nargs="?", default="", metavar="SCENARIO")
    parser.add_argument(
        "--speed",
        type=_speed,
        metavar="N",
        help="times life while it charges, a fifteenth of it before and after; 0: as fast as it"
        f" goes (default: {DEFAULT_SPEED:g})",
    )
    parser.add_argument(
        "--live", action="store_true", help="both ECUs as processes, real sockets and time"
    )
    parser.add_argument(
        "--interface",
        metavar="IF",
        help="one ECU of ours, as a process, at this real interface: with whatever is at its other"
        " end; implies --live",
    )
    parser.add_argument("--out", type=Path, default=Path("run"), metavar="FOLDER", help="(run)")
    parser.add_argument("--soc", type=float, help="the battery at first, in %%")
    parser.add_argument("--target", type=float, help="what it is charged to, in %%")
    parser.add_argument("--plain", action="store_true", help="lines only, also on a terminal")
    parser.add_argument("--json", action="store_true", help="one object a line, for a program")
    parser.add_argument(
        "--csms", action="store_true", help="the station goes to an OCPP back end, which is shown"
    )
    live = parser.add_argument_group("with --live or --interface")
    live.add_argument(
        "--role", choices=("vehicle", "station"), help="at --interface, which one we are (vehicle)"
    )
    live.add_argument(
        "--modem",
        action="store_true",
        help="a power line modem is behind --interface: SLAC first; by itself where the"
        " configuration has link.driver: ethernet",
    )
    live.add_argument(
        "--believe",
        choices=("told", "wished"),
        default="told",
        help="at a foreign station without high voltage: our inlet has the voltage that it told,"
        " or the one the battery wishes, for stations that simulate nonsense (told)",
    )
    live.add_argument("--evcc", type=Path, metavar="FILE", help="a configuration of the vehicle")
    live.add_argument("--secc", type=Path, metavar="FILE", help="a configuration of the station")
    live.add_argument("--timeout", type=float, metavar="SECONDS", help="(as the scenario says)")


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 <= speed <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100000")
    return speed


def run(arguments: argparse.Namespace) -> int:
    if arguments.live or arguments.interface:
        from tools.bench.live.cli import run as run_live  # noqa: PLC0415 - another way

        status, live = run_live(arguments, _view(arguments))
        return status if live is None else _told(live, arguments)
    needless = [name for name in LIVE_ONLY if getattr(arguments, name) is not None]
    needless += ["modem"] if arguments.modem else []
    if needless:
        return _refused(f"--{needless[0]} is for processes; add --live")
    try:
        scenario = changed(read(arguments.scenario or USUAL), arguments.soc, arguments.target)
    except (NoScenario, ConfigurationError, ValueError) as error:
        return _refused(str(error))
    return _play(scenario, arguments)


def changed(scenario: Scenario, soc: float | None, target: float | None) -> Scenario:
    """With another battery state than the file says."""
    said = {name: value for name, value in (("soc", soc), ("target", target)) if value is not None}
    for name, value in said.items():
        if not 0.0 <= value <= 100.0:
            raise ValueError(f"--{name} is a percentage from 0 to 100, not {value:g}")
    vehicle = scenario.vehicle.model_copy(update=said)
    return scenario.model_copy(update={"vehicle": vehicle})


def _refused(why: str) -> int:
    print(f"v2g bench run: {why}", file=sys.stderr)
    return 2


def _play(scenario: Scenario, arguments: argparse.Namespace) -> int:
    speed = DEFAULT_SPEED if arguments.speed is None else arguments.speed
    with at(arguments.out):
        view = _view(arguments)
        played = Simulation(scenario, arguments.out, speed, view, csms=arguments.csms).play()
    return _told(played, arguments)


def _told(played: Played, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps({"verdict": played.verdict.figures}, ensure_ascii=False))
    else:
        _tell(played, arguments)
    if played.interrupted:
        return 130
    return 0 if played.verdict.good else 1


def _view(arguments: argparse.Namespace) -> SceneView:
    if arguments.json:
        return JsonView(sys.stdout)
    if arguments.plain or not sys.stdout.isatty():
        return PlainView(sys.stdout)
    from rich.console import Console  # noqa: PLC0415 - only for a terminal

    from tools.bench.run.dashboard import TerminalView  # noqa: PLC0415 - the same

    return TerminalView(Console())


def _tell(played: Played, arguments: argparse.Namespace) -> None:
    told = played.verdict
    print()
    if played.interrupted:
        print("Interrupted; everything was ended in order.")
    print(told.sentence + ".")
    for wrong in told.figures["wrong"] if not played.interrupted else ():
        print(f"not as expected: {wrong}")
    if told.advice:
        print(f"next step: {told.advice}")
    figures = told.figures
    wall = f"{figures['wall_seconds']:.1f} s"
    live = arguments.live or arguments.interface
    if not live:
        print(
            f"{figures['played_seconds']:.0f} s of life were played in {wall},"
            f" {figures['speed']:.0f} times as fast as life."
        )
    print()
    report = _report(played, arguments)
    for line in places(arguments.out, played, report, again=_again(arguments)):
        print(f"  {line}")


def _again(arguments: argparse.Namespace) -> str:
    """The command that plays the same again, in the simulation slowly enough to look on."""
    words = [arguments.scenario] if arguments.scenario else []
    if arguments.interface:
        words += ["--interface", arguments.interface, "--role", arguments.role or "vehicle"]
    elif arguments.live:
        words += ["--live"]
    else:
        words = [arguments.scenario or USUAL, "--speed", "10"]
    return shlex.join(words)


def _report(played: Played, arguments: argparse.Namespace) -> Path | None:
    """What cannot be written costs the run nothing."""
    from tools.bench.run.pages import report_of  # noqa: PLC0415 - reads a whole conversation

    if played.capture is None:
        return None
    return report_of(arguments.out, played.capture, played.title)
