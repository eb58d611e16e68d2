"""What the vehicle gives for a display, published as it came; out of range is left out."""

from bsw.chrgm.messages.iso20 import common_types
from secc.api.objects import DisplayParameters
from secc.session.context import StationContext

MOST = 100


def publish_display(station: StationContext, told: common_types.DisplayParameters | None) -> None:
    if told is None or not station.news("display_parameters", told):
        return
    energy = told.battery_energy_capacity
    station.publish(
        "display_parameters",
        DisplayParameters(
            present_soc=_percent(told.present_soc),
            minimum_soc=_percent(told.minimum_soc),
            target_soc=_percent(told.target_soc),
            maximum_soc=_percent(told.maximum_soc),
            remaining_time_to_minimum_soc=told.remaining_time_to_minimum_soc,
            remaining_time_to_target_soc=told.remaining_time_to_target_soc,
            remaining_time_to_maximum_soc=told.remaining_time_to_maximum_soc,
            charging_complete=told.charging_complete,
            battery_energy_capacity=None if energy is None else max(0.0, energy.si()),
            inlet_hot=told.inlet_hot,
        ),
    )


def _percent(share: int | None) -> int | None:
    return None if share is None else max(0, min(MOST, share))
