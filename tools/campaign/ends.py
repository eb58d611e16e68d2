"""Which ends of a session need a cause, and which causes are one.

A session that nobody disturbed ends as its scenario says.  One that was disturbed may end in many
ways, but not in any: an end that no order of the run explains is a finding.
"""

from collections.abc import Collection
from typing import Final

from bsw.chrgm.endings import Ending

ANY: Final = ""
"""The start of every order."""

LINE: Final = ("line", "lag", "lose", "net", "modem", "spoil", "pull", "plug", "diode", "clock")
PLUG: Final = ("fault plug", "fault connector", "fault proximity", "fault INLET", "fault lock")
BROKE_OFF: Final = ("peer VEHICLE_FAULT", "peer PERMISSION_LOST")
"""The other side had a reason of its own to go, whatever was being done."""

FLIPPED: Final = ("spoil",)
"""Only a changed octet makes one of our own messages wrong."""

NEEDS: Final[dict[Ending, tuple[str, ...]]] = {
    Ending.NO_STATION: (*LINE, *PLUG),
    Ending.NO_CONNECTION: (*LINE, *PLUG),
    Ending.TLS_FAILED: (*LINE, *BROKE_OFF, "token", "clock"),
    Ending.LINK_LOST: (*LINE, *PLUG),
    Ending.ANSWER_TIMEOUT: (*LINE, *PLUG, "noise station", "break", "token"),
    Ending.SEQUENCE_ERROR: FLIPPED,
    Ending.UNKNOWN_SESSION: FLIPPED,
    Ending.UNDECODABLE: FLIPPED,
    Ending.SIGNATURE_FAULT: ("spoil", "clock", "token"),
    Ending.KEY_FAULT: ("token", "clock"),
    Ending.LESS_SECURITY: ("line", "lose", "lag", "spoil", "token", "clock"),
    Ending.IMPLAUSIBLE: (*FLIPPED, "fault", "break", "noise", "pull"),
    Ending.ISOLATION_FAULT: ("fault", "break", "spoil", "noise"),
    Ending.PILOT_FAULT: (*LINE, "fault", "break", "station"),
}
NEVER: Final = frozenset({Ending.INTERNAL_FAULT})


def explained(ending: Ending, expected: Collection[Ending], orders: Collection[str]) -> bool:
    """``orders`` are those that were carried out, the scenario's own included."""
    if ending in NEVER:
        return False
    if ending.good or ending in expected:
        return True
    return any(one.startswith(NEEDS.get(ending, (ANY,))) for one in orders)
