"""How a vehicle asks, how long, and which answers it believes; without sockets."""

from dataclasses import dataclass, field

import pytest

from bsw.os.clock import MS, S
from bsw.sdp.messages import (
    Diagnosis,
    Problem,
    Request,
    Response,
    Security,
    WirelessRequest,
    WirelessResponse,
)
from bsw.sdp.search import Found, Mismatch, Missing, NotFound, Search, SearchRules
from bsw.v2gtp import Fault

TLS, NONE = Security.TLS, Security.NONE
GOOD = Response("fe80::5", 50001, TLS).octets()


@dataclass
class Run:
    """A search in time: what was sent when."""

    search: Search
    now: int = 0
    sent: list[tuple[int, bytes]] = field(default_factory=list)

    def begin(self) -> "Run":
        self.search.begin(self.now)
        self.take()
        return self

    def take(self) -> None:
        request = self.search.outgoing()
        if request is not None:
            self.sent.append((self.now, request))

    def until(self, when: int) -> "Run":
        while self.search.result is None and self.search.due <= when:
            self.now = self.search.due
            self.search.tick(self.now)
            self.take()
        self.now = when
        return self

    def hear(self, datagram: bytes) -> None:
        self.search.hear(datagram, self.now)


def run(rules: SearchRules | None = None, wireless: WirelessRequest | None = None) -> Run:
    return Run(Search(rules or SearchRules(), wireless)).begin()


def test_px_evcc2_001_fifty_requests_a_quarter_second_apart_then_silence_is_the_result() -> None:
    silent = run().until(60 * S)
    assert [when for when, _ in silent.sent] == [index * 250 * MS for index in range(50)]
    assert {octets for _, octets in silent.sent} == {Request(TLS).octets()}
    assert silent.search.result == NotFound(Missing.SILENCE, 50)


def test_further_cycles_go_on_but_never_past_the_communication_setup_time() -> None:
    silent = run(SearchRules(cycles=3)).until(60 * S)
    assert len(silent.sent) == 80
    assert silent.sent[-1][0] < 20 * S
    assert silent.search.result == NotFound(Missing.SILENCE, 80)


def test_the_first_good_answer_ends_the_search() -> None:
    asking = run().until(1 * S)
    asking.hear(GOOD)
    assert asking.search.result == Found("fe80::5", 50001, TLS, TLS, requests=5)
    asking.hear(Response("fe80::6", 50002, TLS).octets())
    asking.until(10 * S)
    assert asking.search.result.address == "fe80::5"
    assert len(asking.sent) == 5


@pytest.mark.parametrize(
    ("bad", "defect"),
    [
        pytest.param(b"\x01\xff" + GOOD[2:], Fault.INVERSE, id="PX-EVCC2-003"),
        pytest.param(GOOD[:7] + b"\x13" + GOOD[8:], Fault.LENGTH, id="PX-EVCC2-005"),
        (Response("::1", 50001, TLS).octets(), Problem.ADDRESS),
        (GOOD[:-1] + b"\x10", Problem.TRANSPORT),
        (GOOD[:-2] + b"\x42\x00", Problem.SECURITY),
    ],
)
def test_an_unacceptable_answer_is_ignored_and_named_at_the_end(
    bad: bytes, defect: Fault | Problem
) -> None:
    asking = run().until(1 * S)
    asking.hear(bad)
    asking.hear(bad)
    asking.until(2 * S)
    assert len(asking.sent) == 9
    asking.until(60 * S)
    assert asking.search.result == NotFound(Missing.UNUSABLE, 50, (defect,))
    assert defect.value in str(asking.search.result)


def test_other_vehicles_requests_are_no_answers_and_no_defects() -> None:
    asking = run()
    asking.hear(Request(TLS).octets())
    asking.until(60 * S)
    assert asking.search.result == NotFound(Missing.SILENCE, 50)


LESS = Response("fe80::5", 50001, NONE).octets()


def test_a_downgrade_is_refused_by_default() -> None:
    asking = run()
    asking.hear(LESS)
    assert asking.search.result == NotFound(Missing.SECURITY, 1)


def test_a_downgrade_may_be_accepted_by_policy_and_shows_in_the_result() -> None:
    asking = run(SearchRules(offered_less=Mismatch.ACCEPT))
    asking.hear(LESS)
    assert asking.search.result == Found("fe80::5", 50001, NONE, asked=TLS, requests=1)


def test_a_downgrade_may_be_ignored_in_hope_of_another_station() -> None:
    asking = run(SearchRules(offered_less=Mismatch.IGNORE))
    asking.hear(LESS)
    asking.until(1 * S)
    asking.hear(GOOD)
    assert isinstance(asking.search.result, Found)
    hopeless = run(SearchRules(offered_less=Mismatch.IGNORE))
    hopeless.hear(LESS)
    hopeless.until(60 * S)
    assert hopeless.search.result == NotFound(Missing.SECURITY, 50)


def test_asking_the_other_way_keeps_the_interval_and_takes_the_new_answer() -> None:
    asking = run(SearchRules(offered_less=Mismatch.ASK_OTHER))
    asking.hear(LESS)
    assert asking.search.result is None
    asking.until(250 * MS)
    assert asking.sent[-1] == (250 * MS, Request(NONE).octets())
    asking.hear(LESS)
    assert asking.search.result == Found("fe80::5", 50001, NONE, asked=NONE, requests=2)


def test_a_station_that_contradicts_itself_is_refused() -> None:
    asking = run(SearchRules(offered_less=Mismatch.ASK_OTHER, offered_more=Mismatch.ASK_OTHER))
    asking.hear(LESS)
    asking.until(250 * MS)
    asking.hear(GOOD)
    assert asking.search.result == NotFound(Missing.SECURITY, 2)


def test_more_security_than_asked_for_is_welcome() -> None:
    asking = run(SearchRules(ask=NONE))
    asking.hear(GOOD)
    assert asking.search.result == Found("fe80::5", 50001, TLS, asked=NONE, requests=1)


def test_loopback_is_an_address_only_where_it_is_the_network() -> None:
    asking = run(SearchRules(loopback=True))
    asking.hear(Response("::1", 50001, TLS).octets())
    assert isinstance(asking.search.result, Found)


ASK = WirelessRequest(TLS, evid="DE12345")
ONGOING = WirelessResponse("::", 0, TLS, Diagnosis.ONGOING).octets()


def test_a_wireless_search_goes_on_as_long_as_the_station_says_ongoing() -> None:
    asking = run(wireless=ASK)
    for second in range(1, 31):
        asking.until(second * S)
        asking.hear(ONGOING)
    final = WirelessResponse(
        "fe80::9", 50009, TLS, Diagnosis.FINISHED_WITH_EVSEID, evseid="DE*ABC*E1"
    )
    asking.hear(final.octets())
    assert isinstance(asking.search.result, Found)
    assert asking.search.result.evseid == "DE*ABC*E1"
    assert asking.sent[-1][1] == ASK.octets()


def test_ongoing_has_an_end() -> None:
    asking = run(wireless=ASK)
    while asking.search.result is None:
        asking.until(asking.now + S)
        asking.hear(ONGOING)
    assert asking.search.result.reason is Missing.DIAGNOSIS  # type: ignore[union-attr]
    assert 60 * S <= asking.now <= 62 * S


def test_a_wireless_error_ends_the_search() -> None:
    asking = run(wireless=ASK)
    asking.hear(WirelessResponse("::", 0, TLS, Diagnosis.ERROR).octets())
    assert asking.search.result == NotFound(Missing.DIAGNOSIS, 1)


def test_a_wireless_search_takes_no_wired_answer_and_the_reverse() -> None:
    wireless = run(wireless=ASK)
    wireless.hear(GOOD)
    assert wireless.search.result is None
    wired = run()
    wired.hear(WirelessResponse("fe80::9", 9, TLS, Diagnosis.FINISHED_WITH_EVSEID).octets())
    assert wired.search.result is None


def test_what_is_remembered_of_a_flood_is_bounded() -> None:
    asking = run()
    for index in range(10_000):
        asking.hear(index.to_bytes(12, "big"))
    asking.until(60 * S)
    assert isinstance(asking.search.result, NotFound)
    assert len(asking.search.result.heard) <= 16
