"""Defaults and bounds of this room's settings: what integrators were told."""

import pytest

from bsw.ecuc.part import Part
from bsw.sdp.config import CouplingConfig, VehicleWirelessConfig
from tests.shipped import as_shipped


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("secc/wireless", CouplingConfig),
        ("evcc/wireless", VehicleWirelessConfig),
    ],
)
def test_the_settings_are_those_that_are_shipped(place: str, model: type[Part]) -> None:
    ours, shipped = as_shipped(place, model)
    assert ours == shipped
    assert shipped
