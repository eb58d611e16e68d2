"""The energy service that was selected, with its parameter set, and what follows from it.

What a set means is read from its parameters, never from its number: two stations number alike
what is not alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bsw.chrgm.iso20 import parameters as known
from bsw.chrgm.iso20.parameters import Value, whole
from bsw.chrgm.modes import Mode, mode_of
from bsw.chrgm.services import EnergyService, ParameterSet, energy_by_number

PROTOCOL = "iso20"


@dataclass(frozen=True, slots=True)
class Selection:
    service: EnergyService
    chosen: ParameterSet

    @property
    def parameters(self) -> Mapping[str, Value]:
        return self.chosen.parameters

    @property
    def dynamic(self) -> bool:
        return whole(self.parameters, known.CONTROL_MODE, known.SCHEDULED) == known.DYNAMIC

    @property
    def needs_of_station(self) -> bool:
        """MobilityNeedsMode 2: the station may give mobility needs, too."""
        told = whole(self.parameters, known.MOBILITY, known.BY_VEHICLE)
        return self.dynamic and told == known.BY_STATION_TOO

    @property
    def pricing(self) -> int:
        return whole(self.parameters, known.PRICING, known.NO_PRICES)

    @property
    def connector(self) -> int:
        return whole(self.parameters, known.CONNECTOR, 1)

    @property
    def both_ways(self) -> bool:
        return self.service.mode.discharges

    @property
    def separated(self) -> bool:
        """Charging and discharging by channels that are switched by messages."""
        return whole(self.parameters, known.CHANNEL, known.UNIFIED) == known.SEPARATED

    @property
    def phases(self) -> int:
        """By the connector in AC; a number that nobody knows is one phase."""
        three = self.service.mode.ac and self.connector in known.THREE_PHASE
        return 3 if three else 1

    @property
    def nominal_voltage(self) -> float | None:
        volts = self.parameters.get(known.NOMINAL_VOLTAGE)
        return None if volts is None or isinstance(volts, str) else float(volts)

    @property
    def mode(self) -> Mode:
        """What bus and north side call it: in AC the phases say which one it is."""
        if self.service.word == "AC" and self.phases > 1:
            return mode_of("AC_three_phase_core")
        return replace(self.service.mode, phases=self.phases)

    def kept(self) -> dict[str, Any]:
        """For a pause: what makes the same selection again."""
        parameters = dict(self.parameters)
        return {"service": self.service.number, "set": self.chosen.number, "of": parameters}


def restored(kept: object) -> Selection | None:
    """From a pause; ``None`` for what is no whole selection of a service that is known."""
    if not isinstance(kept, Mapping):
        return None
    try:
        service = energy_by_number(PROTOCOL)[int(kept["service"])]
        chosen = ParameterSet(int(kept["set"]), dict(kept["of"]))
    except (KeyError, TypeError, ValueError):
        return None
    return Selection(service, chosen)
