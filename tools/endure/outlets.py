"""What happens at the outlets of an endurance run: vehicles, cards, energy, and a signing meter.

Each reading has a signed record of its own, so that a lost, doubled or altered one shows.
"""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, Final

from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.contracts.shown import ContractRules
from ocpp.station.outlets.places import Lock
from ocpp.station.records import Sample, SignedRecord, Stop, Token, Trigger
from ocpp.station.station import Station
from ocpp.station.translation import Verdict

CARDS: Final = (Token("04E1"), Token("04E2"))


class SignedOutlets:
    """The charger, as the station sees it; ``number`` gives each reading its mark."""

    def __init__(self, number: Callable[[], str], pad: int = 0) -> None:
        self._number = number
        self._pad = "A" * pad
        self._wh = 0.0
        self.told: list[tuple[int, str]] = []

    def allow(self, evse: int, token: Token) -> None:
        self.told.append((evse, token.id))

    def refuse(self, evse: int, token: Token, verdict: Verdict) -> None:
        del token
        self.told.append((evse, verdict.standing.value))

    def stop(self, evse: int, why: Stop) -> None:
        self.told.append((evse, why.value))

    def meter(self, evse: int) -> tuple[Sample, ...]:
        del evse
        self._wh += 12.5
        return (Sample(self._wh, signed=SignedRecord(f"{self._number()}.{self._pad}", "OCMF")),)

    def senses(self, evse: int) -> bool:
        del evse
        return True

    def supply(self, evse: int) -> Supply:
        del evse
        return Supply(32.0)

    def limit(self, evse: int, limit: Limit, supply: Supply) -> None:
        """Nothing here depends on it."""

    def locks(self, evse: int) -> bool:
        return evse > 0

    def unlock(self, evse: int) -> Lock:
        self.told.append((evse, "unlock"))
        return Lock.UNLOCKED

    def show(self, evse: int, lines: tuple[str, ...]) -> None:
        self.told.append((evse, " ".join(lines)))

    def grid(self, controls: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        """Nothing here depends on it."""

    def transfers(self, evse: int) -> tuple[str, ...]:
        del evse
        return ("DC",)

    def transfers_allowed(self, evse: int, transfers: frozenset[str] | None) -> bool:
        del evse, transfers
        return False

    def offered(self, evse: int) -> None:
        """No vehicle chooses here."""

    def contracts(self, rules: ContractRules) -> None:
        """Nobody shows one here."""

    def restart(self) -> bool:
        """Nobody orders it here."""
        return False


class Happenings:
    """The next thing at an outlet, by chance among what can happen there."""

    def __init__(self, station: Station, random: Random) -> None:
        self._station = station
        self._random = random

    def next(self, evse: int) -> None:
        self._random.choice(self._possible(evse))()

    def end(self, evse: int) -> None:
        """Everybody goes home."""
        station, outlet = self._station, self._station.outlet(evse)
        if outlet.connector is not None:
            station.stopped(evse)
            station.unplugged(evse)
        if outlet.token is not None:
            station.presented(evse, outlet.token)

    def _possible(self, evse: int) -> list[Callable[[], None]]:
        station, outlet = self._station, self._station.outlet(evse)
        card = lambda: station.presented(evse, self._random.choice(CARDS))  # noqa: E731
        if outlet.connector is None:
            return [card, lambda: station.plugged(evse)]
        if outlet.token is None:
            return [card, card, lambda: station.unplugged(evse)]
        return [
            card,
            lambda: station.charging(evse),
            lambda: station.charging(evse),
            lambda: station.paused(evse, by_vehicle=self._random.random() < 0.5),
            *[partial(outlet.measure, Trigger.METER_PERIODIC)] * 2,
            lambda: station.stopped(evse),
            lambda: station.ended_by_vehicle(evse),
            lambda: station.unplugged(evse),
        ]
