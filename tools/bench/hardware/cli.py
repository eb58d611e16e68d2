"""``v2g bench hardware``: what is simulated around the two ECUs, as a process on real buses."""

import argparse
import sys
from typing import get_args

from bsw.ecuc.tree import ConfigurationError
from can_adapter.bus import BusUnavailable
from can_adapter.config import BusConfig
from can_adapter.signals.values import EnergyTransferMode
from can_adapter.station.config import StationCanConfig
from tools.bench.hardware.hardware import Hardware, Setup
from tools.bench.hardware.no_module import Belief
from tools.bench.hardware.options import add_bus_options, bus_config
from tools.bench.scenarios.find import NoScenario


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "It runs until its input says quit, its time is over, or Ctrl-C."
    add_bus_options(parser)
    add_bus_options(parser, "station-")
    parser.add_argument("--no-station", action="store_true", help="without the power module")
    parser.add_argument(
        "--believe",
        choices=get_args(Belief),
        help="without the power module, for a foreign station: the inlet has the voltage that the"
        " station told the vehicle's ECU, or the one the battery wishes (for stations that"
        " simulate nonsense)",
    )
    parser.add_argument(
        "--mode",
        choices=[one.value for one in EnergyTransferMode],
        default=EnergyTransferMode.DC_EXTENDED.value,
        help="energy transfer mode the driver chose, default DC_extended",
    )
    parser.add_argument("--soc", type=float, help="state of charge, default 30")
    parser.add_argument("--target", type=float, help="goal, default 80")
    parser.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        help="battery, power module, line and wishes as a scenario has them",
    )
    parser.add_argument(
        "--no-vehicle",
        action="store_true",
        help="without the car, for a foreign one: the cable takes what that asks the station for",
    )
    parser.add_argument("--report", action="store_true", help="measured values as log records")
    parser.add_argument("--plug", action="store_true", help="plugged in from the start")
    parser.add_argument(
        "--pilot",
        type=int,
        metavar="PORT",
        help="also be pilot and power line for ECUs with hardware.driver plug; 0: any port",
    )
    parser.add_argument(
        "--nodes",
        action="store_true",
        help="the plug's electronics are nodes on both buses, for ECUs with hardware.driver can",
    )
    parser.add_argument("--contract", action="store_true", help="the driver pays by contract")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after so long; 0: never")
    parser.add_argument("--quiet", action="store_true", help="no line per second")
    parser.add_argument(
        "--inlets", type=int, choices=(1, 2), default=1, help="default: %(default)s"
    )


def run(arguments: argparse.Namespace) -> int:
    try:
        return _run(arguments)
    except (BusUnavailable, NoScenario, ConfigurationError) as error:
        print(f"v2g bench hardware: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    if not all(0 <= one <= 100 for one in (arguments.soc or 0, arguments.target or 0)):
        said = "--soc and --target are percentages from 0 to 100"
        print(f"v2g bench hardware: {said}", file=sys.stderr)
        return 2
    if arguments.nodes and (arguments.pilot is not None or arguments.inlets > 1):
        print(
            "v2g bench hardware: --nodes is one plug, and takes the place of --pilot",
            file=sys.stderr,
        )
        return 2
    station = None
    if not (arguments.no_station or arguments.believe):
        station = bus_config(arguments, StationCanConfig().bus, "station-")
    setup = Setup(
        vehicle=bus_config(arguments, BusConfig()),
        station=station,
        believe=arguments.believe,
        mode=EnergyTransferMode(arguments.mode),
        soc=30.0 if arguments.soc is None else arguments.soc,
        target=80.0 if arguments.target is None else arguments.target,
        plugged=arguments.plug,
        pilot=arguments.pilot,
        nodes=arguments.nodes,
        contract=arguments.contract,
        seconds=arguments.seconds or None,
        quiet=arguments.quiet,
        inlets=arguments.inlets,
        report=arguments.report,
        no_vehicle=arguments.no_vehicle,
    )
    if arguments.scenario:
        from tools.bench.live.as_said import as_said  # noqa: PLC0415 - few have one

        setup = as_said(setup, arguments)
    hardware = Hardware(setup)
    try:
        hardware.run()
    except KeyboardInterrupt:
        pass
    finally:
        hardware.close()
    return 0
