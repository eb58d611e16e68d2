"""The foreign ``iso15118`` package on the other end of the cable, in both directions."""

import os
import re
import sys
from pathlib import Path

import pytest

from bsw.trace_file import verify
from tests.peers.runs import CASES, Case, run
from tests.peers.wire import peer_python

pytestmark = [
    pytest.mark.peer,
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces"),
]
SAID_ONLY_WITH = {
    "contract": "PaymentDetailsReq",
    "install": "CertificateInstallationReq",
}


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where traces stay: a temporary folder, or one per test under ``PEER_TRACES``."""
    peer_python()
    kept = os.environ.get("PEER_TRACES")
    if not kept:
        return tmp_path
    return Path(kept).absolute() / re.sub(r"\W+", "-", request.node.name).strip("-")


def is_as_planned(case: Case, folder: Path, messages: list[str]) -> None:
    """What was agreed was also said, and both traces are there."""
    for attribute, name in SAID_ONLY_WITH.items():
        assert (name in messages) == getattr(case, attribute), messages
    loop = "ChargingStatusReq" if case.mode.startswith("AC") else "CurrentDemandReq"
    assert loop in messages
    assert verify(folder / "ours.trace.jsonl").intact
    assert list(folder.glob("theirs.*.trace.jsonl"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_vehicle_charges_at_their_station(case: Case, folder: Path) -> None:
    ended = run(case, folder, station="theirs")
    assert ended.good, ended.explain()
    is_as_planned(case, folder, ended.station.figures["messages"])
    assert ended.station.figures["loops"] >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_their_vehicle_charges_at_our_station(case: Case, folder: Path) -> None:
    ended = run(case, folder, vehicle="theirs")
    assert ended.good, ended.explain()
    is_as_planned(case, folder, ended.vehicle.figures["messages"])
    assert ended.vehicle.figures["loops"] >= 10  # it stops by its own battery, too
