"""How a session comes to its end once it has shown what it will show: its driver leaves.

A battery that has far to go, or an ECU that waits for what does not come, would be played for
minutes in which nothing changes.  What is done here explains only the ends that come after it.
"""

from typing import Final

from bsw.os.clock import MS, S
from tools.bench.scenarios.player import Player
from tools.bench.scenarios.story import SETTLES
from tools.bench.scenarios.words import order

QUIET: Final = 70 * S
"""Longer than any timer of the three protocols, and than a fault that somebody takes back."""

PATIENT: Final = 20 * S
"""A session whose permission is gone has ended by then, or does not end."""

PERMIT: Final = "permit no"
PULL: Final = "pull"


class Leave:
    """``due`` often; then, or when the time is up, ``take``."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._seen: object = None
        self._since = player.now
        self._done: list[tuple[str, dict[str, int]]] = []

    def due(self) -> bool:
        """Nothing was ordered, said or ended for so long.

        Where nothing was drawn the scenario's own end is waited for, because it is judged.
        """
        player = self._player
        ended = self._ended()
        seen = (len(player.done), player.sight.phase, *ended.values())
        if seen != self._seen:
            self._seen, self._since = seen, player.now
        return bool(player.scenario.meanwhile) and player.now - self._since >= QUIET

    def take(self) -> None:
        """Permission is taken back, and when the session has ended the plug is pulled."""
        player = self._player
        self._do(PERMIT)
        ends = player.now + PATIENT
        while player.now < ends and player.pair.vehicle.manager.session is not None:
            player.pair.scheduler.run(player.now + 100 * MS)
        player.pair.run(SETTLES / S)
        self._do(PULL)
        player.pair.run(SETTLES / S)

    def before(self, who: str, number: int) -> list[str]:
        """What was done here before this one of the results."""
        return [said for said, ended in self._done if ended[who] <= number]

    def _do(self, said: str) -> None:
        self._done.append((said, self._ended()))
        self._player.hands.do(order(said))

    def _ended(self) -> dict[str, int]:
        pair = self._player.pair
        return {
            "vehicle": len(pair.vehicle.manager.results),
            "station": len(pair.station.outlet.results),
        }
