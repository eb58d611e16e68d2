"""Two inlets, one ECU: which of them charges.

The first plug that connects wins; the other inlet waits, whatever is plugged there.  The vehicle
may choose where both are plugged, but never while energy flows.
"""

from collections.abc import Callable
from typing import Final

INLETS: Final = (1, 2)


class InletArbiter:
    """``changed`` hears the inlet that is active now, or ``None``."""

    def __init__(self, changed: Callable[[int | None], None] = lambda _inlet: None) -> None:
        self.active: int | None = None
        self._changed = changed
        self._connected: list[int] = []  # in the order in which they were plugged
        self._selected: int | None = None
        self._held = False

    def connected(self, inlet: int, *, plugged: bool) -> None:
        assert inlet in INLETS, f"there is no inlet {inlet}"
        if plugged and inlet not in self._connected:
            self._connected.append(inlet)
        elif not plugged and inlet in self._connected:
            self._connected.remove(inlet)
        self._decide()

    def select(self, inlet: int | None) -> None:
        """The vehicle's choice among plugged inlets; ``None`` leaves it to the order."""
        self._selected = inlet
        self._decide()

    def hold(self, *, held: bool) -> None:
        """While a session runs the active inlet stays, unless its plug leaves."""
        self._held = held
        self._decide()

    def _decide(self) -> None:
        if self._held and self.active in self._connected:
            return
        first = self._connected[0] if self._connected else None
        chosen = self._selected if self._selected in self._connected else None
        stays = self.active if self.active in self._connected and chosen is None else None
        best = chosen or stays or first
        if best != self.active:
            self.active = best
            self._changed(best)
