"""How long a frame occupies a CAN bus, interframe space included."""

from dataclasses import dataclass
from functools import lru_cache

from bsw.os.clock import S
from can_adapter.bus import CanFrame


@dataclass(frozen=True, slots=True)
class BusTiming:
    """How long a frame occupies the bus.

    From its bits, with the most stuff bits it could need; or ``fixed`` nanoseconds for all.
    """

    nominal: int = 500_000
    data: int = 2_000_000
    fixed: int | None = None

    def duration(self, frame: CanFrame) -> int:
        if self.fixed is not None:
            return self.fixed
        slow, fast = frame_bits(frame.extended, frame.fd, len(frame.data))
        return slow * S // self.nominal + fast * S // self.data


@lru_cache(maxsize=256)
def frame_bits(extended: bool, fd: bool, length: int) -> tuple[int, int]:  # noqa: FBT001
    """Bits of a frame at the nominal and at the data bit rate, interframe space included."""
    identifier = 32 if extended else 12
    if not fd:
        stuffed = identifier + 7 + 8 * length + 15
        return stuffed + (stuffed - 1) // 4 + 13, 0
    slow = identifier + 5
    fast = 5 + 8 * length
    checksum = 4 + (21 + 6 if length > 16 else 17 + 5)
    return slow + slow // 4 + 13, fast + fast // 4 + checksum
