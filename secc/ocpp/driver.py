"""What a driver wants at the outlet, from the charger interface to the station part."""

from collections.abc import Callable, Mapping

from ocpp.station.station import Station


class DriverWishes:
    """Implements ``secc.api.ports.BackEnd``.  ``station`` is asked each time: it may be renewed."""

    def __init__(self, evse: int, station: Callable[[], Station]) -> None:
        self._evse = evse
        self._station = station

    def limit(self, limits: Mapping[str, float]) -> bool:
        """From the charger."""
        return self._station().limits.wish(self._evse, **limits)

    def decline(self) -> bool:
        """From the charger."""
        return self._station().declined(self._evse)

    def prioritize(self, *, wanted: bool) -> bool:
        """From the charger."""
        return self._station().smart.priority.wish(self._evse, activate=wanted)
