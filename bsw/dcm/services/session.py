"""Sessions, reset, tester present, communication control: the tester's hold on the ECU."""

from typing import Final

from bsw.dcm.codes import Refusal, Refused, Session
from bsw.dcm.context import Context

P2_MS: Final = 50
P2_STAR_10_MS: Final = 500
HARD, KEY_OFF_ON, SOFT = 1, 2, 3
NORMAL_MESSAGES: Final = 0x01
NO_SENDING, NO_RECEIVING = frozenset({1, 3}), frozenset({2, 3})
"""Of communication control: what the sub-function takes away from us (ISO 14229-1)."""


def session_control(context: Context, sub: int, data: bytes) -> bytes:
    if data:
        raise Refused(Refusal.INCORRECT_LENGTH)
    try:
        session = Session(sub)
    except ValueError:
        raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED) from None
    if session is Session.PROGRAMMING and not context.ecu.may_reset():
        raise Refused(Refusal.CONDITIONS_NOT_CORRECT)
    context.session = session
    context.level = 0
    if session is Session.DEFAULT:
        context.dem.enabled = True
        context.ecu.silence(send=False, receive=False)
    return P2_MS.to_bytes(2, "big") + P2_STAR_10_MS.to_bytes(2, "big")


def ecu_reset(context: Context, sub: int, data: bytes) -> bytes:
    if data:
        raise Refused(Refusal.INCORRECT_LENGTH)
    if sub not in {HARD, KEY_OFF_ON, SOFT}:
        raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
    if not context.ecu.may_reset():
        raise Refused(Refusal.CONDITIONS_NOT_CORRECT)
    context.after_response.append(lambda: context.ecu.reset(sub))
    return b""


def tester_present(_context: Context, sub: int, data: bytes) -> bytes:
    if data:
        raise Refused(Refusal.INCORRECT_LENGTH)
    if sub != 0:
        raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
    return b""


def communication_control(context: Context, sub: int, data: bytes) -> bytes:
    context.in_extended()  # which silence ends with
    if len(data) != 1:
        raise Refused(Refusal.INCORRECT_LENGTH)
    if sub > 3:
        raise Refused(Refusal.SUB_FUNCTION_NOT_SUPPORTED)
    context.granted(context.rules.communication)
    if data[0] & 0x03 != NORMAL_MESSAGES:
        raise Refused(Refusal.OUT_OF_RANGE)
    if not context.ecu.may_reset():
        raise Refused(Refusal.CONDITIONS_NOT_CORRECT)
    context.ecu.silence(send=sub in NO_SENDING, receive=sub in NO_RECEIVING)
    return b""
