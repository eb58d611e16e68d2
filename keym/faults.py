"""What can go wrong with kept certificates, each with a name, a place and a remedy.

A name is also a fault for the event memory (``bsw.dem``), told through ``FaultReporter``.
"""

from enum import Enum, auto
from typing import ClassVar, Protocol


class KeymFault(Enum):
    """The events of this room.  The value is the name in the event memory: ``KEYM_EXPIRED``."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return f"KEYM_{name}"

    STORE_UNREACHABLE = auto()
    STORE_UNSAFE = auto()
    STORE_FULL = auto()
    ENTRY_DAMAGED = auto()
    ENTRY_MISSING = auto()
    NOT_FIT = auto()
    EXPIRES_SOON = auto()
    EXPIRED = auto()
    NO_TRUSTED_TIME = auto()
    STATUS_UNREACHABLE = auto()


class FaultReporter(Protocol):
    """Where the event memory is plugged in.  Called in the scheduler's thread."""

    def __call__(self, fault: KeymFault, *, failed: bool, detail: str) -> None:
        """``failed`` is false when what had this fault is right again."""


def silent(fault: KeymFault, *, failed: bool, detail: str) -> None:
    """Nobody keeps an event memory here."""


class KeymError(Exception):
    """Something with kept certificates failed.  ``place`` says where, ``remedy`` what to do."""

    fault: ClassVar[KeymFault]
    what: ClassVar[str]
    cure: ClassVar[str]

    def __init__(self, place: str, remedy: str = "") -> None:
        super().__init__(place, remedy)
        self.place = place
        self.remedy = remedy or self.cure

    def __str__(self) -> str:
        return f"{self.what}: {self.place}; {self.remedy}"


class StoreUnreachable(KeymError):
    fault = KeymFault.STORE_UNREACHABLE
    what = "the certificate store cannot be read or written"
    cure = "check that the folder exists, has room, and belongs to the user the ECU runs as"


class StoreUnsafe(KeymError):
    """Whoever can write there can make us trust any root."""

    fault = KeymFault.STORE_UNSAFE
    what = "others may write to the certificate store"
    cure = "take their right to write away (chmod go-w) and check what is in it"


class StoreFull(KeymError):
    fault = KeymFault.STORE_FULL
    what = "no room left for certificates of this kind"
    cure = "delete those that are no longer needed"


class EntryDamaged(KeymError):
    fault = KeymFault.ENTRY_DAMAGED
    what = "an entry of the certificate store is damaged"
    cure = "import it again; the rest of the store is used without it"


class EntryMissing(KeymError):
    fault = KeymFault.ENTRY_MISSING
    what = "no such entry in the certificate store"
    cure = "see what there is"


class NotFit(KeymError):
    """A certificate that its slot cannot take; ``place`` tells every finding."""

    fault = KeymFault.NOT_FIT
    what = "these certificates do not fit"
    cure = "see them with v2g pki show"
