"""What keeps a session from beginning although a station is linked.

The charging manager asks; who answers is given to it when it is made, so that none can be
forgotten: a gate that nobody set would stand open.
"""

from typing import Protocol

from evcc.vehicle import Bars


class Gates(Bars, Protocol):
    @property
    def held(self) -> bool:
        """Nobody has said yet what to begin."""

    @property
    def chosen(self) -> bool:
        """Energy mode and payment are known."""
