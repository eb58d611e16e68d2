"""At each place of each table every other request: its own response, FAILED, and the end."""

import functools

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.protocols import protocol as spoken
from bsw.chrgm.record import Heard
from bsw.chrgm.sequence.model import Cursor
from bsw.os.clock import S
from tests.session.replay import Step, any_request, places, recorded, station_at

CASES = [("din", "DC_extended"), ("iso2", "DC_extended"), ("iso2", "AC_three_phase_core")]
record = functools.cache(recorded)


def matrix() -> list[tuple[str, str, str, str]]:
    """Protocol, mode, place, request - for all requests the table knows."""
    return [
        (protocol, mode, place, name)
        for protocol, mode in CASES
        for place in places(record(protocol, mode))
        for name in spoken(protocol).table.exchanges
    ]


def fed(protocol: str, mode: str, place: str) -> list[Step]:
    steps = record(protocol, mode)
    return steps[: places(steps)[place]]


@pytest.mark.parametrize(("protocol", "mode", "place", "name"), matrix())
def test_a_request_that_may_not_come_here(protocol: str, mode: str, place: str, name: str) -> None:
    rig = station_at(protocol, mode, fed(protocol, mode, place))
    if rig.results:  # the session is over after its last exchange
        assert place == "SessionStop"
        return
    cursor: Cursor = rig.responder._cursor
    if name in cursor.allowed(rig.station.record.agreed):
        return
    before = len(rig.said)
    rig.responder.received(Heard(rig.station.record.session_id, any_request(protocol, name)))
    table = spoken(protocol).table
    answers = rig.said[before:]
    assert [type(heard.body) for _, _, heard in answers] == [table.exchanges[name].response]
    assert str(answers[0][2].body.response_code) == "FAILED_SequenceError"
    assert answers[0][2].session_id == rig.station.record.session_id
    assert rig.ending("station") is Ending.SEQUENCE_ERROR


@pytest.mark.parametrize(("protocol", "mode"), CASES)
def test_a_request_with_another_session_id_is_refused_at_every_place(
    protocol: str, mode: str
) -> None:
    steps = record(protocol, mode)
    for place, count in places(steps).items():
        if place in {"", "SessionStop"}:
            continue
        following = steps[count]
        for wrong in (bytes(8), b"\xff" * 8, bytes(7) + b"\x01"):
            rig = station_at(protocol, mode, steps[:count])
            before = len(rig.said)
            rig.responder.received(Heard(wrong, following.heard.body))
            answer = rig.said[before][2]
            assert type(answer.body).__name__ == type(following.heard.body).__name__[:-1] + "s"
            assert str(answer.body.response_code) == "FAILED_UnknownSession"
            assert rig.ending("station") is Ending.UNKNOWN_SESSION


@pytest.mark.parametrize(("protocol", "mode"), CASES)
def test_silence_ends_the_session_after_the_sequence_time(protocol: str, mode: str) -> None:
    steps = record(protocol, mode)
    for place, count in places(steps).items():
        if place in {"", "SessionStop"}:
            continue
        rig = station_at(protocol, mode, steps[:count])
        spoken = len(rig.said)
        started = rig.scheduler.now
        rig.scheduler.run(started + 61 * S)
        assert rig.ending("station") is Ending.SEQUENCE_TIMEOUT
        assert 59 * S <= rig.ended_at["station"] - started <= 60 * S
        assert len(rig.said) == spoken
        assert rig.electronics.current == 0.0
