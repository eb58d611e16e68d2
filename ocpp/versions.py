"""The versions of OCPP that are spoken, and what differs between them on the wire.

Owns the sub-protocol names and the spelling of error codes.  What is wrong has one name here
whatever the version; each version writes it in its own way, and both spellings are understood.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Version(Enum):
    """A version, by the name of its sub-protocol."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"

    @property
    def number(self) -> str:
        return self.value.removeprefix("ocpp")

    @property
    def has_send(self) -> bool:
        """Messages without an answer, and errors about an answer, came with 2.1."""
        return self is Version.V21


NEWEST_FIRST: Final = (Version.V21, Version.V201, Version.V16)


def version_named(name: str) -> Version | None:
    """``ocpp2.0.1``, or ``None`` for one that is not spoken here."""
    return next((version for version in Version if version.value == name), None)


class Wrong(Enum):
    """What can be wrong with a call or an answer.  The value is the code as 2.x writes it."""

    FORMAT = "FormatViolation"
    GENERIC = "GenericError"
    INTERNAL = "InternalError"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE = "OccurrenceConstraintViolation"
    PROPERTY = "PropertyConstraintViolation"
    PROTOCOL = "ProtocolError"
    RPC = "RpcFrameworkError"
    SECURITY = "SecurityError"
    TYPE = "TypeConstraintViolation"


_IN_16: Final = {
    Wrong.FORMAT: "FormationViolation",
    Wrong.OCCURRENCE: "OccurenceConstraintViolation",  # one r: so it stands in the document
    Wrong.MESSAGE_TYPE: "ProtocolError",
    Wrong.RPC: "ProtocolError",
}
_READ: Final = {
    **{wrong.value: wrong for wrong in Wrong},
    "FormationViolation": Wrong.FORMAT,
    "OccurenceConstraintViolation": Wrong.OCCURRENCE,
}


def code_of(wrong: Wrong, version: Version) -> str:
    """How ``version`` spells it."""
    return _IN_16.get(wrong, wrong.value) if version is Version.V16 else wrong.value


def wrong_of(code: str) -> Wrong:
    """What a peer's code means, whichever spelling it chose; one of its own is generic."""
    return _READ.get(code, Wrong.GENERIC)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, in words that go into an error frame and a log."""

    wrong: Wrong
    text: str

    def __str__(self) -> str:
        return f"{self.wrong.value}: {self.text}"
