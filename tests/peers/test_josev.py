"""The foreign ``iso15118`` package on the other end of the cable, in both directions."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.peers.foreign import wanted
from tools.interop.environments import ISO15118
from tools.interop.roles import Case, Pace
from tools.interop.runs import AS_SHIPPED, CASES, ISO20, SECURE20, Run, run

pytestmark = [
    pytest.mark.peer,
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces"),
]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where traces stay: a temporary folder, or one per test under ``PEER_TRACES``."""
    wanted(ISO15118)
    kept = os.environ.get("PEER_TRACES")
    if not kept:
        return tmp_path
    return Path(kept).absolute() / re.sub(r"\W+", "-", request.node.name).strip("-")


def is_as_planned(case: Case, ended: Run) -> None:
    """What was agreed was also said, as either side saw it."""
    loops = {case.loop_request(ours=True), case.loop_request(ours=False)}
    for side in (ended.vehicle, ended.station):
        messages = side.figures["messages"]
        assert ("CertificateInstallationReq" in messages) is case.install, messages
        assert ("PaymentDetailsReq" in messages) is (case.contract and not case.newer), messages
        assert loops & set(messages)
    if case.newer:
        (paid,) = {side.figures.get("paid_by") for side in (ended.vehicle, ended.station)} - {None}
        assert paid == ("PnC" if case.contract else "EIM")


@pytest.mark.parametrize("case", [*CASES, *ISO20, *SECURE20], ids=lambda case: case.name)
def test_our_vehicle_charges_at_their_station(case: Case, folder: Path) -> None:
    ended = run(case, folder, "ours", "theirs")
    assert ended.good, ended.explain()
    is_as_planned(case, ended)
    assert ended.station.figures["loops"] >= 20


THEIRS = [case for case in (*CASES, *ISO20, *SECURE20) if case.their_vehicle]


@pytest.mark.parametrize("case", THEIRS, ids=lambda case: case.name)
def test_their_vehicle_charges_at_our_station(case: Case, folder: Path) -> None:
    ended = run(case, folder, "theirs", "ours")
    assert ended.good, ended.explain()
    is_as_planned(case, ended)
    assert ended.vehicle.figures["loops"] >= 10  # it stops by its own battery, too


@pytest.mark.parametrize("case", AS_SHIPPED, ids=lambda case: case.name)
def test_a_station_that_only_simulates_is_refused(case: Case, folder: Path) -> None:
    ended = run(case, folder, "ours", "theirs")
    assert ended.vehicle.figures["ending"] == "INCOMPATIBLE", ended.explain()
    assert "station up to 40 V" in ended.vehicle.figures["reason"]


@pytest.mark.parametrize("case", AS_SHIPPED, ids=lambda case: case.name)
def test_a_station_that_only_simulates_serves_a_lab(case: Case, folder: Path) -> None:
    ended = run(case, folder, "ours", "theirs", pace=Pace(profile="lab"))
    assert ended.good, ended.explain()
    is_as_planned(case, ended)
