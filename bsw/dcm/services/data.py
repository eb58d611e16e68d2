"""Data by identifier, and routines."""

from typing import Final

from bsw.dcm.codes import Refusal, Refused
from bsw.dcm.context import Context, Routine

MOST_IDENTIFIERS: Final = 16
START, STOP, RESULTS = 1, 2, 3


def read_data(context: Context, data: bytes) -> bytes:
    if not data or len(data) % 2 or len(data) > 2 * MOST_IDENTIFIERS:
        raise Refused(Refusal.INCORRECT_LENGTH)
    answer = b""
    for place in range(0, len(data), 2):
        did = context.dids.get(int.from_bytes(data[place : place + 2], "big"))
        if did is not None:
            answer += data[place : place + 2] + did.read()
    if not answer:
        raise Refused(Refusal.OUT_OF_RANGE)
    return answer


def write_data(context: Context, data: bytes) -> bytes:
    context.in_extended()
    if len(data) < 3:
        raise Refused(Refusal.INCORRECT_LENGTH)
    did = context.dids.get(int.from_bytes(data[:2], "big"))
    if did is None or did.write is None:
        raise Refused(Refusal.OUT_OF_RANGE)
    if did.size is not None and len(data) - 2 != did.size:
        raise Refused(Refusal.INCORRECT_LENGTH)
    context.unlocked(did.level)
    try:
        did.write(data[2:])
    except ValueError:
        raise Refused(Refusal.OUT_OF_RANGE) from None
    return data[:2]


def routine_control(context: Context, sub: int, data: bytes) -> bytes:
    context.in_extended()
    if len(data) < 2:
        raise Refused(Refusal.INCORRECT_LENGTH)
    routine = context.routines.get(int.from_bytes(data[:2], "big"))
    if routine is None:
        raise Refused(Refusal.OUT_OF_RANGE)
    context.unlocked(routine.level)
    try:
        return data[:2] + _run(routine, sub, data[2:])
    except ValueError:
        raise Refused(Refusal.OUT_OF_RANGE) from None


def _run(routine: Routine, sub: int, data: bytes) -> bytes:
    if sub == START:
        return routine.start(data)
    if sub == STOP and routine.stop is not None:
        return routine.stop(data)
    if sub == RESULTS and routine.results is not None:
        return routine.results()
    raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
