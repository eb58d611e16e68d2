"""How a crypto job can fail, each failure with a name, a place and a remedy.

A name is also a fault for the event memory (``bsw.dem``), which is told through the port
``FaultReporter``.  No error text contains a key, a PIN, a passphrase or data from a job.
"""

from enum import Enum, auto
from typing import ClassVar, Protocol


class CsmFault(Enum):
    """The events of this room.  The value is the name in the event memory: ``CSM_WRONG_PIN``."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return f"CSM_{name}"

    TOKEN_MISSING = auto()
    MODULE_MISSING = auto()
    WRONG_PIN = auto()
    PIN_LOCKED = auto()
    TOKEN_REMOVED = auto()
    TOKEN_FULL = auto()
    TOKEN_SLOW = auto()
    TOKEN_BROKEN = auto()
    STORE_CORRUPT = auto()
    STORE_UNREACHABLE = auto()
    STORE_EXPOSED = auto()
    WRONG_PASSPHRASE = auto()
    KEY_MISSING = auto()
    KEY_EXISTS = auto()
    BAD_KEY = auto()
    BAD_DATA = auto()
    NOT_SUPPORTED = auto()
    QUEUE_FULL = auto()
    CONFIGURATION = auto()


class FaultReporter(Protocol):
    """Where the event memory is plugged in.  Called in the scheduler's thread."""

    def __call__(self, fault: CsmFault, *, failed: bool, detail: str) -> None:
        """``failed`` is false when a driver that had this fault works again."""


class CsmError(Exception):
    """A crypto job failed.  ``place`` says where, ``remedy`` what a person can do."""

    fault: ClassVar[CsmFault]
    what: ClassVar[str]
    cure: ClassVar[str]

    def __init__(self, place: str, remedy: str = "") -> None:
        super().__init__(place, remedy)
        self.place = place
        self.remedy = remedy or self.cure

    def __str__(self) -> str:
        return f"{self.what}: {self.place}; {self.remedy}"


class DeviceError(CsmError):
    """The driver as a whole is of no use now; another may stand in.  Any success heals it."""


class ContentError(CsmError):
    """What the driver keeps is not as it should be.  The same job done well heals it."""


class TokenMissing(DeviceError):
    fault = CsmFault.TOKEN_MISSING
    what = "no such token"
    cure = "insert it, initialise it with v2g hsm init, or correct csm.pkcs11.token"


class ModuleMissing(DeviceError):
    fault = CsmFault.MODULE_MISSING
    what = "cannot load the PKCS#11 module"
    cure = "install the token's library or correct csm.pkcs11.module"


class WrongPin(DeviceError):
    fault = CsmFault.WRONG_PIN
    what = "the token refused the PIN"
    cure = "correct the source named in csm.pkcs11.pin before the token locks itself"


class PinLocked(DeviceError):
    fault = CsmFault.PIN_LOCKED
    what = "the PIN is locked after too many wrong attempts"
    cure = "unlock it with the security officer's PIN"


class TokenRemoved(DeviceError):
    fault = CsmFault.TOKEN_REMOVED
    what = "the token is gone"
    cure = "bring it back; it is opened again with the next job"


class TokenFull(ContentError):
    fault = CsmFault.TOKEN_FULL
    what = "no room left"
    cure = "delete keys that are no longer needed (v2g hsm list)"


class SlowToken(DeviceError):
    fault = CsmFault.TOKEN_SLOW
    what = "no answer in time"
    cure = "check the token's connection, or raise csm.pkcs11.call_limit_ms if it is always so slow"


class TokenBroken(DeviceError):
    fault = CsmFault.TOKEN_BROKEN
    what = "the token failed"
    cure = "see its own log; if it happens again, initialise or replace it"


class StoreCorrupt(ContentError):
    fault = CsmFault.STORE_CORRUPT
    what = "the key store is damaged"
    cure = "restore the file from a backup, or delete the key and provision it again"


class StoreUnreachable(DeviceError):
    fault = CsmFault.STORE_UNREACHABLE
    what = "the key store cannot be read or written"
    cure = "check that the folder exists and belongs to the user the ECU runs as"


class StoreExposed(DeviceError):
    fault = CsmFault.STORE_EXPOSED
    what = "the key store is open to others"
    cure = "give it to the user the ECU runs as: chmod 700 the folder, 600 its files"


class WrongPassphrase(DeviceError):
    fault = CsmFault.WRONG_PASSPHRASE
    what = "the passphrase does not open the key store"
    cure = "correct the source named in csm.software.unlock"


class KeyMissing(ContentError):
    fault = CsmFault.KEY_MISSING
    what = "no such key"
    cure = "provision it, or correct the handle"


class KeyExists(CsmError):
    fault = CsmFault.KEY_EXISTS
    what = "a key with this label exists already"
    cure = "choose another label, or delete the old key first"


class BadKey(CsmError):
    fault = CsmFault.BAD_KEY
    what = "this is no valid key"
    cure = "check where it comes from"


class BadData(CsmError):
    """The data do not decrypt, or do not have the size the operation takes."""

    fault = CsmFault.BAD_DATA
    what = "the data do not fit the operation"
    cure = "check who made them, and for which key"


class NotSupported(CsmError):
    fault = CsmFault.NOT_SUPPORTED
    what = "the driver cannot do this"
    cure = "keep this key in another driver"


class QueueFull(DeviceError):
    fault = CsmFault.QUEUE_FULL
    what = "too many crypto jobs are waiting"
    cure = "the driver is stuck, or somebody floods it; raise csm.queue_bound if neither is so"


class Misconfigured(DeviceError):
    fault = CsmFault.CONFIGURATION
    what = "the crypto configuration cannot work"
    cure = "correct it"
