"""What passes on the vehicle's CAN bus, as signals with their units."""

from typing import Any, Final

import cantools

from can_adapter.bus import CanFrame
from can_adapter.matrix.model import SHIPPED, shipped_matrix
from tools.bench.world.pair import Pair

SHOWN: Final = (
    "BMS_Contactors",
    "BMS_Targets",
    "BMS_Limits",
    "BMS_Battery",
    "INLET_State",
    "VCU_Permission",
    "EVCC_Requests",
)
_HIDDEN: Final = ("Crc", "Counter", "Length", "DataId", "Flag")
"""How signals end that protect others."""

_MOST: Final = 12


class BusWatch:
    """Keeps the last frame of each message that is shown; they are decoded when somebody looks."""

    def __init__(self, pair: Pair) -> None:
        database = cantools.database.Database()
        for name in SHIPPED:
            database.add_dbc_file(str(shipped_matrix(name)))
        self._messages: dict[int, Any] = {
            one.frame_id: one for one in database.messages if one.name in SHOWN
        }
        self._frames: dict[int, bytes] = {}
        self.count = 0
        pair.world.vehicle_bus.tap(self._heard)

    def _heard(self, _at: int, _sender: str, frame: CanFrame) -> None:
        self.count += 1
        if frame.id in self._messages:
            self._frames[frame.id] = frame.data

    def signals(self) -> dict[str, list[list[str]]]:
        """By message: name and value of each signal."""
        found = {}
        for number, data in list(self._frames.items()):
            message = self._messages[number]
            try:
                values = message.decode(data, decode_choices=True)
            except (ValueError, KeyError, cantools.Error):  # spoiled on purpose
                found[message.name] = [["octets", data.hex()]]
                continue
            units = {signal.name: signal.unit or "" for signal in message.signals}
            told = [
                [name, f"{_short(value)} {units.get(name, '')}".rstrip()]
                for name, value in values.items()
                if not name.endswith(_HIDDEN)
            ]
            found[message.name] = told[:_MOST]
        return found


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
