"""Energy transfer modes: how energy gets into the vehicle, behind each name that stands for one.

Bus, north side, configuration and messages name a mode by a word.  What follows from the word -
which contacts, how many phases, which way - is asked here and is never read from its letters.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal


class Transfer(Enum):
    """Which of the station's sources the energy comes from, and by which contacts."""

    AC = "ac"
    DC = "dc"
    WPT = "wpt"


class Approach(Enum):
    """What the vehicle has to be brought to before energy can flow, where nobody puts a plug in."""

    PLUG = "plug"
    PANTOGRAPH = "pantograph"  # an automatic connection device, ACDP
    PAD = "pad"  # the primary device of wireless transfer, WPT


class Direction(Enum):
    CHARGE = "charge"
    BOTH = "charge and discharge"


@dataclass(frozen=True, slots=True)
class Mode:
    """``transfer`` is ``None`` only for the mode that nobody has chosen yet."""

    name: str
    transfer: Transfer | None
    phases: int = 1
    direction: Direction = Direction.CHARGE
    approach: Approach = Approach.PLUG
    megawatt: bool = False  # through the connector of the Megawatt Charging System

    @property
    def ac(self) -> bool:
        return self.transfer is Transfer.AC

    @property
    def dc(self) -> bool:
        return self.transfer is Transfer.DC

    @property
    def on_mains(self) -> bool:
        """The station gives it by closing its contactor, and something in the vehicle draws it."""
        return self.transfer in {Transfer.AC, Transfer.WPT}

    @property
    def discharges(self) -> bool:
        return self.direction is Direction.BOTH

    @property
    def plugged(self) -> bool:
        """Somebody puts a plug in; else a device and the vehicle find each other."""
        return self.approach is Approach.PLUG

    @property
    def kind(self) -> str:
        """How people and test catalogues call it for short: ``AC``, ``DC``, ``WPT``."""
        return "" if self.transfer is None else self.transfer.name


NONE: Final = Mode("", None)
"""Before one was chosen."""

MODES: Final = (
    Mode("AC_single_phase_core", Transfer.AC),
    Mode("AC_two_phase", Transfer.AC, phases=2),
    Mode("AC_three_phase_core", Transfer.AC, phases=3),
    Mode("DC_core", Transfer.DC),
    Mode("DC_extended", Transfer.DC),
    Mode("DC_combo_core", Transfer.DC),
    Mode("DC_unique", Transfer.DC),
    Mode("DC", Transfer.DC),
    Mode("AC_BPT", Transfer.AC, direction=Direction.BOTH),
    Mode("AC_BPT_DER", Transfer.AC, direction=Direction.BOTH),
    Mode("AC_DER_IEC", Transfer.AC, direction=Direction.BOTH),
    Mode("AC_DER_SAE", Transfer.AC, direction=Direction.BOTH),
    Mode("DC_BPT", Transfer.DC, direction=Direction.BOTH),
    Mode("DC_ACDP", Transfer.DC, approach=Approach.PANTOGRAPH),
    Mode(
        "DC_ACDP_BPT",
        Transfer.DC,
        direction=Direction.BOTH,
        approach=Approach.PANTOGRAPH,
    ),
    Mode("WPT", Transfer.WPT, approach=Approach.PAD),
    Mode("MCS", Transfer.DC, megawatt=True),
    Mode("MCS_BPT", Transfer.DC, direction=Direction.BOTH, megawatt=True),
)
"""All that the charger interface has a name for.

ISO 15118-20 names a service and leaves the phases to its parameters: one until they are known.
"""

_BY_NAME: Final = {mode.name: mode for mode in (NONE, *MODES)}


ModeName = Literal[
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_unique",
    "DC",
    "AC_BPT",
    "DC_BPT",
    "DC_ACDP",
    "DC_ACDP_BPT",
    "MCS",
    "MCS_BPT",
    "WPT",
]
"""What a configuration and the vehicle's north side may name: where some service has it."""


def mode_of(name: str) -> Mode:
    """By its name in messages, on the bus and on the north side; empty is ``NONE``."""
    return _BY_NAME[name]
