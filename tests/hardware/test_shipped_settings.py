"""Defaults and bounds of this room's settings: what integrators were told."""

import pytest

from bsw.ecuc.part import Part
from bsw.linux.config import LinuxConfig
from can_adapter.plug.config import PlugCanConfig
from tests.shipped import as_shipped


@pytest.mark.parametrize(
    ("place", "model"),
    [
        ("secc/hardware/linux", LinuxConfig),
        ("secc/hardware/can", PlugCanConfig),
    ],
)
def test_the_settings_are_those_that_are_shipped(place: str, model: type[Part]) -> None:
    ours, shipped = as_shipped(place, model)
    assert ours == shipped
    assert shipped
