"""Events for tests of the store and the ledger."""

from ocpp.station.records import (
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

TRIGGERS = {
    Phase.STARTED: Trigger.AUTHORIZED,
    Phase.UPDATED: Trigger.METER_PERIODIC,
    Phase.ENDED: Trigger.STOPPED,
}


def event(
    phase: Phase = Phase.UPDATED,
    *,
    transaction: str = "T1",
    ns: int = 0,
    run: int = 1,
    token: Token | None = None,
) -> TxEvent:
    at = Instant(run, ns)
    started, ended = phase is Phase.STARTED, phase is Phase.ENDED
    context = Context.BEGIN if started else Context.END if ended else Context.PERIODIC
    return TxEvent(
        transaction=transaction,
        phase=phase,
        trigger=TRIGGERS[phase],
        at=at,
        evse=2,
        connector=1,
        tells_place=started,
        token=token or (Token("04E1") if started else None),
        stop=Stop.LOCAL if ended else None,
        meter_wh=1000.4,
        readings=(Reading(at, (Sample(1000.4, context=context),)),),
    )
