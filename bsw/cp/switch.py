"""Several pilots, one of which counts: the others look unplugged to whoever uses them.

A gate is one pilot's view; the switch itself is the view of whoever does not care which one it is.
Closing a gate brings its resistors back to state B.
"""

from collections.abc import Mapping

from bsw.cp.pilot import Pilot, PilotListener, PilotState, VehiclePilot

UNPLUGGED = Pilot(PilotState.A)


class Gate:
    """A ``VehiclePilot`` that is there only while its gate is open."""

    def __init__(self, pilot: VehiclePilot) -> None:
        self._pilot = pilot
        self._open = False
        self._listeners: list[PilotListener] = []
        pilot.listen(self._heard)

    def read(self) -> Pilot:
        return self._pilot.read() if self._open else UNPLUGGED

    def show(self, state: PilotState) -> None:
        if self._open:
            self._pilot.show(state)

    def listen(self, changed: PilotListener) -> None:
        self._listeners.append(changed)

    def switch(self, *, opened: bool) -> None:
        if opened is self._open:
            return
        before = self.read()
        if not opened:
            self._pilot.show(PilotState.B)
        self._open = opened
        if self.read() != before:
            self._tell(self.read())

    def _heard(self, pilot: Pilot) -> None:
        if self._open:
            self._tell(pilot)

    def _tell(self, pilot: Pilot) -> None:
        for listener in tuple(self._listeners):
            listener(pilot)


class PilotSwitch:
    """A ``VehiclePilot``: the active one of several, or nothing plugged in."""

    def __init__(self, pilots: Mapping[int, VehiclePilot]) -> None:
        self.active: int | None = None
        self._gates = {number: Gate(pilot) for number, pilot in pilots.items()}

    def gate(self, number: int) -> Gate:
        return self._gates[number]

    def activate(self, number: int | None) -> None:
        """First the old one goes, then the new one comes: nobody sees two plugs at once."""
        if number == self.active:
            return
        if self.active is not None:
            self._gates[self.active].switch(opened=False)
        self.active = number
        if number is not None:
            self._gates[number].switch(opened=True)

    def read(self) -> Pilot:
        return UNPLUGGED if self.active is None else self._gates[self.active].read()

    def show(self, state: PilotState) -> None:
        if self.active is not None:
            self._gates[self.active].show(state)

    def listen(self, changed: PilotListener) -> None:
        """Closed gates tell nothing but that they closed, so hearing them all is hearing one."""
        for gate in self._gates.values():
            gate.listen(changed)
