"""Faults of what meets a vehicle by itself, by name: each can be made and taken back.

A fault of a pantograph changes nothing at a pad, and the other way round.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bsw.chrgm.modes import Approach
from secc.api.devices import PadIssue
from secc.power.lane import Lane
from secc.power.pad import SimulatedPad

FAR: Final = 400
"""mm: out of the window of any device."""


@dataclass(frozen=True, slots=True)
class DeviceFault:
    name: str
    make: Callable[[Lane], None]
    mend: Callable[[Lane], None]
    only: Approach | None = None
    """The device that has it; ``None``: each."""


def _switch(name: str, attribute: str, only: Approach | None = None) -> DeviceFault:
    return DeviceFault(
        name,
        lambda device: setattr(device, attribute, True),
        lambda device: setattr(device, attribute, False),
        only,
    )


def _found(name: str, issue: PadIssue) -> DeviceFault:
    def detect(device: Lane, found: PadIssue) -> None:
        if isinstance(device, SimulatedPad):
            device.detect(found)

    return DeviceFault(
        name,
        lambda device: detect(device, issue),
        lambda device: detect(device, PadIssue.NOTHING),
        Approach.PAD,
    )


_FAULTS: Final = (
    _switch("pantograph stuck", "stuck", Approach.PANTOGRAPH),
    _switch("vehicle misaligned", "misaligned"),
    _found("foreign object", PadIssue.FOREIGN_OBJECT),
    _found("living object", PadIssue.LIVING_OBJECT),
    _found("pad overheated", PadIssue.OVERHEATED),
    _found("power transfer anomaly", PadIssue.TRANSFER_ANOMALY),
    DeviceFault(
        "vehicle out of reach",
        lambda device: setattr(device, "out_of_reach", FAR),
        lambda device: setattr(device, "out_of_reach", 0),
    ),
    DeviceFault(
        "vehicle rolls away",
        lambda device: device.drive_off(),
        lambda device: device.stand_here(),
    ),
)
DEVICE_FAULTS: Final[Mapping[str, DeviceFault]] = {fault.name: fault for fault in _FAULTS}
