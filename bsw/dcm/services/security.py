"""Security access: a seed, a key, few attempts, and a wait after too many.

Wrong keys are counted over restarts.  An ECU that is switched off while it bars the way waits from
its next start on.
"""

from typing import Final

from bsw.dcm.codes import Refusal, Refused
from bsw.dcm.context import Context
from bsw.os.clock import S

SEED_SIZE: Final = 16
ATTEMPTS: Final = 3
WAIT: Final = 10 * S
HIGHEST_LEVEL: Final = 3


class SecurityAccess:
    """Odd sub-functions ask for a seed, even ones bring the key."""

    def __init__(self, context: Context) -> None:
        self._seeds: dict[int, bytes] = {}
        self._barred_until = 0
        if context.attempts.failures >= ATTEMPTS:
            self._bar(context)

    def __call__(self, context: Context, sub: int, data: bytes) -> bytes:
        context.in_extended()
        level, is_key = divmod(sub - 1, 2)
        level += 1
        if not 1 <= level <= HIGHEST_LEVEL:
            raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
        if context.scheduler.now < self._barred_until:
            raise Refused(Refusal.TIME_DELAY_NOT_EXPIRED)
        if context.attempts.failures >= ATTEMPTS:
            context.attempts.keep(0)  # it has waited
        return self._key(context, level, data) if is_key else self._seed(context, level, data)

    def _seed(self, context: Context, level: int, data: bytes) -> bytes:
        if data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if context.level >= level:
            return bytes(SEED_SIZE)  # already unlocked
        self._seeds = {level: context.chance.octets(SEED_SIZE)}
        return self._seeds[level]

    def _key(self, context: Context, level: int, data: bytes) -> bytes:
        seed = self._seeds.pop(level, None)
        if seed is None:
            raise Refused(Refusal.SEQUENCE_ERROR)
        if not data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if context.check_key(level, seed, data):
            if context.attempts.failures:
                context.attempts.keep(0)
            context.level = level
            return b""
        context.attempts.keep(context.attempts.failures + 1)
        if context.attempts.failures >= ATTEMPTS:
            self._bar(context)
            raise Refused(Refusal.EXCEEDED_ATTEMPTS)
        raise Refused(Refusal.INVALID_KEY)

    def _bar(self, context: Context) -> None:
        self._barred_until = context.scheduler.now + WAIT
