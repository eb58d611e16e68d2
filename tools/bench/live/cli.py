"""``v2g bench run --live`` and ``--interface``: ECUs as processes on real sockets, in real time."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.ecuc.files import read_yaml
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError, child
from bsw.program.hostfault import at
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.bench.live.interface import Unusable, usable
from tools.bench.live.plan import BOTH, NAMES, Plan, impossible
from tools.bench.live.play import Play
from tools.bench.run import bench
from tools.bench.run.plain import SceneView
from tools.bench.run.simulated import Played
from tools.bench.scenarios.find import NoScenario, read
from tools.bench.scenarios.model import Expectation, Scenario
from tools.bench.scenarios.stage import evcc_settings

USUAL = "charge"
SHORT = (79.9, 80.0)
"""Percent, where nobody names a scenario: real time is long."""

ROLES = {"vehicle": ("evcc",), "station": ("secc",)}


MODELS: Final[Mapping[str, type[EvccConfig | SeccConfig]]] = {
    "evcc": EvccConfig,
    "secc": SeccConfig,
}


class Refused(Exception):
    """The command line cannot be; says why."""


def run(arguments: argparse.Namespace, view: SceneView) -> tuple[int, Played | None]:
    """The exit status where it could not begin, or how it went."""
    try:
        plan = _plan(arguments)
        config = _evcc(plan)
    except (Refused, NoScenario, ConfigurationError, Unusable) as error:
        print(f"v2g bench run: {error}", file=sys.stderr)
        return (1 if isinstance(error, Unusable) else 2), None
    with at(arguments.out):
        result = Play(plan, config, view).run()
    capture = arguments.out / bench.CAPTURE
    played = Played(
        result.verdict,
        result.interrupted,
        capture if capture.exists() else None,
        plan.scenario.title,
        traces={str(path): str(told) for path, told in result.traces.items()},
    )
    return 0, played


def _plan(arguments: argparse.Namespace) -> Plan:
    if arguments.speed is not None:
        raise Refused("--speed is for the simulation; processes live in real time")
    if arguments.csms:
        raise Refused(
            "--csms is for the simulation; start v2g csms and name it in a file for --secc"
            " (ocpp.url)"
        )
    interface = arguments.interface or ""
    if arguments.role and not interface:
        raise Refused("--role is for a real interface; add --interface, or leave it out")
    own = {who: path for who in BOTH if (path := getattr(arguments, who)) is not None}
    roles = ROLES[arguments.role or "vehicle"] if interface else BOTH
    foreign = [who for who in own if who not in roles]
    if foreign:
        name = NAMES[roles[0]]
        raise Refused(f"--{foreign[0]}: we are the {name} here; --role chooses the other")
    configs = {who: load(MODELS[who], (path,), outside=False).config for who, path in own.items()}
    modem = arguments.modem or (
        bool(interface) and any(one.link.driver == "ethernet" for one in configs.values())
    )
    if arguments.modem and not interface:
        raise Refused("--modem is for a real interface; add --interface")
    if interface:
        usable(interface, modem=modem)
    said = arguments.scenario or USUAL
    scenario = read(said)
    soc, target = arguments.soc, arguments.target
    if not arguments.scenario:
        scenario = _plain(scenario, interface, roles)
        soc, target = (SHORT[0] if soc is None else soc), (SHORT[1] if target is None else target)
    for why in impossible(scenario):
        raise Refused(f"{said} cannot be played by processes: {why}; leave out --live")
    return Plan(
        scenario=scenario,
        said=said,
        out=arguments.out,
        roles=roles,
        interface=interface,
        own=own,
        soc=soc,
        target=target,
        timeout=arguments.timeout,
        imposed=bool(arguments.scenario) or not interface,
        modem=modem,
        real_bus=frozenset(who for who in own if interface and _has_hardware(who, own[who])),
        believe=arguments.believe,
    )


def _has_hardware(who: str, config: Path) -> bool:
    """Whether somebody's own file says where battery or power electronics are."""
    part, name = {"evcc": ("can", "bus"), "secc": ("hardware", "power")}[who]
    found = child(read_yaml(config), part)
    return found is not None and child(found, name) is not None


def _plain(scenario: Scenario, interface: str, roles: tuple[str, ...]) -> Scenario:
    """Nobody has named a scenario: the usual one without its long time, or whatever is there."""
    if not interface:
        return scenario.model_copy(update={"expect": Expectation()})
    title = f"Our {NAMES[roles[0]]} at {interface}"
    return Scenario(title=title, expect=Expectation(vehicle=(Ending.TERMINATED,)))


def _evcc(plan: Plan) -> EvccConfig:
    """For the norm's limits on the screen; who has a file of his own is read by it."""
    own = plan.own.get("evcc")
    if own is not None:
        return load(EvccConfig, (own,), outside=False).config
    if not plan.imposed:
        return EvccConfig()
    return EvccConfig.model_validate(evcc_settings(plan.scenario))
