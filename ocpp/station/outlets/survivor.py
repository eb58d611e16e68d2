"""What is left of a transaction after a power cut: enough to end it, or to go on with it."""

from dataclasses import dataclass

import msgspec

from ocpp.station.outlets.points import Point
from ocpp.station.outlets.samples import of_context, register
from ocpp.station.records import (
    ChargingState,
    Context,
    Instant,
    Phase,
    Reading,
    Sample,
    Stop,
    Token,
    Trigger,
    TxEvent,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has to be known of a transaction after a power cut.

    ``points`` are the ones that were true; ``ending``: its end was ordered already.
    """

    evse: int
    connector: int | None
    charging: ChargingState
    began: Reading | None
    last: tuple[Sample, ...]
    token: Token | None = None
    points: tuple[Point, ...] = ()
    place_told: bool = True
    token_told: bool = True
    phases: int | None = None
    ending: bool = False


def snapshot(octets: bytes) -> Snapshot:
    return msgspec.json.decode(octets, type=Snapshot)


def ended_by_power_loss(
    transaction: str, state: Snapshot, at: Instant, samples: tuple[Sample, ...]
) -> TxEvent:
    """The end of a transaction that a power cut interrupted [E17.FR.22]."""
    if not samples or register(samples) < register(state.last):  # it lost count, or is another one
        samples = state.last
    end = Reading(at, of_context(Context.END, samples))
    return TxEvent(
        transaction=transaction,
        phase=Phase.ENDED,
        trigger=Trigger.ABNORMAL,
        at=at,
        evse=state.evse,
        connector=state.connector,
        charging=state.charging,
        stop=Stop.POWER_LOSS,
        meter_wh=register(samples),
        readings=(end,) if state.began is None else (state.began, end),
    )
