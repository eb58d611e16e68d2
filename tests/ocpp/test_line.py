"""Station and back end on one link: versions, credentials, pings, cuts and coming back."""

from dataclasses import replace
from itertools import pairwise

import pytest

from bsw.os.clock import MS, S
from ocpp.address import AddressUnusable
from ocpp.backoff import BackOffRules
from ocpp.client import Client, ClientRules
from ocpp.connection import DEFAULT_CONNECTION, Cause
from ocpp.happenings import Answered, Called, CutOff, Happening, TimedOut
from ocpp.server import Rejection, Server
from ocpp.versions import Version
from ocpp.websocket import SocketRules
from tests.net.worlds import KINDS, Recorder
from tests.ocpp.line import line

V16, V201, V21 = Version.V16, Version.V201, Version.V21
QUIET = replace(DEFAULT_CONNECTION, ping_every=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compress", [True, False])
def test_both_ends_call_and_answer(kind: str, *, compress: bool) -> None:
    rules = replace(DEFAULT_CONNECTION, socket=SocketRules(compress=compress))
    with line(kind, rules=rules) as made:
        made.opened()
        made.client.call("Heartbeat", {})
        made.until(lambda: any(isinstance(each, Answered) for each in made.station.heard))

        def on(each: Happening) -> None:
            if isinstance(each, Called):
                made.client.answer(each.id, {"status": "Accepted"})

        made.station.on = on
        made.backend.sessions[0].call("ClearCache", {})
        made.until(lambda: any(isinstance(each, Answered) for each in made.backend.heard))


@pytest.mark.parametrize(
    ("wished", "speaks", "agreed"),
    [
        ((V21, V201, V16), (V21, V201, V16), V21),
        ((V21, V201, V16), (V16,), V16),
        ((V21, V201, V16), (V16, V201), V201),
        ((V16, V201), (V21, V201, V16), V16),
        ((V201,), (V21, V201), V201),
    ],
)
def test_the_best_common_version_is_agreed_in_one_handshake(
    wished: tuple[Version, ...], speaks: tuple[Version, ...], agreed: Version
) -> None:
    with line(wished=wished, speaks=speaks) as made:
        made.opened()
        assert made.client.version is agreed
        assert made.backend.sessions[0].version is agreed
        assert len(made.backend.applicants) == 1


def test_without_a_common_version_the_socket_is_opened_and_closed() -> None:
    with line(wished=(V21, V201), speaks=(V16,)) as made:
        made.client.open()
        made.until(lambda: len(made.station.ended) == 4)
        assert {gone.cause for gone in made.station.ended} <= {Cause.NO_VERSION, Cause.CLOSED}
        offers = [applicant.offers for applicant in made.backend.applicants[:4]]
        assert offers == [
            ("ocpp2.1", "ocpp2.0.1"),
            ("ocpp2.1",),
            ("ocpp2.0.1",),
            ("ocpp2.1", "ocpp2.0.1"),
        ]
        assert made.station.versions == []


def test_a_back_end_that_cannot_pick_from_a_list_gets_one_version_at_a_time() -> None:
    with line(speaks=(V16,)) as made:
        made.backend.rejection = Rejection(400, "one sub-protocol please")

        def look() -> None:
            last = made.backend.applicants[-1:]
            if last and last[0].offers == ("ocpp2.0.1",):
                made.backend.rejection = None

        watch = made.world.scheduler.every(100 * MS, look, name="look")
        made.opened()
        watch.stop()
        assert made.client.version is V16
        offers = [applicant.offers for applicant in made.backend.applicants]
        assert offers[1:] == [("ocpp2.1",), ("ocpp2.0.1",), ("ocpp1.6",)]


def test_identity_and_password_come_with_the_handshake() -> None:
    """TC_A_01, A00.FR.303."""
    with line(password="secret:Ä") as made:
        made.opened()
        [applicant] = made.backend.applicants
        assert (applicant.identity, applicant.user) == ("CS-1", "CS-1")
        assert applicant.password == "secret:Ä"
        assert "secret" not in repr(made.client.rules)


def test_a_new_password_counts_after_coming_back_at_once() -> None:
    with line(password="old", back_off=BackOffRules(minimum=1000 * S)) as made:
        made.opened()
        made.client.rules = replace(made.client.rules, password="new")
        made.client.renew("another password")
        made.until(lambda: len(made.backend.sessions) == 2)
        assert [each.password for each in made.backend.applicants] == ["old", "new"]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, Cause.UNAUTHORIZED),
        (403, Cause.UNAUTHORIZED),
        (404, Cause.UNKNOWN_IDENTITY),
        (503, Cause.REJECTED),
    ],
)
def test_a_rejection_is_told_apart(status: int, cause: Cause) -> None:
    with line() as made:
        made.backend.rejection = Rejection(status, "no")
        made.client.open()
        made.until(lambda: made.station.ended)
        assert made.station.ended[0].cause is cause
        assert str(status) in made.station.ended[0].detail
        made.backend.rejection = None
        made.until(lambda: made.client.is_open)


def test_a_back_end_that_is_not_there_is_tried_again_with_longer_waits() -> None:
    with line(back_off=BackOffRules(minimum=10 * S, random_range=0, repeats=2)) as made:
        made.server.close()
        made.client.open()
        made.until(lambda: len(made.station.at) == 6, within=300 * S)
        waits = [(after - before) // S for before, after in pairwise(made.station.at)]
        assert waits == [10, 20, 40, 40, 40]


@pytest.mark.parametrize("way", ["abort", "close", "vanish"])
def test_a_lost_connection_ends_the_open_calls_and_comes_back(way: str) -> None:
    with line(rules=QUIET) as made:
        made.opened()
        name = made.client.call("DataTransfer", {"vendorId": "v"}, within=500 * S)
        made.until(lambda: made.backend.heard)
        if way == "vanish":
            made.world.simulated.cut()
            made.until(lambda: made.station.ended, within=100 * S)
            made.world.simulated.restore()
        else:
            getattr(made.backend.sessions[0], way)()
        made.until(lambda: len(made.backend.sessions) == 2, within=200 * S)
        assert CutOff(name, "DataTransfer", sent=True) in made.station.heard
        made.client.call("Heartbeat", {})
        made.until(lambda: isinstance(made.station.heard[-1], Answered))


def test_silence_of_the_back_end_ends_the_call_only() -> None:
    with line() as made:
        made.opened()
        name = made.client.call("DataTransfer", {"vendorId": "v"}, within=5 * S)
        made.until(lambda: TimedOut(name, "DataTransfer") in made.station.heard)
        assert made.client.is_open


def test_pings_are_answered_for_hours() -> None:
    with line() as made:
        made.opened()
        made.world.scheduler.run(made.world.scheduler.now + 7200 * S)
        assert made.client.is_open
        assert made.station.ended == []


def test_no_answer_to_a_ping_ends_the_connection() -> None:
    rules = replace(DEFAULT_CONNECTION, ping_every=10 * S, pong_within=5 * S)
    with line(rules=rules) as made:
        made.opened()
        server = made.backend.sessions[0]._connection
        server._ping.cancel()
        assert server._stream is not None
        server._stream.pause()  # a peer that is stuck
        made.until(lambda: made.station.ended)
        assert made.station.ended[0].cause is Cause.TIMEOUT
        assert "ping" in made.station.ended[0].detail


def test_a_peer_that_never_finishes_its_handshake_is_let_go() -> None:
    rules = replace(DEFAULT_CONNECTION, handshake_within=3 * S)
    with line(rules=rules) as made:
        listener = made.server.listen(made.world.station)
        silent = Recorder()
        made.world.vehicle.connect(listener.local, silent, timeout=5 * S)
        made.until(lambda: silent.end is not None)
        assert made.server.sessions == ()


def test_leaving_is_polite_and_final() -> None:
    with line() as made:
        made.opened()
        made.client.close(1001, "night")
        made.until(lambda: made.backend.ended and made.station.ended)
        assert made.backend.ended[0].cause is Cause.CLOSED
        assert "night" in made.backend.ended[0].detail
        assert made.station.ended[0].cause is Cause.LOCAL
        made.world.scheduler.run(made.world.scheduler.now + 1000 * S)
        assert len(made.backend.sessions) == 1


@pytest.mark.parametrize("path", ["/ocpp/", "/ocpp/a%3Ab"])
def test_a_path_without_an_identity_is_not_found(path: str) -> None:
    with line() as made:
        listener = made.server.listen(made.world.station)
        visitor = Recorder()
        visitor.stream = made.world.vehicle.connect(listener.local, visitor, timeout=5 * S)
        made.until(lambda: visitor.is_connected)
        request = (
            f"GET {path} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        visitor.the_stream.write(request.encode())
        made.until(lambda: visitor.end is not None)
        assert visitor.data.startswith(b"HTTP/1.1 404 ")
        assert made.backend.applicants == []


def test_a_url_that_cannot_be_used_is_refused_at_once() -> None:
    with line() as made, pytest.raises(AddressUnusable, match="wss://csms"):
        Client(
            made.client._means,
            made.world.vehicle,
            made.client._resolve,
            ClientRules("http://x", "A"),
            made.station,
        )


def test_a_run_can_be_repeated() -> None:
    def heard() -> list[str]:
        with line() as made:
            made.opened()
            for _ in range(3):
                made.client.call("Heartbeat", {})
            made.until(lambda: len(made.station.heard) == 3)
            return [repr(each) for each in made.backend.heard]

    assert heard() == heard()


def test_a_server_holds_a_bounded_number_of_connections() -> None:
    with line() as made:
        made.opened()
        crowded = Server(made.server.means, made.backend, most=2)
        listener = crowded.listen(made.world.station)
        visitors = [Recorder() for _ in range(3)]
        for visitor in visitors:
            made.world.vehicle.connect(listener.local, visitor, timeout=5 * S)
        made.until(lambda: sum(visitor.end is not None for visitor in visitors) == 1)
        assert len(crowded.sessions) == 2
        assert crowded.turned_away == 1
        crowded.close()
