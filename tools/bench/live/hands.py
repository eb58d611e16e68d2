"""Carries out a scenario's orders on processes: by the hardware's words and the station's door."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tools.api.client import Client, Trouble
from tools.bench.scenarios.words import Order

Say = Callable[[str], None]

_COMMANDS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "stop": ("stop_charging", {"stop": True}),
    "pause": ("pause_charging", {"pause": True}),
    "renegotiate": ("renegotiate", {"wanted": True}),
}
_WITHIN: Final = 2.0
_BY_HAND: Final = {"plug": "put the plug in now", "pull": "pull the plug now"}


class LiveHands:
    """``hardware`` takes lines, if there is some of ours; ``door`` is the station's, if it is ours;
    ``ask`` reaches the person at a real plug.
    """

    def __init__(self, hardware: Say | None, door: Path | None, ask: Say | None) -> None:
        self._hardware = hardware
        self._door = door
        self._ask = ask

    def do(self, order: Order) -> str:
        """Why it could not be done, or nothing."""
        if order.verb == "station":
            return self._operate(order.argument)
        by_hand = self._ask is not None and order.verb in _BY_HAND
        if self._ask is not None and by_hand:
            self._ask(_BY_HAND[order.verb])
        if self._hardware is not None:
            self._hardware(f"do {order}")
        elif not by_hand:
            return "the vehicle is not ours"
        return ""

    def _operate(self, what: str) -> str:
        if self._door is None:
            return "the station is not ours"
        name, arguments = _COMMANDS[what]
        try:
            with Client(self._door, _WITHIN) as client:
                client.ask(cmd=name, args=arguments)
        except (Trouble, TimeoutError) as error:
            return str(error)
        return ""
