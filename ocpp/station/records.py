"""Our own words for what happens in a transaction, the same for every version of OCPP.

A record lies in the store as JSON and is translated when it is sent; nothing in it is ever made
again, signed meter records least of all.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

import msgspec


class Phase(Enum):
    """The place of an event in its transaction."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class Trigger(Enum):
    """Why there is an event, in 2.x's words."""

    ABNORMAL = "AbnormalCondition"
    AUTHORIZED = "Authorized"
    PLUGGED = "CablePluggedIn"
    RATE_CHANGED = "ChargingRateChanged"
    STATE_CHANGED = "ChargingStateChanged"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT = "EnergyLimitReached"
    CONNECT_TIMEOUT = "EVConnectTimeout"
    COMMUNICATION_LOST = "EVCommunicationLost"
    DEPARTED = "EVDeparted"
    DETECTED = "EVDetected"
    METER_CLOCK = "MeterValueClock"
    METER_PERIODIC = "MeterValuePeriodic"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    RESET = "ResetCommand"
    RESUMED = "TxResumed"
    SIGNED = "SignedDataReceived"
    STOPPED = "StopAuthorized"
    RUNNING_COST = "RunningCost"
    TARIFF_CHANGED = "TariffChanged"
    MODE_CHANGED = "OperationModeChanged"
    LIMIT_SET = "LimitSet"
    COST_LIMIT = "CostLimitReached"
    TIME_LIMIT = "TimeLimitReached"
    SOC_LIMIT = "SoCLimitReached"
    TARIFF_REFUSED = "TariffNotAccepted"
    ASKED = "Trigger"
    UNLOCKED = "UnlockCommand"


class ChargingState(Enum):
    IDLE = "Idle"
    CONNECTED = "EVConnected"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"


class Stop(Enum):
    """Why a transaction ended, in 2.x's words."""

    DEAUTHORIZED = "DeAuthorized"
    EMERGENCY = "EmergencyStop"
    DISCONNECTED = "EVDisconnected"
    IMMEDIATE_RESET = "ImmediateReset"
    LOCAL = "Local"
    MASTER_PASS = "MasterPass"  # noqa: S105 - a card that stops others
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    BY_VEHICLE = "StoppedByEV"
    TIMEOUT = "Timeout"
    TRANSFER_REJECTED = "ReqEnergyTransferRejected"
    ENERGY_LIMIT = "EnergyLimitReached"
    TIME_LIMIT = "TimeLimitReached"
    SOC_LIMIT = "SOCLimitReached"
    OUT_OF_CREDIT = "LocalOutOfCredit"


class Context(Enum):
    """What a sample was taken for."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    PERIODIC = "Sample.Periodic"
    CLOCK = "Sample.Clock"
    TRIGGER = "Trigger"


ENERGY: Final = "Energy.Active.Import.Register"


@dataclass(frozen=True, slots=True)
class Token:
    """Who wants to charge: the token, its kind as 2.x calls it, and its group if known.

    ``evccid`` names the vehicle that came with it, if it speaks -20.
    """

    id: str
    kind: str = "ISO14443"
    group: str | None = None
    evccid: str = ""

    def same_as(self, other: "Token") -> bool:
        """Tokens are compared without regard to case."""
        return self.id.casefold() == other.id.casefold() and self.kind == other.kind

    def same_group(self, other: "Token") -> bool:
        return bool(self.group and other.group) and (
            str(self.group).casefold() == str(other.group).casefold()
        )


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """What a meter signed, octet for octet, in base64, and what is needed to check it."""

    data: str
    encoding: str
    method: str = ""
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured value in the unit's base: W, Wh, A, V, Percent."""

    value: float
    measurand: str = ENERGY
    unit: str = "Wh"
    phase: str | None = None
    context: Context = Context.PERIODIC
    signed: SignedRecord | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured at one instant."""

    at: "Instant"
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Instant:
    """When: nanoseconds on the clock of one run of the program.

    Whether that run ever knew the calendar is written once for the run (see ``Store``), so that
    what happened before the clock was set gets its right time afterwards.
    """

    run: int
    ns: int


@dataclass(frozen=True, slots=True)
class CostPeriod:
    """From ``at`` on the same prices held; what was used by dimension: kWh, seconds."""

    at: Instant
    tariff: str
    used: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CostRecord:
    """What was computed here: costDetails of 2.1, all but its periods."""

    wire: dict[str, Any]
    periods: tuple[CostPeriod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TxEvent:
    """One event of a transaction.

    Where it is, is given as soon as it is known; ``tells_place`` is set in the one event that
    says so to a 2.x back end.  What else belongs into one event only is given in that one.
    """

    transaction: str
    phase: Phase
    trigger: Trigger
    at: Instant
    evse: int | None = None
    connector: int | None = None
    tells_place: bool = False
    token: Token | None = None
    charging: ChargingState | None = None
    stop: Stop | None = None
    remote_start: int | None = None
    reservation: int | None = None
    phases: int | None = None
    meter_wh: float | None = None
    readings: tuple[Reading, ...] = ()
    tariff: str = ""
    cost: CostRecord | None = None
    mode: str = ""
    asleep: bool = False
    limits: dict[str, float] | None = None


_ENCODER: Final = msgspec.json.Encoder()
_EVENTS: Final = msgspec.json.Decoder(TxEvent)


def written(event: TxEvent) -> bytes:
    return _ENCODER.encode(event)


def read(octets: bytes) -> TxEvent:
    return _EVENTS.decode(octets)


def bare(event: TxEvent) -> TxEvent:
    """The same without its signed records."""
    readings = tuple(
        Reading(each.at, tuple(replace(sample, signed=None) for sample in each.samples))
        for each in event.readings
    )
    return replace(event, readings=readings)
