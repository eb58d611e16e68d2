"""One end of a simulated cable: the pilot at hand, and the Ethernet port of the modem beside it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from bsw.net.ports import EthernetPort
from bsw.os.clock import Action

P = TypeVar("P")


class CableEnd(Generic[P]):
    """A ``PlugEnd``."""

    def __init__(self, pilot: P, ethernet: EthernetPort) -> None:
        self.pilot = pilot
        self.ethernet = ethernet

    def connect(self, ready: Action, lost: Callable[[str], None]) -> None:
        """The other side is there from the start, and never goes."""
        del lost
        ready()

    def close(self) -> None:
        self.ethernet.close()
