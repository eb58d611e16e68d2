"""Defaults and bounds of this room's settings: what integrators were told."""

import pytest

from bsw.ecuc.part import Part
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.config import VehicleCanConfig
from tests.shipped import as_shipped


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("evcc/can", VehicleCanConfig),
        ("secc/can", StationCanConfig),
    ],
)
def test_the_settings_are_those_that_are_shipped(place: str, model: type[Part]) -> None:
    ours, shipped = as_shipped(place, model)
    assert ours == shipped
    assert shipped
