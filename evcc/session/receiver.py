"""What the vehicle's receiver of wireless energy is built for, and how it is found over a pad."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receiver:
    """mm, Hz, and methods in the norm's words, best first.

    ``least_efficiency``: share of the test's power that has to arrive, where that is measured.
    """

    positioning: tuple[str, ...] = ("Manual",)
    pairing: tuple[str, ...] = ("External confirmation",)
    alignment: tuple[str, ...] = ("PowerCheck",)
    natural_offset: int = 0
    max_clearance: int = 250
    min_clearance: int = 100
    natural_frequency: float = 85_000.0
    local_control: bool = False
    test_current: float = 10.0
    least_efficiency: float = 0.5
