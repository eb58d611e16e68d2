"""What a station without a vehicle of ours feels at its plug: a load that takes what was asked for.

For a bench without high voltage, with a foreign vehicle at the other end of the communication:
the station's hardware measures what it would if the vehicle took what its messages ask for.
"""

from typing import Final

from tools.bench.hardware.cable import Physics
from tools.bench.hardware.power import PRECHARGE_CURRENT

RESISTANCE: Final = 0.05


class NoVehicle:
    """Joins last, so that the simulated battery nobody uses has no say."""

    def __init__(self, physics: Physics) -> None:
        self._wires = physics.wires
        self._wires.cable.plugged = True
        physics.join(self._act, self._feel)

    def _act(self, _seconds: float) -> None:
        cable, ac = self._wires.cable, self._wires.ac
        source = cable.source
        cable.load.connected = source.on and source.limit > PRECHARGE_CURRENT
        cable.load.resistance = RESISTANCE
        cable.load.voltage = max(0.0, source.voltage - source.limit * RESISTANCE)
        ac.current = ac.limit if ac.energized else 0.0

    def _feel(self, _seconds: float) -> None:
        """Nothing here measures."""
