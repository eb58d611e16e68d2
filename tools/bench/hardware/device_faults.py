"""Faults of what meets a vehicle by itself, by name: each can be made and taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from secc.power.pantograph import SimulatedPantograph

FAR: Final = 400
"""mm: out of the window of any device."""


@dataclass(frozen=True, slots=True)
class DeviceFault:
    name: str
    make: Callable[[SimulatedPantograph], None]
    mend: Callable[[SimulatedPantograph], None]


def _stuck(stuck: bool) -> Callable[[SimulatedPantograph], None]:  # noqa: FBT001 - one of two
    return lambda device: setattr(device.trouble, "stuck", stuck)


def _away(millimetres: int) -> Callable[[SimulatedPantograph], None]:
    return lambda device: setattr(device.trouble, "out_of_reach", millimetres)


_FAULTS: Final = (
    DeviceFault("pantograph stuck", _stuck(True), _stuck(False)),
    DeviceFault("vehicle out of reach", _away(FAR), _away(0)),
    DeviceFault(
        "vehicle rolls away",
        lambda device: device.drive_off(),
        lambda device: device.stand_here(),
    ),
)
DEVICE_FAULTS: Final[Mapping[str, DeviceFault]] = {fault.name: fault for fault in _FAULTS}
