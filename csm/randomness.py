"""The one door to chance.

The host's source serves the field, the seeded one serves simulation: the same seed gives the
same octets on every machine and every Python version, because it is SHA-256 in counter mode
and nothing of the interpreter's own.
"""

import hashlib
import secrets


class HostRandomness:
    """The operating system's generator."""

    def octets(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def below(self, bound: int) -> int:
        return secrets.randbelow(bound)

    def chance(self, probability: float) -> bool:
        return secrets.randbits(53) < probability * (1 << 53)


class SeededRandomness:
    """A repeatable stream.  Never for keys that leave the simulation."""

    def __init__(self, seed: int | str) -> None:
        self._seed = hashlib.sha256(str(seed).encode()).digest()
        self._counter = 0
        self._pool = b""

    def octets(self, count: int) -> bytes:
        while len(self._pool) < count:
            block = self._seed + self._counter.to_bytes(8, "big")
            self._pool += hashlib.sha256(block).digest()
            self._counter += 1
        taken, self._pool = self._pool[:count], self._pool[count:]
        return taken

    def below(self, bound: int) -> int:
        """Drawn again when out of range, so that no value is favoured."""
        if bound <= 0:
            raise ValueError(f"bound must be above 0, not {bound}")
        bits = (bound - 1).bit_length()
        size = (bits + 7) // 8
        while True:
            value = int.from_bytes(self.octets(size), "big") >> (size * 8 - bits)
            if value < bound:
                return value

    def chance(self, probability: float) -> bool:
        return int.from_bytes(self.octets(7), "big") >> 3 < probability * (1 << 53)

    def fork(self, name: str) -> "SeededRandomness":
        """An independent stream for one user, so that one's draws never shift another's."""
        return SeededRandomness(f"{self._seed.hex()}/{name}")
