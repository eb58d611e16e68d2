"""A charging cable in memory: both ends of the pilot, the proximity contact, and the plug.

What one end does the other sees after its debounce time.  Faults are ordinary calls: pull the
plug, let a contact bounce, change the resistor.
"""

from bsw.cp.circuit import RESISTANCE, DiodeCheck, levels, state_from_volts
from bsw.cp.debounce import Debounce
from bsw.cp.duty import STEADY
from bsw.cp.pilot import X1, Drive, Pilot, PilotListener, PilotState, Source
from bsw.cp.proximity import (
    OPEN,
    OUT,
    RESISTORS,
    Connector,
    Proximity,
    ProximityListener,
    proximity,
)
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler

DEBOUNCE = 30 * MS
UNPLUGGED = Pilot(PilotState.A)


class _End:
    """What both ends share: a debounced reading and its listeners."""

    def __init__(self, scheduler: Scheduler, hold: int) -> None:
        self._listeners: list[PilotListener] = []
        self._reading = Debounce(scheduler, UNPLUGGED, hold, self._report)

    def read(self) -> Pilot:
        return self._reading.value

    def listen(self, changed: PilotListener) -> None:
        self._listeners.append(changed)

    def feed(self, pilot: Pilot) -> None:
        self._reading.feed(pilot)

    def _report(self, pilot: Pilot) -> None:
        for listener in self._listeners:
            listener(pilot)


class SimulatedVehiclePilot(_End):
    def __init__(self, scheduler: Scheduler, hold: int, cable: "SimulatedCable") -> None:
        super().__init__(scheduler, hold)
        self._cable = cable

    def show(self, state: PilotState) -> None:
        if state not in RESISTANCE:
            raise ValueError(f"a vehicle shows B, C or D, not {state.name}")
        self._cable.load(RESISTANCE[state])


class SimulatedStationPilot(_End):
    def __init__(self, scheduler: Scheduler, hold: int, cable: "SimulatedCable") -> None:
        super().__init__(scheduler, hold)
        self._cable = cable

    def drive(self, drive: Drive) -> None:
        self._cable.source(drive)


class SimulatedProximity:
    def __init__(self, scheduler: Scheduler, connector: Connector, hold: int) -> None:
        self._connector = connector
        self._listeners: list[ProximityListener] = []
        self._reading: Debounce[Proximity] = Debounce(scheduler, OUT, hold, self._report)

    def read(self) -> Proximity:
        return self._reading.value

    def listen(self, changed: ProximityListener) -> None:
        self._listeners.append(changed)

    def feed(self, resistance: float) -> None:
        self._reading.feed(proximity(self._connector, resistance))

    def _report(self, value: Proximity) -> None:
        for listener in self._listeners:
            listener(value)


class SimulatedCable:
    """Plug it in and both ends come alive."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        connector: Connector = Connector.TYPE2,
        cable_current: float = 32.0,
        debounce: int = DEBOUNCE,
    ) -> None:
        self.vehicle = SimulatedVehiclePilot(scheduler, debounce, self)
        self.station = SimulatedStationPilot(scheduler, debounce, self)
        self.proximity = SimulatedProximity(scheduler, connector, debounce)
        self.plugged = False
        self._diode = True
        self._check = DiodeCheck()  # the station's
        self._resistance = RESISTANCE[PilotState.B]
        self._drive = X1
        self._proximity = RESISTORS[cable_current] if connector is Connector.TYPE2 else 150.0

    @property
    def driven(self) -> Drive:
        """What the station puts on the pilot at this moment."""
        return self._drive

    def plug(self) -> None:
        self.plugged = True
        self._settle()

    def unplug(self) -> None:
        self.plugged = False
        self._settle()

    def load(self, resistance: float) -> None:
        """Put any resistor on the vehicle's side; ``show`` uses the right ones."""
        self._resistance = resistance
        self._settle()

    def diode(self, *, shorted: bool) -> None:
        """The vehicle's, in series with its resistors."""
        self._diode = not shorted
        self._settle()

    def source(self, drive: Drive) -> None:
        self._drive = drive
        self._settle()

    def press(self, resistance: float) -> None:
        """Change the proximity resistor, for instance by the button of a type 1 plug."""
        self._proximity = resistance
        self._settle()

    def _settle(self) -> None:
        resistance = self._resistance if self.plugged else OPEN
        seen = levels(self._drive, resistance, diode=self._diode)
        state = state_from_volts(seen.high)
        oscillates = self._drive.source is Source.OSCILLATOR
        duty = self._drive.duty if oscillates else STEADY
        if state is not None:
            short = self._check.judge(seen, state, oscillates=duty < STEADY)
            self.station.feed(Pilot(state, duty, short))
            self.vehicle.feed(Pilot(state, duty) if self.plugged else UNPLUGGED)
        self.proximity.feed(self._proximity if self.plugged else OPEN)
