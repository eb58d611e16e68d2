"""Side streams beside a row of ISO 15118-20 messages: one open request each, in their own time.

A short row - set-up, loop, stop - with two streams, walked by both engines through real octets.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.agreement import Agreement, Progress
from bsw.chrgm.applications import ISO20_ACDP
from bsw.chrgm.coding.dialect import iso20
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import End, Go, Initiator, Next
from bsw.chrgm.engine.responder import Responder
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import acdp, common, common_types, dc
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said, SessionRecord
from bsw.chrgm.sequence.model import Edge, Exchange, Side, Table, table
from bsw.chrgm.sequence.timing import Timing
from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.v2gtp import PayloadType

SESSION = b"\x07" * 8
CONFIRMATION = smallest(
    common.MeteringConfirmationReq,
    signed_metering_data=smallest(
        common.SignedMeteringData,
        scheduled_smdt_control_mode=smallest(common.ScheduledSMDTControlMode),
    ),
)


def charging(agreed: Agreement, _request: object, _response: object) -> Agreement:
    return replace(agreed, progress=Progress.CHARGING)


def in_loop(agreed: Agreement) -> bool:
    return agreed.progress is Progress.CHARGING


def confirmed(agreed: Agreement, _request: object, _response: object) -> Agreement:
    return replace(agreed, metered=True)


METERING = Exchange(
    "MeteringConfirmation",
    common.MeteringConfirmationReq,
    common.MeteringConfirmationRes,
    learn=confirmed,
)
STATUS = Exchange("SystemStatus", acdp.ACDPSystemStatusReq, acdp.ACDPSystemStatusRes)
TABLE = table(
    "short",
    "SessionSetup",
    Exchange("SessionSetup", common.SessionSetupReq, common.SessionSetupRes, (Edge("CableCheck"),)),
    Exchange(
        "CableCheck",
        dc.DCCableCheckReq,
        dc.DCCableCheckRes,
        (Edge("CableCheck"), Edge("SessionStop")),
        learn=charging,
    ),
    Exchange("SessionStop", common.SessionStopReq, common.SessionStopRes),
    sides=(
        Side(PayloadType.METERING, METERING, in_loop),
        Side(PayloadType.ACDP_STATUS, STATUS),
    ),
)
EXCHANGES = {**TABLE.exchanges, METERING.name: METERING, STATUS.name: STATUS}


class World:
    """Both engines, 10 ms apart, for as many loops as are wanted."""

    def __init__(self, loops: int = 20, walked: Table = TABLE) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.dialect = iso20(ISO20_ACDP.payload_types)
        self.loops = loops
        self.results: dict[str, SessionResult] = {}
        self.said: list[tuple[str, str, int]] = []
        self.heard_aside: list[str] = []
        self.promised: Later[Said] | None = None
        self.answers: dict[str, Callable[[Heard], Said | Later[Said]]] = {}
        self.records = {"vehicle": SessionRecord(), "station": SessionRecord(SESSION)}
        common_to_both = {"scheduler": self.scheduler, "timing": Timing()}
        self.vehicle = Initiator(
            walked,
            self,
            self.records["vehicle"],
            say=lambda sid, said: self.carry("vehicle", sid, said),
            ended=lambda result: self.over("vehicle", result),
            **common_to_both,  # type: ignore[arg-type]
        )
        self.station = Responder(
            walked,
            self,
            self.records["station"],
            log=silent().logger("test"),
            say=lambda sid, said: self.carry("station", sid, said),
            ended=lambda result: self.over("station", result),
            **common_to_both,  # type: ignore[arg-type]
        )

    def over(self, side: str, result: SessionResult) -> None:
        self.results[side] = result

    def ask(self, name: str) -> Said | Later[Said]:
        if self.promised is not None and name == METERING.name:
            return self.promised
        if name == METERING.name:
            return Said(CONFIRMATION)
        request: Any = EXCHANGES[name].request
        return Said(smallest(request))

    def hear(self, name: str, _heard: Heard) -> Next:
        if name not in TABLE.exchanges:
            self.heard_aside.append(name)
            return Go("never in the row")
        if name == "SessionStop":
            return End(SessionResult(Ending.TERMINATED))
        self.loops -= name == "CableCheck"
        return Go("CableCheck" if self.loops else "SessionStop", after=10 * MS)

    def steer(self, wish: Go, _allowed: tuple[str, ...]) -> Next:
        return wish

    def answer(self, name: str, heard: Heard) -> Said | Later[Said]:
        if name in self.answers:
            return self.answers[name](heard)
        return self.refuse(name, "OK", heard)

    def refuse(self, name: str, code: str, _heard: Heard) -> Said:
        response: Any = EXCHANGES[name].response
        return Said(smallest(response, response_code=common_types.ResponseCode(code)))

    def overdue(self, name: str, heard: Heard) -> Said:
        return self.refuse(name, "FAILED", heard)

    def conclude(self) -> SessionResult:
        return SessionResult(Ending.TERMINATED)

    def carry(self, side: str, session_id: bytes, said: Said) -> None:
        number, octets = self.dialect.encode(session_id, said)
        heard = self.dialect.decode(number, octets)
        self.said.append((side, type(heard.body).__name__, number))
        to = self.station.received if side == "vehicle" else self.vehicle.received
        self.scheduler.after(10 * MS, lambda: to(heard), name="wire")

    def at(self, when: int, name: str) -> list[bool]:
        asked: list[bool] = []
        self.scheduler.at(when, lambda: asked.append(self.vehicle.ask_aside(name)), name="test")
        return asked

    def run(self, until: int = 30 * S) -> "World":
        self.station.start(0)
        self.vehicle.start(0)
        self.scheduler.run(until)
        return self

    def aside(self, number: int) -> list[str]:
        return [name for _, name, one in self.said if one == number]


def test_a_request_aside_is_answered_while_the_row_goes_on() -> None:
    world = World()
    asked = world.at(100 * MS, METERING.name)
    world.run()
    assert asked == [True]
    assert world.aside(PayloadType.METERING) == [
        "MeteringConfirmationReq",
        "MeteringConfirmationRes",
    ]
    assert world.heard_aside == [METERING.name]
    assert world.aside(PayloadType.DC).count("DCCableCheckReq") == 20
    assert {one.ending for one in world.results.values()} == {Ending.TERMINATED}
    assert all(record.agreed.metered for record in world.records.values())


def test_one_request_is_open_in_a_stream_and_each_stream_has_its_own() -> None:
    world = World()
    world.answers[METERING.name] = lambda _heard: Later()  # never ready
    first, second = world.at(100 * MS, METERING.name), world.at(150 * MS, METERING.name)
    other = world.at(150 * MS, STATUS.name)
    world.run(300 * MS)
    assert (first, second, other) == ([True], [False], [True])
    assert world.heard_aside == [STATUS.name]


def test_before_its_time_a_stream_is_closed_to_the_vehicle() -> None:
    world = World()
    early = world.at(5 * MS, METERING.name)
    world.run()
    assert early == [False]
    assert world.aside(PayloadType.METERING) == []


@pytest.mark.parametrize("again", [False, True])
def test_a_station_refuses_what_comes_out_of_time_or_twice(*, again: bool) -> None:
    world = World()
    if again:
        world.answers[METERING.name] = lambda _heard: Later()
    request = Said(CONFIRMATION, payload_type=PayloadType.METERING)
    for when in (100 * MS, 101 * MS) if again else (5 * MS,):
        world.scheduler.at(when, lambda: world.carry("vehicle", SESSION, request), name="test")
    world.run()
    result = world.results["station"]
    assert (result.ending, result.code) == (Ending.SEQUENCE_ERROR, "FAILED_SequenceError")
    assert result.exchange == METERING.name
    assert world.aside(PayloadType.METERING)[-1] == "MeteringConfirmationRes"


def test_a_message_in_the_wrong_stream_is_out_of_sequence() -> None:
    world = World()
    request = Said(CONFIRMATION, payload_type=PayloadType.SCHEDULE)
    world.scheduler.at(100 * MS, lambda: world.carry("vehicle", SESSION, request), name="test")
    world.run()
    assert world.results["station"].ending is Ending.SEQUENCE_ERROR
    assert "0x8101" in world.results["station"].detail


def test_a_request_of_another_session_is_refused_aside_too() -> None:
    world = World()
    request = Said(smallest(acdp.ACDPSystemStatusReq), payload_type=PayloadType.ACDP_STATUS)
    world.scheduler.at(100 * MS, lambda: world.carry("vehicle", b"\x09" * 8, request), name="test")
    world.run()
    assert world.results["station"].ending is Ending.UNKNOWN_SESSION


def test_an_answer_that_nobody_asked_for_ends_the_vehicles_session() -> None:
    world = World()
    answer = Said(smallest(acdp.ACDPSystemStatusRes), payload_type=PayloadType.ACDP_STATUS)
    world.scheduler.at(100 * MS, lambda: world.carry("station", SESSION, answer), name="test")
    world.run()
    assert world.results["vehicle"].ending is Ending.SEQUENCE_ERROR


def test_a_refusal_aside_ends_both() -> None:
    world = World()
    world.answers[METERING.name] = lambda heard: world.refuse(METERING.name, "FAILED", heard)
    world.at(100 * MS, METERING.name)
    world.run()
    for result in world.results.values():
        assert (result.ending, result.exchange) == (Ending.REFUSED, METERING.name)
    assert len(world.results) == 2


def test_silence_aside_is_no_answer_in_time_although_the_row_is_answered() -> None:
    world = World(loops=10_000)
    world.answers[METERING.name] = lambda _heard: Later()
    world.at(100 * MS, METERING.name)
    world.run()
    result = world.results["vehicle"]
    assert (result.ending, result.exchange) == (Ending.ANSWER_TIMEOUT, METERING.name)


def test_a_request_that_is_signed_first_leaves_when_it_is_ready() -> None:
    world = World()
    world.promised = Later()
    world.at(100 * MS, METERING.name)
    again = world.at(150 * MS, METERING.name)
    ready = Said(CONFIRMATION)
    world.scheduler.at(200 * MS, lambda: world.promised.resolve(ready), name="signed")  # type: ignore[union-attr]
    world.run()
    assert again == [False]
    assert world.heard_aside == [METERING.name]
