"""Faults of a station's power module by name: each can be made and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from can_adapter.signals.values import EvseError
from tools.bench.hardware.power import PowerModule


@dataclass(frozen=True, slots=True)
class ModuleFault:
    """``value`` is what the part of the module's trouble becomes; ``good`` what it was."""

    name: str
    attribute: str
    value: object = True
    good: object = False

    def make(self, module: PowerModule) -> None:
        setattr(module.trouble, self.attribute, self.value)

    def mend(self, module: PowerModule) -> None:
        setattr(module.trouble, self.attribute, self.good)


_SWITCHES: Final = ("emergency_stop", "rcd_tripped", "no_output", "stuck_contactor")
_FAULTS: Final = (
    *(ModuleFault(name.replace("_", " "), name) for name in _SWITCHES),
    *(
        ModuleFault(f"error {error.value}", "error", error, EvseError.NONE)
        for error in EvseError
        if error is not EvseError.NONE
    ),
)
MODULE_FAULTS: Final[Mapping[str, ModuleFault]] = {fault.name: fault for fault in _FAULTS}
