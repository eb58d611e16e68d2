"""What a driver of the plug reports, as the station tells it: to vehicle, back end and log.

The driver has opened by itself what had to be opened; here follow the messages.  A word that
nobody knows is a malfunction all the same.
"""

from collections.abc import Callable, Iterable
from typing import Final

from bsw.dlt import Logger
from secc.api.charger import Charger
from secc.api.extensions import PlugFaults
from secc.api.literals import EvseError

_EMERGENCY: Final = frozenset(
    {
        "stop_input",
        "temperature",
        "pilot_short",
        "diode_short",
        "proximity_lost",
        "contactor_welded",
        "lock_lost",
        "overvoltage",
        "node_silent",
        "node_untrusted",
        "node_refused",
    }
)
_CONTACTORS: Final = frozenset({"contactor_stuck", "contactor_welded", "contactor_moved"})
_THE_VEHICLES: Final = frozenset({"ventilation_missing"})
"""It asks for what this outlet has not; that is no fault of the station."""


def errors_of(faults: Iterable[str]) -> frozenset[EvseError]:
    found: set[EvseError] = set()
    for fault in faults:
        if fault in _THE_VEHICLES:
            continue
        found.add(EvseError.EMERGENCY_SHUTDOWN if fault in _EMERGENCY else EvseError.MALFUNCTION)
        if fault in _CONTACTORS:
            found.add(EvseError.CONTACTOR)
    return frozenset(found)


class FaultTeller:
    """``look`` tells each change; ``cut`` takes the energy away from the session that runs."""

    def __init__(self, charger: Charger, cut: Callable[[], None], log: Logger) -> None:
        self._charger = charger
        self._cut = cut
        self._log = log
        self._told: tuple[str, ...] = ()

    def look(self, faults: tuple[str, ...]) -> None:
        if faults == self._told:
            return
        new = [name for name in faults if name not in self._told]
        self._told = faults
        self._charger.state.plug_errors = errors_of(faults)
        self._charger.variables.publish("plug_faults", PlugFaults(faults=faults))
        if new:
            self._log.error("plug fault", faults=" ".join(new))
        else:
            self._log.info("plug faults left", faults=" ".join(faults))
        if errors_of(new):
            self._cut()
