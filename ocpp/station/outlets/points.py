"""What starts and stops a transaction, and what it tells [TxCtrlr, SampledDataCtrlr]."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw.os.clock import S


class Point(Enum):
    """A condition that may start or stop a transaction."""

    BAY = "ParkingBayOccupancy"
    CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    POWER_PATH = "PowerPathClosed"
    ENERGY = "EnergyTransfer"
    SIGNED = "DataSigned"


@dataclass(frozen=True, slots=True)
class TxRules:
    """TxCtrlr's and SampledDataCtrlr's variables.

    ``max_energy`` is MaxEnergyOnInvalidId in Wh, 0 allows none; ``started``, ``updated`` and
    ``ended`` are measurands, ``None`` is all there are; ``signs`` tells signed records as well.
    """

    start: frozenset[Point] = frozenset({Point.POWER_PATH})
    stop: frozenset[Point] = frozenset({Point.CONNECTED, Point.AUTHORIZED})
    stop_on_disconnect: bool = True
    stop_on_invalid: bool = True
    max_energy: float = 0
    connect_within: int = 60 * S
    updated_every: int = 60 * S
    ended_every: int = 0
    started: tuple[str, ...] | None = None
    updated: tuple[str, ...] | None = None
    ended: tuple[str, ...] | None = None
    signs: bool = True


DEFAULT_TX: Final = TxRules()
