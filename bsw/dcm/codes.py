"""The numbers of UDS that this server uses, by name."""

from enum import IntEnum
from typing import Final

POSITIVE: Final = 0x40
NEGATIVE: Final = 0x7F
SUPPRESS: Final = 0x80
"""In a sub-function: no positive response, please."""


class Service(IntEnum):
    SESSION_CONTROL = 0x10
    ECU_RESET = 0x11
    CLEAR_DTC = 0x14
    READ_DTC = 0x19
    READ_DATA = 0x22
    SECURITY_ACCESS = 0x27
    COMMUNICATION_CONTROL = 0x28
    WRITE_DATA = 0x2E
    ROUTINE_CONTROL = 0x31
    TESTER_PRESENT = 0x3E
    CONTROL_DTC_SETTING = 0x85


class Refusal(IntEnum):
    """Negative response codes."""

    GENERAL_REJECT = 0x10
    SERVICE_NOT_SUPPORTED = 0x11
    SUB_FUNCTION_NOT_SUPPORTED = 0x12
    INCORRECT_LENGTH = 0x13
    RESPONSE_TOO_LONG = 0x14
    CONDITIONS_NOT_CORRECT = 0x22
    SEQUENCE_ERROR = 0x24
    OUT_OF_RANGE = 0x31
    SECURITY_ACCESS_DENIED = 0x33
    INVALID_KEY = 0x35
    EXCEEDED_ATTEMPTS = 0x36
    TIME_DELAY_NOT_EXPIRED = 0x37
    PROGRAMMING_FAILURE = 0x72
    RESPONSE_PENDING = 0x78
    SUB_FUNCTION_NOT_IN_SESSION = 0x7E
    SERVICE_NOT_IN_SESSION = 0x7F


QUIET_WHEN_FUNCTIONAL: Final = frozenset(
    {
        Refusal.SERVICE_NOT_SUPPORTED,
        Refusal.SUB_FUNCTION_NOT_SUPPORTED,
        Refusal.OUT_OF_RANGE,
        Refusal.SUB_FUNCTION_NOT_IN_SESSION,
        Refusal.SERVICE_NOT_IN_SESSION,
    }
)
"""Refusals that are not said to a request addressed to everybody."""


class Session(IntEnum):
    DEFAULT = 0x01
    PROGRAMMING = 0x02
    EXTENDED = 0x03


class Refused(Exception):
    """A request that is answered negatively."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(code.name)
        self.code = code
