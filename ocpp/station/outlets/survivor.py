"""What is left of a transaction after a power cut: enough to end it."""

from dataclasses import dataclass

import msgspec

from ocpp.station.outlets.samples import of_context, register
from ocpp.station.records import (
    ChargingState,
    Context,
    Instant,
    Phase,
    Reading,
    Sample,
    Stop,
    Trigger,
    TxEvent,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has to be known to end a transaction after a power cut."""

    evse: int
    connector: int | None
    charging: ChargingState
    began: Reading | None
    last: tuple[Sample, ...]


def snapshot(octets: bytes) -> Snapshot:
    return msgspec.json.decode(octets, type=Snapshot)


def ended_by_power_loss(
    transaction: str, state: Snapshot, at: Instant, samples: tuple[Sample, ...]
) -> TxEvent:
    """The end of a transaction that a power cut interrupted [E17.FR.22]."""
    end = Reading(at, of_context(Context.END, samples or state.last))
    return TxEvent(
        transaction=transaction,
        phase=Phase.ENDED,
        trigger=Trigger.ABNORMAL,
        at=at,
        evse=state.evse,
        connector=state.connector,
        charging=state.charging,
        stop=Stop.POWER_LOSS,
        meter_wh=register(samples or state.last),
        readings=(end,) if state.began is None else (state.began, end),
    )
