"""Initiator and responder over a table of two toy exchanges, on virtual time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import pytest

from bsw.chrgm.agreement import Agreement
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import End, Go, Initiator, Next
from bsw.chrgm.engine.responder import Responder
from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said, SessionRecord
from bsw.chrgm.sequence import learn
from bsw.chrgm.sequence.model import Cursor, Edge, Exchange, Limits, SequenceError, Span, table
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.dlt import Dlt, silent
from bsw.dlt_sinks import RingSink
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler


class Code(Enum):
    OK = "OK"
    FAILED = "FAILED"
    SEQUENCE = "FAILED_SequenceError"
    SESSION = "FAILED_UnknownSession"


class Processing(Enum):
    FINISHED = "Finished"
    ONGOING = "Ongoing"


@dataclass(frozen=True)
class HelloReq:
    pass


@dataclass(frozen=True)
class HelloRes:
    response_code: Code = Code.OK


@dataclass(frozen=True)
class WorkReq:
    pass


@dataclass(frozen=True)
class WorkRes:
    response_code: Code = Code.OK
    evse_processing: Processing = Processing.FINISHED


@dataclass(frozen=True)
class ByeReq:
    pass


@dataclass(frozen=True)
class ByeRes:
    response_code: Code = Code.OK


TOY = table(
    "toy",
    "Hello",
    Exchange("Hello", HelloReq, HelloRes, (Edge("Work"), Edge("Bye"))),
    Exchange(
        "Work",
        WorkReq,
        WorkRes,
        (Edge("Work", learn.ongoing), Edge("Bye", learn.finished)),
        Limits(chain=20 * S, chain_perform=15 * S),
        learn.processing,
    ),
    Exchange("Bye", ByeReq, ByeRes),
    spans=(Span("set-up", "", "Hello", vehicle=5 * S, station=4 * S),),
)
RESPONSES = {"Hello": HelloRes, "Work": WorkRes, "Bye": ByeRes}
REQUESTS = {"Hello": HelloReq, "Work": WorkReq, "Bye": ByeReq}


@dataclass
class Car:
    """Says hello, works until finished, says goodbye."""

    pause: int = 100 * MS
    ready: Callable[[], bool] | None = None
    later: Later[Said] | None = None
    stop: bool = False
    finished: bool = False

    def ask(self, name: str) -> Said | Later[Said]:
        if name == "Work" and self.later is not None:
            return self.later
        return Said(REQUESTS[name]())

    def hear(self, name: str, heard: Heard) -> Next:
        if name == "Bye":
            return End(SessionResult(Ending.TERMINATED, name))
        if name == "Work":
            self.finished = heard.body.evse_processing is Processing.FINISHED
        return Go("Bye") if self.finished else Go("Work", self.pause, self.ready, within=3 * S)

    def steer(self, wish: Go, allowed: tuple[str, ...]) -> Next:
        return Go("Bye") if self.stop and wish.to != "Bye" and "Bye" in allowed else wish


@dataclass
class Box:
    """Answers; ``rounds`` times Ongoing first."""

    record: SessionRecord
    rounds: int = 0
    later: Later[Said] | None = None
    code: Code = Code.OK

    def answer(self, name: str, _heard: Heard) -> Said | Later[Said]:
        if name == "Hello":
            self.record.session_id = bytes.fromhex("1122334455667788")
            return Said(HelloRes())
        if name == "Bye":
            return Said(ByeRes())
        if self.later is not None:
            return self.later
        self.rounds -= 1
        processing = Processing.ONGOING if self.rounds >= 0 else Processing.FINISHED
        return Said(WorkRes(self.code, processing))

    def overdue(self, name: str, _heard: Heard) -> Said:
        return Said(RESPONSES[name](Code.FAILED))

    def refuse(self, name: str, code: str, _heard: Heard) -> Said:
        return Said(RESPONSES[name](Code(code)))

    def conclude(self) -> SessionResult:
        return SessionResult(Ending.TERMINATED, "Bye")


class Pair:
    """Both engines with a link of 5 ms each way between them."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.car = Car()
        self.car_record, self.box_record = SessionRecord(), SessionRecord()
        self.box = Box(self.box_record)
        self.results: dict[str, tuple[int, SessionResult]] = {}
        self.said: list[object] = []
        self.cut = False
        self.vehicle = Initiator(
            TOY,
            self.car,
            self.car_record,
            scheduler=self.scheduler,
            timing=Timing(),
            say=lambda sid, said: self._carry(self.station.received, sid, said),
            ended=lambda result: self._ended("vehicle", result),
        )
        self.station = Responder(
            TOY,
            self.box,
            self.box_record,
            scheduler=self.scheduler,
            timing=Timing(),
            log=silent().logger("secc"),
            say=lambda sid, said: self._carry(self.vehicle.received, sid, said),
            ended=lambda result: self._ended("station", result),
        )

    def run(self, until: int = 200 * S) -> None:
        self.station.start(0)
        self.vehicle.start(0)
        self.scheduler.run(until)

    def ending(self, side: str) -> Ending:
        return self.results[side][1].ending

    def _carry(self, to: Callable[[Heard], None], session_id: bytes, said: Said) -> None:
        self.said.append(said.body)
        if not self.cut:
            heard = Heard(session_id, said.body)
            self.scheduler.after(5 * MS, lambda: to(heard), name="link")

    def _ended(self, side: str, result: SessionResult) -> None:
        self.results[side] = (self.scheduler.now, result)


def test_both_sides_come_to_the_agreed_end() -> None:
    pair = Pair()
    pair.box.rounds = 3
    pair.run()
    assert pair.ending("vehicle") is pair.ending("station") is Ending.TERMINATED
    answers = [type(body).__name__ for body in pair.said if hasattr(body, "response_code")]
    assert answers == ["HelloRes", "WorkRes", "WorkRes", "WorkRes", "WorkRes", "ByeRes"]


def test_the_session_id_of_the_first_response_is_adopted() -> None:
    pair = Pair()
    pair.run()
    assert pair.car_record.session_id == bytes.fromhex("1122334455667788")


def test_no_answer_ends_the_vehicle_after_its_patience_and_the_station_after_its_own() -> None:
    pair = Pair()
    pair.box.rounds = 1_000
    pair.scheduler.at(1 * S, lambda: setattr(pair, "cut", True), name="cut")
    pair.run()
    assert pair.ending("vehicle") is Ending.ANSWER_TIMEOUT
    assert pair.ending("station") is Ending.SEQUENCE_TIMEOUT
    assert 3 * S <= pair.results["vehicle"][0] <= 3 * S + 200 * MS
    assert 60 * S < pair.results["station"][0] <= 61 * S + 200 * MS


def test_ongoing_for_ever_ends_at_the_stations_own_limit_with_failed() -> None:
    pair = Pair()
    pair.box.rounds = 10_000
    pair.run()
    assert pair.ending("station") is Ending.ONGOING_TIMEOUT
    assert pair.results["vehicle"][1].code == "FAILED"
    assert 15 * S <= pair.results["station"][0] <= 15 * S + 200 * MS


def test_a_station_that_never_stops_ongoing_meets_the_vehicles_limit() -> None:
    pair = Pair()
    pair.box.rounds = 10_000
    pair.station._timing = Timing(exchanges={"Work": Change(chain_perform=900 * S)})
    pair.run()
    assert pair.ending("vehicle") is Ending.ONGOING_TIMEOUT
    assert 20 * S <= pair.results["vehicle"][0] <= 20 * S + 200 * MS


def test_a_failed_code_ends_both_sides() -> None:
    pair = Pair()
    pair.box.code = Code.FAILED
    pair.run()
    assert pair.ending("vehicle") is pair.ending("station") is Ending.REFUSED
    assert pair.results["vehicle"][1].exchange == "Work"


def test_the_wrong_response_type_ends_the_vehicle() -> None:
    pair = Pair()
    pair.vehicle.start(0)
    pair.vehicle.received(Heard(bytes(7) + b"\x01", ByeRes()))
    assert pair.ending("vehicle") is Ending.SEQUENCE_ERROR


def test_a_response_nobody_asked_for_ends_the_vehicle() -> None:
    pair = Pair()
    pair.vehicle.received(Heard(bytes(8), HelloRes()))
    assert pair.ending("vehicle") is Ending.SEQUENCE_ERROR


def test_a_response_in_another_session_ends_the_vehicle() -> None:
    pair = Pair()
    pair.box.rounds = 5
    pair.scheduler.at(
        50 * MS, lambda: setattr(pair.box_record, "session_id", bytes(7) + b"\x09"), name="swap"
    )
    pair.run()
    assert pair.ending("station") is Ending.UNKNOWN_SESSION
    assert pair.results["vehicle"][1].code == "FAILED_UnknownSession"


def test_a_zero_session_id_is_no_session() -> None:
    pair = Pair()
    pair.vehicle.start(0)
    pair.vehicle.received(Heard(bytes(8), HelloRes()))
    assert pair.ending("vehicle") is Ending.UNKNOWN_SESSION


@pytest.mark.parametrize("request_", [WorkReq(), ByeReq()])
def test_a_request_out_of_order_gets_its_own_response_and_the_end(request_: object) -> None:
    pair = Pair()
    pair.station.start(0)
    pair.station.received(Heard(bytes(8), request_))
    assert pair.ending("station") is Ending.SEQUENCE_ERROR
    expected = RESPONSES[type(request_).__name__.removesuffix("Req")]
    assert pair.said == [expected(Code.SEQUENCE)]


def test_a_refusal_at_once_is_not_called_late() -> None:
    pair = Pair()
    ring = RingSink(10)
    pair.station._log = Dlt(lambda: pair.scheduler.now, (ring,)).logger("secc")
    pair.station.start(0)
    pair.scheduler.at(3 * S, lambda: pair.station.received(Heard(bytes(8), ByeReq())), name="bye")
    pair.scheduler.run(5 * S)
    assert pair.ending("station") is Ending.SEQUENCE_ERROR
    assert ring.records("late answer") == []


def test_a_second_request_before_the_answer_is_out_of_order() -> None:
    pair = Pair()
    pair.box.later = Later()
    pair.station.start(0)
    pair.station.received(Heard(bytes(8), HelloReq()))
    heard = Heard(pair.box_record.session_id, WorkReq())
    pair.station.received(heard)
    pair.station.received(heard)
    assert pair.ending("station") is Ending.SEQUENCE_ERROR


def test_an_answer_that_is_not_ready_in_time_is_replaced() -> None:
    pair = Pair()
    pair.box.later = Later()
    pair.run()
    assert pair.results["station"][1].code == "FAILED"
    assert 1500 * MS < pair.results["station"][0] < 1700 * MS


def test_a_request_that_needs_a_job_waits_for_it() -> None:
    pair = Pair()
    promise: Later[Said] = Later()
    pair.car.later = promise
    pair.scheduler.at(2 * S, lambda: promise.resolve(Said(WorkReq())), name="token")
    pair.run()
    assert pair.ending("vehicle") is Ending.TERMINATED
    assert pair.results["vehicle"][0] > 2 * S


def test_a_job_that_never_ends_is_a_key_fault() -> None:
    pair = Pair()
    pair.car.later = Later()
    pair.run()
    assert pair.ending("vehicle") is Ending.KEY_FAULT


def test_a_condition_holds_back_the_next_request_until_it_is_met() -> None:
    pair = Pair()
    pair.box.rounds = 1
    pair.car.ready = lambda: pair.scheduler.now > 2 * S
    pair.run()
    assert pair.ending("vehicle") is Ending.TERMINATED
    assert 2 * S < pair.results["vehicle"][0] < 3 * S


def test_a_condition_that_is_not_met_ends_the_session_with_its_reason() -> None:
    pair = Pair()
    pair.box.rounds = 1
    pair.car.ready = lambda: False
    pair.run()
    assert pair.ending("vehicle") is Ending.CONDITION_TIMEOUT
    assert pair.results["vehicle"][0] <= 3200 * MS


def test_a_wish_to_stop_is_heard_while_a_condition_is_awaited() -> None:
    pair = Pair()
    pair.box.rounds = 1
    pair.car.ready = lambda: False
    pair.scheduler.at(1 * S, lambda: setattr(pair.car, "stop", True), name="stop")
    pair.run()
    assert pair.ending("vehicle") is Ending.TERMINATED
    assert 1 * S < pair.results["vehicle"][0] < 1100 * MS


def test_the_set_up_limit_runs_from_the_link_and_not_from_the_first_request() -> None:
    pair = Pair()
    pair.cut = True
    pair.scheduler.run(4500 * MS)
    pair.vehicle.start(0)
    pair.scheduler.run(10 * S)
    assert pair.ending("vehicle") is Ending.SETUP_TIMEOUT
    assert pair.results["vehicle"][0] == 5 * S


def test_the_first_ending_stands() -> None:
    pair = Pair()
    pair.vehicle.end(SessionResult(Ending.LINK_LOST))
    pair.vehicle.end(SessionResult(Ending.TERMINATED))
    assert pair.ending("vehicle") is Ending.LINK_LOST


def test_the_cursor_names_what_is_allowed_instead() -> None:
    cursor = Cursor(TOY)
    cursor.step("Hello", Agreement())
    with pytest.raises(SequenceError, match="Hello where only Work, Bye may follow"):
        cursor.step("Hello", Agreement())


def test_what_is_allowed_follows_the_agreement_at_once() -> None:
    cursor = Cursor(TOY)
    open_end, finished = Agreement(finished=False), Agreement(finished=True)
    cursor.step("Hello", finished)
    cursor.step("Work", finished)
    for agreed in (finished, open_end, finished):
        exchange = TOY.exchanges["Work"]
        expected = tuple(edge.to for edge in exchange.follow if edge.when(agreed))
        assert cursor.allowed(agreed) == expected
    assert cursor.allowed(finished) != cursor.allowed(open_end)


def test_a_dangling_edge_is_found_when_the_table_is_built() -> None:
    with pytest.raises(AssertionError, match="leads to unknown Nowhere"):
        table("bad", "A", Exchange("A", HelloReq, HelloRes, (Edge("Nowhere"),)))


def test_a_station_says_where_it_is() -> None:
    pair = Pair()
    station = pair.station
    pair.box.later = Later()
    assert (station.place, station.due, station.first) == ("", ("Hello",), "Hello")
    station.start(0)
    station.received(Heard(bytes(8), HelloReq()))
    assert (station.place, station.due) == ("Work", ("Work", "Bye"))
    station.received(Heard(pair.box_record.session_id, WorkReq()))
    assert station.place == "Work"
    pair.box.later.resolve(Said(WorkRes()))
    assert (station.place, station.due) == ("Bye", ("Bye",))
    station.received(Heard(pair.box_record.session_id, ByeReq()))
    assert (station.place, station.due) == ("Bye", ())


@pytest.mark.parametrize(("body", "begins"), [(HelloReq(), True), (ByeReq(), False), (3, False)])
def test_a_session_begins_with_the_first_request_alone(body: object, *, begins: bool) -> None:
    assert Pair().station.begins_with(Heard(bytes(8), body)) is begins


@pytest.mark.parametrize(("takes", "late"), [(1500 * MS, 0), (1500 * MS + 1, 1)])
def test_an_answer_is_late_after_its_time_and_not_on_it(takes: int, late: int) -> None:
    pair = Pair()
    ring = RingSink(10)
    pair.station._log = Dlt(lambda: pair.scheduler.now, (ring,)).logger("secc")
    pair.station._perform_alarm.cancel()
    pair.station._timing = Timing(exchanges={"Work": Change(perform=1500 * MS)})
    pair.box.later = Later()
    pair.station.start(0)
    pair.station.received(Heard(bytes(8), HelloReq()))
    pair.station.received(Heard(pair.box_record.session_id, WorkReq()))
    pair.station._perform_alarm.cancel()
    pair.scheduler.run(takes)
    pair.box.later.resolve(Said(WorkRes()))
    assert len(ring.records("late answer")) == late


@pytest.mark.parametrize(("since", "over"), [(15 * S - 1, False), (15 * S, True)])
def test_a_row_of_ongoing_is_exhausted_at_its_limit(since: int, *, over: bool) -> None:
    pair = Pair()
    pair.box.rounds = 9
    pair.station.start(0)
    pair.station.received(Heard(bytes(8), HelloReq()))
    work = Heard(pair.box_record.session_id, WorkReq())
    pair.station.received(work)
    pair.scheduler.run(since)
    pair.station.received(work)
    assert (pair.station.result is not None) is over


def test_times_come_from_the_exchange_then_from_everywhere_then_from_the_table() -> None:
    work = TOY.exchanges["Work"]
    span = TOY.spans[0]
    plain = Timing()
    assert plain.of(work) == work.limits
    assert (plain.vehicle_span(span), plain.station_span(span)) == (5 * S, 4 * S)
    changed = Timing(
        everywhere=Change(answer=1, perform=2),
        exchanges={"Work": Change(perform=3)},
        spans={"set-up": 9 * S},
    )
    assert (changed.of(work).answer, changed.of(work).perform) == (1, 3)
    assert changed.of(TOY.exchanges["Hello"]).perform == 2
    assert (changed.vehicle_span(span), changed.station_span(span)) == (9 * S, 9 * S)
