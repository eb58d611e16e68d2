"""Limits of the site on the charger interface, beside those of the back end: the lower one holds.

What somebody says by ``limit_power`` is told to the station part, which knows what the back end
allows and gives back what holds of both.
"""

from collections.abc import Callable
from typing import Final

from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.charging.elsewhere import Elsewhere
from secc.api.charger import Charger

COMMAND: Final = "limit_power"


class SiteLimit:
    """One outlet's, at a station that has no other."""

    def __init__(
        self, charger: Charger, supply: Callable[[], Supply], elsewhere: Callable[[], Elsewhere]
    ) -> None:
        self._charger = charger
        self._supply = supply
        self._elsewhere = elsewhere
        self._power: float | None = None
        self._current: float | None = None
        self._ours = False

    def tie(self) -> None:
        self._charger.on_command(self._heard)

    def hold(self, limit: Limit | None, supply: Supply) -> None:
        """From the next answer to the vehicle on."""
        watts = None if limit is None else supply.watts(limit.amperes, limit.phases)
        self._power = watts
        self._current = None if limit is None or supply.dc else limit.amperes
        self._say()

    def _say(self) -> None:
        self._ours = True
        self._charger.limit_power(power=self._power, current=self._current)
        self._ours = False

    def _heard(self, name: str) -> None:
        """Somebody else's word: it counts together with the back end's."""
        if name != COMMAND or self._ours:
            return
        state, supply = self._charger.state, self._supply()
        watts = state.site_power
        if state.site_current is not None:
            most = supply.watts(state.site_current, supply.phases)
            watts = most if watts is None else min(watts, most)
        if watts is None:
            self._elsewhere().lift("EMS")
        else:
            self._elsewhere().limit("EMS", watts)
        self._say()
