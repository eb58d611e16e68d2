"""What is remembered of a capture has a bound, however many connections pass."""

from bsw.chrgm.messages import iso2
from bsw.os.clock import S
from tools.capture.events import Event, Layer, Side
from tools.monitor.judge import MOST_CONNECTIONS, Judge


def said(
    connection: int, at: int, body: iso2.SessionSetupReq | iso2.SessionStopReq, side: Side
) -> Event:
    header = iso2.MessageHeader(session_id=bytes(8))
    message = iso2.V2GMessage(header=header, body=body)
    name = type(body).__name__
    return Event(at, Layer.V2G, name, side, connection=connection, schema="iso2", message=message)


def test_connections_that_are_over_are_forgotten_and_open_ones_are_kept() -> None:
    judge = Judge()
    request = iso2.SessionSetupReq(evccid=bytes(6))
    stop = iso2.SessionStopReq(charging_session=iso2.ChargingSession.TERMINATE)
    events = [said(1, 0, request, Side.VEHICLE)]
    for number in range(2, 3 * MOST_CONNECTIONS):
        agreed = Event(number, Layer.TLS, "TLS agreed", connection=number)
        closed = Event(number, Layer.TCP, "connection closed", Side.VEHICLE, connection=number)
        events += [agreed, said(number, number, stop, Side.VEHICLE), closed]
    list(judge.judged(events))
    assert len(judge._connections) <= MOST_CONNECTIONS
    late = said(1, 60 * S, stop, Side.VEHICLE)
    rules = [finding.rule for _, found in judge.judged([late]) for finding in found]
    assert rules != []  # the first connection is still known: its request was never answered
    assert 1 in judge._connections
