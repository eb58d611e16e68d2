"""Values as fixed-size data records: what stands behind a data identifier on the wire.

A record is a number with a resolution, a flag, or a text of fixed length.  A value that is not
there has all bits set, so that every record has the size its identifier promises.
"""

from dataclasses import dataclass
from enum import Enum

Value = float | int | str | bool | None


class Form(Enum):
    UNSIGNED = "unsigned"
    SIGNED = "signed"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Record:
    """``step`` is the resolution of a number; ``size`` in octets."""

    number: int
    name: str
    size: int
    form: Form = Form.UNSIGNED
    step: float = 1.0

    @property
    def low(self) -> int:
        return -(1 << 8 * self.size - 1) if self.form is Form.SIGNED else 0

    @property
    def high(self) -> int:
        """The greatest number; one above it says that there is none."""
        bits = 8 * self.size - (self.form is Form.SIGNED)
        return (1 << bits) - 2

    def pack(self, value: Value) -> bytes:
        if value is None:
            return self._absent()
        if self.form is Form.TEXT:
            return str(value).encode("ascii", "replace")[: self.size].ljust(self.size)
        if isinstance(value, str):
            return self._absent()
        whole = max(self.low, min(self.high, round(value / self.step)))
        return whole.to_bytes(self.size, "big", signed=self.form is Form.SIGNED)

    def unpack(self, octets: bytes) -> Value:
        """The inverse of ``pack``; ``ValueError`` when the octets are no such record."""
        if len(octets) != self.size:
            raise ValueError(f"{self.name} has {self.size} octets, not {len(octets)}")
        if octets == self._absent():
            return None
        if self.form is Form.TEXT:
            return octets.decode("ascii").rstrip()
        whole = int.from_bytes(octets, "big", signed=self.form is Form.SIGNED)
        return whole if self.step == 1.0 else whole * self.step

    def _absent(self) -> bytes:
        if self.form is Form.SIGNED:
            return (self.high + 1).to_bytes(self.size, "big", signed=True)
        return b"\xff" * self.size


TIME = Record(0xF1A0, "time", 4)
DETAIL = Record(0xF1A1, "detail", 24, Form.TEXT)
PLAIN_FRAME = (TIME, DETAIL)
"""What every freeze frame can say: when, and what the room that noticed it said."""
