"""What is measured and ordered outside the station, as far as set points depend on it [Q05 to Q09].

Owns the readings; which period makes what of them is the composite's.
"""

from dataclasses import dataclass
from typing import Final

from ocpp.station.twoway.modes import V2x, interpolated

Thresholds = tuple[float, float, float, float]
"""Watts: upper, lower, and by how much each may be passed."""


@dataclass(frozen=True, slots=True)
class Order:
    """An external system's word in watts; what it has not said is ``None``, giving below zero."""

    limit: float | None = None
    discharge: float | None = None
    setpoint: float | None = None


SILENT: Final = Order()


@dataclass(frozen=True, slots=True)
class Grid:
    """At one moment, for one outlet; watts, and hertz.  ``back_share`` is the grid's limit (DER).
    ``blocked``: a limit of the transaction is reached.

    ``balanced`` is the set point of load balancing.  ``csms_first`` is SetpointPriority CSMS.
    ``two_way``: the back end may permit giving back; ``free``: its protocol has no word for it,
    and it is left to the site.  ``share`` is this outlet's part of what is said for the station.
    """

    frequency: float | None = None
    signal: float | None = None
    order: Order = SILENT
    balanced: float | None = None
    csms_first: bool = False
    two_way: bool = True
    free: bool = False
    share: float = 1.0
    back_share: float = 1.0
    blocked: bool = False

    def by_frequency(self, said: V2x) -> float | None:
        """The set point by the curves; ``None`` where no frequency is measured [Q08.FR.06]."""
        if self.frequency is None:
            return None
        watts = said.baseline + interpolated(said.frequency, self.frequency)
        if said.signal and self.signal is not None:
            watts += interpolated(said.signal, self.signal)  # [Q08.FR.10]
        return watts


NOWHERE: Final = Grid()


@dataclass(slots=True)
class Balance:
    """Load balancing of one outlet: its set point follows what the site's meter shows [Q09]."""

    setpoint: float = 0.0

    def read(
        self, load: float, thresholds: Thresholds, floor: float, ceiling: float, share: float
    ) -> None:
        """The site takes ``load``; once for each reading, within what the outlet may do.

        ``share`` is this outlet's part of what is too much.
        """
        upper, lower, over, under = thresholds
        delta = 0.0
        if load > upper:
            delta = upper + over - load
        elif load < lower:
            delta = lower + under - load
        self.setpoint = max(floor, min(ceiling, self.setpoint + delta * share))
