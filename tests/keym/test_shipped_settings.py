"""Defaults and bounds of this room's settings: what integrators were told."""

from keym.config import KeymConfig
from tests.shipped import as_shipped


def test_the_settings_are_those_that_are_shipped() -> None:
    ours, shipped = as_shipped("evcc/keym", KeymConfig)
    assert ours == shipped
    assert shipped
