"""Defaults and bounds of this room's settings: what integrators were told."""

import pytest

from bsw.ecuc.part import Part
from bsw.net.connections_config import ConnectionsConfig
from bsw.net.record.config import CaptureConfig
from tests.shipped import as_shipped


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("secc/network/connections", ConnectionsConfig),
        ("secc/capture", CaptureConfig),
    ],
)
def test_the_settings_are_those_that_are_shipped(place: str, model: type[Part]) -> None:
    ours, shipped = as_shipped(place, model)
    assert ours == shipped
    assert shipped
