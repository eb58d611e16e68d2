"""What vehicle and station have agreed so far.

Each side fills its own copy from the messages that passed, by the same functions of the table,
so that both come to the same answer to "what may follow".
"""

from dataclasses import dataclass
from enum import Enum

from bsw.chrgm.modes import Approach, Transfer


class Payment(Enum):
    CONTRACT = "Contract"
    EXTERNAL = "ExternalPayment"


class Progress(Enum):
    """Where the energy is, by the last PowerDelivery that was answered OK."""

    IDLE = "idle"
    CHARGING = "charging"
    STANDBY = "standby"  # the session lives on without energy, in ISO 15118-20
    RENEGOTIATING = "renegotiating"
    STOPPED = "stopped"


class Tolerance(Enum):
    """Deviations seen in the field that a side may accept.  Each is a named switch."""

    AUTHORIZATION_AGAIN = "authorization-again"  # a car asks once more after Finished
    STOP_IN_LOOP = "stop-in-loop"  # SessionStop without PowerDelivery(Stop)
    STOP_BEFORE_LOOP = "stop-before-loop"  # PowerDelivery(Stop) right after Start
    DISCOVERY_AGAIN = "discovery-again"  # ServiceDiscovery repeated
    RECEIPT_OF_LAST_METER = "receipt-of-last-meter"  # a receipt demanded without meter data
    SKIP_RECEIPT = "skip-receipt"  # a car goes on although a receipt was demanded
    STOP_CONNECTED = "stop-connected"  # SessionStop while the pantograph is down
    DIRECT_RENEGOTIATION = "direct-renegotiation"  # a car skips CableCheck and PreCharge


@dataclass(frozen=True, slots=True)
class Agreement:
    secure: bool = False
    approach: Approach = Approach.PLUG  # by the application
    late: bool = False  # the device is met after the selection, not after the set-up
    payment: Payment | None = None
    transfer: Transfer | None = None
    service: str = ""  # the energy service: by its mode, in ISO 15118-20 by its word
    begun: bool = False  # SessionSetup was answered, in ISO 15118-20
    placed: bool = False  # vehicle and device stand as they have to
    connected: bool = False  # the pantograph is down
    added: frozenset[int] = frozenset()  # value-added services, in ISO 15118-20
    joined: bool = False  # a paused session goes on
    installs: bool = False  # the station hands out contracts, in ISO 15118-20
    may_install: bool = False  # and may be asked for one now
    authorized: bool = False  # the station granted the charge, in ISO 15118-20
    renegotiates: bool = False  # the last SessionStop asked for another service
    finished: bool = False  # the last EVSEProcessing was Finished
    isolated: bool = False  # the last finished cable check found the isolation good
    energy: bool = True  # the station did not answer "no energy now"
    metered: bool = False  # a loop response has shown meter data
    receipt: bool = False  # the last loop response demands a receipt
    progress: Progress = Progress.IDLE
    renegotiated: bool = False
    tolerated: frozenset[Tolerance] = frozenset()
