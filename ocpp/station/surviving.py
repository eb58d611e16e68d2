"""What the blocks know of a transaction that is to outlive a power cut, put together.

Owns nothing: each block remembers its own part.
"""

from collections.abc import Callable

from ocpp.station.charging.smart import SmartCharging
from ocpp.station.outlets.limits import TxLimits
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.resumption import Kept
from ocpp.station.outlets.survivor import Snapshot
from ocpp.station.outlets.vehicles import Vehicles
from ocpp.station.store import Interrupted
from ocpp.station.tariffs.block import Tariffs


class Surviving:
    """Implements ``outlets.resumption.Survivors``."""

    def __init__(
        self,
        tariffs: Tariffs,
        smart: SmartCharging,
        limits: TxLimits,
        vehicles: Vehicles,
        *,
        end: Callable[[Interrupted, Snapshot], None],
        changed: Callable[[Place], None],
    ) -> None:
        self._tariffs = tariffs
        self._smart = smart
        self._limits = limits
        self._vehicles = vehicles
        self._end = end
        self._changed = changed

    def can_resume(self, transaction: str) -> bool:
        """Whether all that is needed is still known."""
        return self._tariffs.can_resume(transaction)

    def seen(self, place: Place) -> Kept:
        """Who is there, and what is allowed."""
        evse, smart = place.evse, self._smart
        name, transfers = self._vehicles.name(evse), smart.permission.allowed(evse)
        return Kept(0, name, transfers=transfers, ready=smart.age(evse))

    def keep(self) -> None:
        """Remember how things are."""
        self._tariffs.keep()
        self._limits.keep()

    def resume(self, place: Place, transaction: str, kept: Kept) -> None:
        """It goes on: what it costs first, what ends it last."""
        self._tariffs.resume(place.evse, transaction)
        self._smart.permission.authorized(place.evse, kept.transfers)
        self._smart.resume(place, kept.ready)
        self._limits.resume(place, transaction)

    def ended(self, one: Interrupted, state: Snapshot) -> None:
        """It does not: it has ended when the power went."""
        self._end(one, state)
        self._smart.gone(one.id)

    def changed(self, place: Place) -> None:
        """Energy may rest or flow, and the connector be in another state."""
        self._smart.refresh()
        self._changed(place)
