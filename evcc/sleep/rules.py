"""The ECU's modes and the rules over them, as data: what holds when, and what follows.

Each room reports its mode in a group; a rule says for which modes of which groups something is
done, as long as that lasts.  An integrator's rules stand beside these.  Who does it is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from can_adapter.signals.values import VehicleMode
from evcc.plug.activity import Engaged


class Do(Enum):
    KEEP_AWAKE = "keep-awake"  # the vehicle bus is needed
    SPEAK = "speak"  # our messages are sent
    SLEEP = "sleep"
    LESS_CURRENT = "less-current"
    NO_CHARGING = "no-charging"  # permission is withheld
    SILENCE = "silence"  # our messages are not sent, whoever needs the bus


UNKNOWN: Final = "unknown"
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "ecu": ("off", "starting", "run", "sleep", "stopping", "stopped"),
    "bus": ("none", "full", "released", "leaving"),
    "sending": ("allowed", "forbidden"),
    "company": ("heard", "alone"),
    "charging": tuple(mode.value for mode in Engaged),
    "diagnostics": ("default", "session"),
    "vehicle": (UNKNOWN, *(mode.value for mode in VehicleMode)),
    "faults": ("none", "degraded", "barred"),
}
"""Each group and the modes it may have, the first one at power-on."""


@dataclass(frozen=True, slots=True)
class ModeRule:
    """While each of these groups is in one of its modes, ``do``."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    do: Do

    def holds(self, modes: Mapping[str, str]) -> bool:
        return all(modes.get(group, GROUPS[group][0]) in any_of
                   for group, any_of in self.when.items())  # fmt: skip


_MAY_SPEAK: Final = {
    "ecu": ("starting", "run"),
    "bus": ("full", "released", "leaving"),
    "sending": ("allowed",),
}
STANDARD: Final = (
    ModeRule("charging needs the bus", {"charging": ("busy",)}, Do.KEEP_AWAKE),
    ModeRule("a tester needs the bus", {"diagnostics": ("session",)}, Do.KEEP_AWAKE),
    ModeRule(
        "the vehicle needs us", {"vehicle": ("ReadyToDrive", "Service")}, Do.KEEP_AWAKE
    ),
    ModeRule("we speak", {**_MAY_SPEAK, "company": ("heard",)}, Do.SPEAK),
    ModeRule(
        "we speak to whoever may come",
        {**_MAY_SPEAK, "charging": ("waiting", "busy", "paused", "ended")},
        Do.SPEAK,
    ),
    ModeRule(
        "we speak until a charge that is being stopped has ended",
        {**_MAY_SPEAK, "ecu": ("stopping",), "charging": ("busy",)},
        Do.SPEAK,
    ),
    ModeRule("nobody needs the bus", {"ecu": ("run",), "bus": ("none",)}, Do.SLEEP),
    ModeRule("a fault costs current", {"faults": ("degraded",)}, Do.LESS_CURRENT),
)  # fmt: skip
