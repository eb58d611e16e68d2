"""What runs at one outlet, as far as its limits depend on it."""

from dataclasses import dataclass

from ocpp.station.charging.composite import Limit
from ocpp.station.charging.offers import Offer


@dataclass(slots=True)
class Course:
    """What runs at one outlet: since when power could flow, by the scheduler's clock."""

    transaction: str | None = None
    ready: int | None = None
    priority: bool = False
    limit: Limit | None = None
    offered: tuple[Offer, ...] = ()
