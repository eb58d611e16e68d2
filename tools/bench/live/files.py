"""What processes stand on: PKI, stores, and configurations as a person would write them.

Everything lies in the run's folder, so that each ECU can be started again by hand.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from evcc.config import EvccConfig
from keym.x509.edition import Edition
from secc.config import SeccConfig
from tools.bench.live.plan import Plan
from tools.bench.run import bench
from tools.bench.scenarios.keys import KeyRing, editions_spoken
from tools.bench.scenarios.stage import evcc_settings, over, secc_settings

ABOUT = "# The {name} of {title!r}.  Started by v2g bench run; by hand: {who} run -c THIS\n"


def prepare(plan: Plan) -> dict[str, Path]:
    """The configuration of each role, made or given."""
    plan.out.mkdir(parents=True, exist_ok=True)
    if plan.scenario.tls and plan.imposed:
        _keys(plan)
    made = {}
    for who in plan.roles:
        own = plan.own.get(who)
        made[who] = own or _written(who, plan)
    return made


def _keys(plan: Plan) -> None:
    """A fresh PKI for each edition that is spoken; the vehicle has the contract it shall have."""
    vehicle, out = plan.scenario.vehicle, plan.out
    kinds = [word for one in editions_spoken(plan.scenario) for word in ("--kind", one.value)]
    for name in ("pki", "evcc", "secc"):
        shutil.rmtree(out / name, ignore_errors=True)
    bench.pki(["make", *kinds, str(out / "pki")])
    lacking = [] if vehicle.contract == "installed" else ["--without", "contract"]
    for who in plan.roles:
        stores = ["--certificates", str(out / who / "certificates")]
        stores += ["--keys", str(out / who / "keys")]
        without = lacking if who == "evcc" else []
        bench.pki(["install", "--role", who, *stores, *without, str(out / "pki")])


def _written(who: str, plan: Plan) -> Path:
    path = plan.out / f"{who}.yaml"
    name = {"evcc": "vehicle", "secc": "station"}[who]
    said = _settings(who, plan) if plan.imposed else {}
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    path.write_text(ABOUT.format(name=name, title=plan.scenario.title, who=who) + text)
    return path


def _settings(who: str, plan: Plan) -> dict[str, object]:
    """What the scenario says of this ECU, in the words of its file."""
    scenario, out = plan.scenario, plan.out.absolute()
    if who == "evcc":
        told: Mapping[str, Any] = evcc_settings(scenario)
        model: type[EvccConfig | SeccConfig] = EvccConfig
    else:
        told, model = secc_settings(scenario, KeyRing(provisioning=_provisioning(plan))), SeccConfig
    if scenario.tls:
        stores = {
            "keym": {"folder": out / who / "certificates"},
            "csm": {"software": {"folder": out / who / "keys"}},
        }
        told = over(told, stores)
    config = model.model_validate(told)
    shown: dict[str, Any] = json.loads(config.model_dump_json(exclude_unset=True))
    return shown


def _provisioning(plan: Plan) -> dict[str, object]:
    if plan.scenario.vehicle.contract != "to be installed":
        return {}
    made = plan.out.absolute() / "pki" / Edition.ISO2.value
    return {
        "service": "lab",
        "lab_contracts": [
            {"chain": made / "chains/contract.pem", "key": made / "keys/contract.key"}
        ],
        "lab_authorities": [made / "certs/oem_sub2.pem", made / "certs/oem_sub1.pem"],
    }
