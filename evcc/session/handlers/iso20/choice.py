"""Which energy service this vehicle takes, and in which form: by what it is, not by its number.

The configured mode says what the inlet can; a service that can less serves as well.  Scheduled or
dynamic, and who tells the mobility needs, is a preference: the other one is better than none.
"""

from collections.abc import Iterable, Sequence

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20 import parameters as known
from bsw.chrgm.iso20.parameters import whole
from bsw.chrgm.iso20.selection import Selection
from bsw.chrgm.modes import NONE, Mode, mode_of
from bsw.chrgm.services import EnergyService, ParameterSet, energy_by_number
from evcc.session.context import VehicleContext
from evcc.session.handlers.modes import wanted_services


class Choosing:
    """``selection`` stands once a parameter set was chosen, or a paused session was joined."""

    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self.offered: tuple[EnergyService, ...] = ()
        self.selection: Selection | None = None
        self.renegotiable = False

    @property
    def made(self) -> Selection:
        assert self.selection is not None, "asked for only after the selection"
        return self.selection

    @property
    def mode(self) -> Mode:
        return NONE if self.selection is None else self.selection.mode

    @property
    def place(self) -> str:
        """Where the energy service has words of its own; empty before the choice."""
        return "" if self.selection is None else self.selection.service.vehicle

    def controls(self, told: object) -> bool:
        """Whether a control mode of the loop is of the kind that was selected [V2G20-1600]."""
        made = self.made
        control = "Dynamic" if made.dynamic else "Scheduled"
        return type(told).__name__.startswith(f"BPT{control}" if made.both_ways else control)

    def foreign(self, exchange: str, told: object) -> bool:
        """A loop in another control mode says nothing that counts, and is left in order."""
        if self.controls(told):
            return False
        self._context.stop(Ending.IMPLAUSIBLE, f"{exchange} answered as {type(told).__name__}")
        return True

    def note(self, numbers: Iterable[int]) -> None:
        """What the station offers, best first for us; an id that we do not know is passed over."""
        wanted = wanted_services(mode_of(self._context.state.mode))
        services = energy_by_number("iso20")
        found = [services[number] for number in numbers if number in services]
        carried = self._context.carried or set(wanted)
        fitting = [one for one in found if one.word in wanted and one.word in carried]
        self.offered = tuple(sorted(fitting, key=lambda one: wanted.index(one.word)))
        self.selection = None

    def pick(self, service: EnergyService, sets: Sequence[ParameterSet]) -> bool:
        """The set that suits best, in the station's order where it makes no difference to us."""
        if not sets:
            return False
        chosen = min(sets, key=lambda one: self._distance(service, one))
        self.selection = Selection(service, chosen)
        return True

    def _distance(self, service: EnergyService, one: ParameterSet) -> tuple[int, ...]:
        profile = self._context.profile
        wanted = known.DYNAMIC if profile.prefers_dynamic else known.SCHEDULED
        control = whole(one.parameters, known.CONTROL_MODE, known.SCHEDULED)
        mobility = whole(one.parameters, known.MOBILITY, known.BY_VEHICLE)
        needs = known.BY_STATION_TOO if profile.prefers_needs_of_station else known.BY_VEHICLE
        phases = Selection(service, one).phases
        grid = known.FORMING if profile.giving.forms_grid else known.FOLLOWING
        forms = whole(one.parameters, known.GENERATOR, known.FOLLOWING)
        return (
            int(service.mode.discharges and forms != grid),
            int(control != wanted),
            abs(phases - self._phases),
            int(mobility != needs),
        )

    @property
    def _phases(self) -> int:
        return mode_of(self._context.state.mode).phases
