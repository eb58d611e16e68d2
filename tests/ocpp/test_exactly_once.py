"""Charging while power and line fail: the back end has every event once, in order."""

import shutil
from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.storm import Storm


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
@pytest.mark.parametrize("seed", range(40))
def test_every_event_is_known_once_and_in_order(seed: int, version: Version, folder: Path) -> None:
    storm = Storm(seed, version, folder)
    storm.run()
    storm.check()


@pytest.mark.long
@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("hundred", range(5))
def test_many_runs_agree(hundred: int, version: Version, folder: Path) -> None:
    for seed in range(1000 + 100 * hundred, 1100 + 100 * hundred):
        storm = Storm(seed, version, folder / str(seed))
        storm.run()
        storm.check()
        shutil.rmtree(folder / str(seed))
