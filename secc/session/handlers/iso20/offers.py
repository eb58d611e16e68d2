"""Which energy services the outlet offers now, in which forms, and which one was selected.

Made anew for each session from what the north side said.  The numbers of the sets are ours alone:
a vehicle has to read the parameters.
"""

from collections.abc import Iterator
from typing import Any, Final

from bsw.chrgm.iso20 import parameters as known
from bsw.chrgm.iso20.parameters import Value
from bsw.chrgm.iso20.selection import Selection, restored
from bsw.chrgm.services import EnergyService, ParameterSet, energy_by_number
from secc.api.literals import BptChannel, Connector, EnergyTransferMode, GeneratorMode
from secc.api.literals import GridCodeIslandingDetectionMethod as Islanding
from secc.plug.offers import services_of
from secc.session.context import StationContext
from secc.session.limits import DcLimits, nominal_voltage
from secc.session.memory import Paused

CONTROL: Final = (
    (known.SCHEDULED, known.BY_VEHICLE),
    (known.DYNAMIC, known.BY_VEHICLE),
    (known.DYNAMIC, known.BY_STATION_TOO),
)
"""Control mode and mobility needs that go together [V2G20-2656], [V2G20-2663]."""


def told_needs(station: StationContext, made: Selection) -> dict[str, Any]:
    """What the station wants of the charge, where the service lets it say that.

    A least state of charge above the target is left out [V2G20-1366], [V2G20-1290].
    """
    needs = station.state.needs
    if needs is None or not made.needs_of_station:
        return {}
    said = {
        "departure_time": needs.departure_time,
        "minimum_soc": needs.minimum_soc,
        "target_soc": needs.target_soc,
    }
    low, high = needs.minimum_soc, needs.target_soc
    if low is not None and high is not None and low > high:
        del said["minimum_soc"]
    return {name: value for name, value in said.items() if value is not None}


class Offers:
    """``selection`` stands once the vehicle selected, or a paused session was joined."""

    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._detailed: dict[int, tuple[ParameterSet, ...]] = {}
        self.selection: Selection | None = None
        self.metered_since = (0.0, 0.0)
        self.discovered: DcLimits | None = None  # what was told before the loop

    @property
    def made(self) -> Selection:
        assert self.selection is not None, "asked for only after the selection"
        return self.selection

    def services(self) -> tuple[EnergyService, ...]:
        """What is offered on this connection; the message carries eight."""
        station = self._station
        modes = station.state.open_modes
        by_word = {one.word: one for one in energy_by_number("iso20").values()}
        found = [by_word[word] for word in services_of(modes) if word in by_word]
        carried = station.carried or {one.word for one in found}
        return tuple(one for one in found if one.word in carried)[:8]

    def service(self, number: int) -> EnergyService | None:
        return next((one for one in self.services() if one.number == number), None)

    def detail(self, service: EnergyService) -> tuple[ParameterSet, ...]:
        """The sets of a service; only what was told may be selected [V2G20-1216]."""
        sets = self.sets(service)
        self._detailed[service.number] = sets
        return sets

    def forget(self) -> None:
        """Another service is about to be chosen."""
        self._detailed.clear()
        self.selection = None

    def told(self, service: int, number: int) -> Selection | None:
        """What the vehicle may select, if it is that."""
        found = self.service(service)
        for one in self._detailed.get(service, ()):
            if found is not None and one.number == number:
                return Selection(found, one)
        return None

    def again(self, paused: Paused) -> Selection | None:
        """The selection before a pause, if it is offered as it was [V2G20-1644]."""
        selection = restored(paused.selection)
        if selection is None:
            return None
        here = self.service(selection.service.number)
        same = here is not None and selection.chosen in self.sets(here)
        return selection if same else None

    def sets(self, service: EnergyService) -> tuple[ParameterSet, ...]:
        forms = [
            {**form, **self._bidirectional(service)}
            for connector in self._connectors(service)
            for form in self._forms(service, connector)
        ]
        return tuple(ParameterSet(number, form) for number, form in enumerate(forms, start=1))

    def _forms(self, service: EnergyService, connector: int) -> Iterator[dict[str, Value]]:
        for control, mobility in CONTROL:
            form: dict[str, Value] = {
                known.CONNECTOR: connector,
                known.CONTROL_MODE: control,
            }
            if service.mode.ac:
                form[known.NOMINAL_VOLTAGE] = int(nominal_voltage(self._station.state))
            form[known.MOBILITY] = mobility
            form[known.PRICING] = self._pricing
            yield form

    @property
    def _pricing(self) -> int:
        schedules = self._station.schedules
        if not schedules.priced:
            return known.NO_PRICES
        return known.PRICE_LEVELS if schedules.in_levels else known.ABSOLUTE_PRICES

    def _connectors(self, service: EnergyService) -> tuple[int, ...]:
        if service.mode.ac:
            return self._ac_connectors()
        if service.mode.megawatt or not service.mode.plugged:
            return (1,)
        modes = self._station.state.modes or ()
        return (1,) if set(modes) == {EnergyTransferMode.DC_CORE} else (2,)

    def _ac_connectors(self) -> tuple[int, ...]:
        """What the north side named, else what its modes are."""
        state = self._station.state
        three = self._station.profile.three_phase_connectors
        told = () if state.ac_parameters is None else tuple(state.ac_parameters.connectors)
        modes = state.modes or ()
        triple = Connector.THREE_PHASE in told or EnergyTransferMode.AC_THREE_PHASE in modes
        single = Connector.SINGLE_PHASE in told or EnergyTransferMode.AC_SINGLE_PHASE in modes
        return (*(three if triple else ()), *((1,) if single or not triple else ()))

    def _bidirectional(self, service: EnergyService) -> dict[str, Value]:
        if not service.mode.discharges:
            return {}
        setup = self._station.state.bpt
        separated = setup is not None and setup.bpt_channel is BptChannel.SEPARATED
        forming = setup is not None and setup.generator_mode is GeneratorMode.GRID_FORMING
        told: dict[str, Value] = {
            known.CHANNEL: known.SEPARATED if separated else known.UNIFIED,
            known.GENERATOR: known.FORMING if forming else known.FOLLOWING,
        }
        if service.mode.ac:
            active = setup is not None and setup.grid_code_detection is Islanding.ACTIVE
            told[known.ISLANDING] = 1 if active else 2
        return told
