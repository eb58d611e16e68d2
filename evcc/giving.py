"""What energy out of the battery is for, and what it has to be worth.

To the grid it is sold where prices allow (V2G).  To a house (V2H) or to loads without a grid (V2L)
nothing is sold: what flows is what is wanted at the moment.
"""

from dataclasses import dataclass
from typing import Literal

Taker = Literal["grid", "house", "loads"]


@dataclass(frozen=True, slots=True)
class Giving:
    """``wear`` is money per kWh given back, in the currency of the station's prices.

    ``efficiency`` is the share that is left of energy on its way into the battery, or out of it.
    """

    to: Taker = "grid"
    wear: float = 0.0
    efficiency: float = 1.0

    @property
    def sells(self) -> bool:
        return self.to == "grid"

    @property
    def forms_grid(self) -> bool:
        """Nobody else makes voltage and frequency."""
        return self.to == "loads"
