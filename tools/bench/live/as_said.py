"""The hardware of a scenario: its battery, its power module, its line, what its driver wants."""

import argparse
from dataclasses import replace

from bsw.chrgm.modes import Approach, mode_of
from can_adapter.signals.values import EnergyTransferMode
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.bench.hardware.hardware import Setup
from tools.bench.scenarios.find import read
from tools.bench.scenarios.keys import KeyRing
from tools.bench.scenarios.stage import battery, evcc_settings, secc_settings


def as_said(setup: Setup, arguments: argparse.Namespace) -> Setup:
    """``setup`` with what the scenario says; state of charge and goal by the command line first."""
    scenario = read(arguments.scenario)
    vehicle = scenario.vehicle
    given = {"soc": arguments.soc, "target": arguments.target}
    vehicle = vehicle.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    evcc = EvccConfig.model_validate(evcc_settings(scenario))
    secc = SeccConfig.model_validate(secc_settings(scenario, KeyRing()))
    pad = mode_of(vehicle.mode).approach is Approach.PAD
    return replace(
        setup,
        mode=EnergyTransferMode(vehicle.mode),
        soc=vehicle.soc,
        target=vehicle.target,
        contract=vehicle.payment == "Contract",
        vehicle_can=evcc.can.model_copy(update={"bus": setup.vehicle}),
        station_can=secc.can.model_copy(update={"bus": setup.station}),
        battery=battery(scenario.model_copy(update={"vehicle": vehicle})),
        rating=scenario.station.rating(),
        attenuation=scenario.attenuation,
        phases=1 if pad else None,  # a receiver has one line
    )
