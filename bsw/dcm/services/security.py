"""Security access: a seed, a key, few attempts, and a wait after too many."""

from dataclasses import dataclass, field
from typing import Final

from bsw.dcm.codes import Refusal, Refused
from bsw.dcm.context import Context
from bsw.os.clock import S

SEED_SIZE: Final = 16
ATTEMPTS: Final = 3
WAIT: Final = 10 * S
HIGHEST_LEVEL: Final = 3


@dataclass(slots=True)
class SecurityAccess:
    """Odd sub-functions ask for a seed, even ones bring the key."""

    failures: int = 0
    barred_until: int = 0
    seeds: dict[int, bytes] = field(default_factory=dict)

    def __call__(self, context: Context, sub: int, data: bytes) -> bytes:
        context.in_extended()
        level, is_key = divmod(sub - 1, 2)
        level += 1
        if not 1 <= level <= HIGHEST_LEVEL:
            raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
        if context.scheduler.now < self.barred_until:
            raise Refused(Refusal.TIME_DELAY_NOT_EXPIRED)
        return self._key(context, level, data) if is_key else self._seed(context, level, data)

    def _seed(self, context: Context, level: int, data: bytes) -> bytes:
        if data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if context.level >= level:
            return bytes(SEED_SIZE)  # already unlocked
        self.seeds = {level: context.chance.octets(SEED_SIZE)}
        return self.seeds[level]

    def _key(self, context: Context, level: int, data: bytes) -> bytes:
        seed = self.seeds.pop(level, None)
        if seed is None:
            raise Refused(Refusal.SEQUENCE_ERROR)
        if not data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if context.check_key(level, seed, data):
            self.failures = 0
            context.level = level
            return b""
        self.failures += 1
        if self.failures >= ATTEMPTS:
            self.failures = 0
            self.barred_until = context.scheduler.now + WAIT
            raise Refused(Refusal.EXCEEDED_ATTEMPTS)
        raise Refused(Refusal.INVALID_KEY)
