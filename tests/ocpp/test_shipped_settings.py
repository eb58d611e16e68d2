"""Defaults and bounds of this room's settings: what integrators were told."""

from secc.ocpp.config import OcppConfig
from tests.shipped import as_shipped


def test_the_settings_are_those_that_are_shipped() -> None:
    ours, shipped = as_shipped("secc/ocpp", OcppConfig)
    assert ours == shipped
    assert shipped
