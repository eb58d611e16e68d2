"""The profiles that outlive a restart: all that the back end has set [K01.FR.27, K01.FR.55].

Those of a transaction only help where it goes on; whoever knows that it does not drops them.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ocpp.station.charging.profiles import Profile
from ocpp.station.charging.wire import read
from ocpp.station.ground import Ground

KEPT: Final = "charging-profiles"


class Keepsake(msgspec.Struct, frozen=True):
    """A profile as it came, and the transaction that it is for."""

    evse: int
    wire: dict[str, Any]
    transaction: str | None = None


def kept(ground: Ground) -> list[Profile]:
    """What is remembered."""
    found = ground.memory.read(KEPT, list[Keepsake], [])
    return [
        read(one.wire, one.evse, now=0.0, transaction=one.transaction, wall=ground.wall)
        for one in found
    ]


def keep(ground: Ground, held: Iterable[Profile]) -> None:
    lasting = [
        Keepsake(profile.evse, dict(profile.wire), profile.transaction)
        for profile in held
        if profile.source == "CSO"
    ]
    ground.memory.write(KEPT, lasting)
