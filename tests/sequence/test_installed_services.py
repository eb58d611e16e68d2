"""An installed package adds an energy service and a value-added service, and charges with them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from bsw.chrgm.modes import ModeName
from bsw.chrgm.services import OWN_ENERGY, energy_by_word, value_added
from bsw.os.clock import S
from tests.sequence import depot
from tests.tidy.tree import ROOT
from tools.bench.world.direct import Rig

CHARGE = """
import json, sys
from bsw.os.clock import S
from evcc.vehicle import Intent
from tools.bench.world.direct import Rig
rig = Rig("iso2", secure={secure}, mode="{mode}")
rig.at(30 * S, lambda: setattr(rig.state, "intent", Intent.STOP))
rig.run(60 * S)
requests = rig.bodies("ChargeParameterDiscoveryReq")
place = sys.modules.get("depot.station")
print(json.dumps({{
    "endings": [rig.ending("vehicle").name, rig.ending("station").name],
    "said": rig.names("vehicle"),
    "offered": [
        mode.value
        for one in rig.bodies("ServiceDiscoveryRes")
        for mode in one.charge_service.supported_energy_transfer_mode.energy_transfer_mode
    ],
    "asked": [one.requested_energy_transfer_mode.value for one in requests][:1],
    "currents": [one.ev_target_current.si() for one in rig.bodies("CurrentDemandReq")],
    "answered": [] if place is None else place.ANSWERED,
    "lanes": [] if place is None else place.LANES,
    "records": [
        {{str(number): chosen for number, chosen in record.services.items()}}
        for record in (rig.car.record, rig.station.record)
    ],
    "agreed": [rig.car.record.agreed.service, rig.station.record.agreed.service],
    "foreign": [name for name in sys.modules if name.startswith("depot.")],
}}))
"""


def run(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def charge(folder: Path, mode: str = "DC_BPT", *, secure: bool = True) -> Any:  # noqa: ANN401
    depot.write(folder)
    done = run(folder, CHARGE.format(mode=mode, secure=secure))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_roles_charge_with_services_from_outside(tmp_path: Path) -> None:
    told = charge(tmp_path)
    assert told["endings"] == ["TERMINATED", "TERMINATED"]
    assert told["offered"] == told["asked"] == ["DC_unique"]
    assert told["agreed"] == ["DC_BPT", "DC_BPT"]
    assert "PreChargeReq" not in told["said"]
    assert told["said"].index("CableCheckReq") < told["said"].index("PowerDeliveryReq")
    assert told["answered"] == told["currents"]
    assert max(told["currents"]) > 1.0


def test_its_words_are_its_own(tmp_path: Path) -> None:
    """A third of what the vehicle would ask for without the package."""
    rig = Rig().run(30 * S)
    most = max(one.ev_target_current.si() for one in rig.bodies("CurrentDemandReq"))
    assert max(charge(tmp_path)["currents"]) == pytest.approx(most / 3, abs=0.1)


def test_a_value_added_service_is_offered_described_and_selected(tmp_path: Path) -> None:
    told = charge(tmp_path)
    assert told["said"].count("ServiceDetailReq") == 1
    assert told["records"] == [{"60001": 2}, {"60001": 2}]
    assert told["lanes"] == [2]


NEWER = """
import json
from bsw.os.clock import S
from evcc.vehicle import Intent
from tools.bench.world.direct import Rig
rig = Rig("iso20-dc", secure={secure}, mode="DC_BPT")
rig.at(30 * S, lambda: setattr(rig.state, "intent", Intent.STOP))
rig.run(60 * S)
asked = [one.service_id for one in rig.bodies("ServiceDetailReq")]
taken = [one.services for one in (rig.car.record, rig.station.record)]
from depot import station
print(json.dumps([rig.ending("vehicle").name, asked, taken, station.LANES]))
"""


@pytest.mark.parametrize("secure", [True, False])
def test_the_newer_protocol_has_it_as_well(tmp_path: Path, *, secure: bool) -> None:
    depot.write(tmp_path)
    done = run(tmp_path, NEWER.format(secure=secure))
    assert done.returncode == 0, done.stderr
    ending, asked, taken, lanes = json.loads(done.stdout)
    assert ending == "TERMINATED"
    assert asked == ([6, 60_002] if secure else [6])
    assert taken == ([{"60002": 2}] * 2 if secure else [{}, {}])
    assert lanes == ([2] if secure else [])


def test_there_is_none_without_tls(tmp_path: Path) -> None:
    told = charge(tmp_path, secure=False)
    assert told["endings"] == ["TERMINATED", "TERMINATED"]
    assert "ServiceDetailReq" not in told["said"]
    assert told["records"] == [{}, {}]


def test_who_charges_otherwise_is_not_concerned(tmp_path: Path) -> None:
    told = charge(tmp_path, "DC_extended")
    assert told["endings"] == ["TERMINATED", "TERMINATED"]
    assert "PreChargeReq" in told["said"]
    assert told["lanes"] == told["answered"] == []


def test_without_the_package_nobody_knows_the_mode(tmp_path: Path) -> None:
    done = run(tmp_path, CHARGE.format(mode="DC_BPT", secure=True))
    assert json.loads(done.stdout)["endings"] == ["REFUSED", "REFUSED"], done.stderr


def test_an_entry_point_that_leads_elsewhere_is_named(tmp_path: Path) -> None:
    depot.write(tmp_path, depot.POINTS.replace("depot.records:ENERGY", "depot.records:LANE"))
    done = run(tmp_path, "from bsw.chrgm.services import energy_by_mode; energy_by_mode('iso2')")
    assert "entry point depot of pilotwire.energy_service: depot.records:LANE" in done.stderr
    assert "remove the package" in done.stderr


def test_ours_are_records_of_the_same_kind() -> None:
    for name in ("iso2", "iso20"):
        ours = {one.word for one in OWN_ENERGY if one.protocol == name}
        assert ours == set(energy_by_word(name))
    assert {one.mode.name for one in OWN_ENERGY} == set(get_args(ModeName))
    assert [one.name for one in value_added("iso2").values()] == ["Certificate", "InternetAccess"]
    internet = value_added("iso2")[3]
    assert [one.parameters["Port"] for one in internet.parameter_sets] == [20, 21, 80, 443]
