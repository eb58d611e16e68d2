"""The WebSocket of both ends, fed octet by octet, damaged, oversized and repeated."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.randomness import SeededRandomness
from ocpp.websocket import (
    Asked,
    Closing,
    Event,
    Opened,
    Pong,
    Refusal,
    SocketRules,
    Text,
    WebSocket,
    basic,
    basic_parts,
    client,
    masked,
    server,
)

RULES = SocketRules(longest=5000)
PLAIN = SocketRules(longest=5000, compress=False)


def asking(
    *, rules: SocketRules = RULES, offers: tuple[str, ...] = ("ocpp2.1", "ocpp1.6"), seed: int = 1
) -> WebSocket:
    return client(
        host="csms.example:9000",
        path="/ocpp/CS%201",
        offers=offers,
        randomness=SeededRandomness(seed),
        authorization=basic("CS 1", "päss:word"),
        rules=rules,
    )


class Two:
    """Both ends and the octets between them."""

    def __init__(self, one: WebSocket, other: WebSocket, *, piece: int = 10**6) -> None:
        self.one, self.other, self.piece = one, other, piece
        self.heard: dict[WebSocket, list[Event]] = {one: [], other: []}
        self.wire = b""

    def carry(self) -> None:
        moved = True
        while moved:
            moved = False
            for here, there in ((self.one, self.other), (self.other, self.one)):
                octets, ended = here.outgoing()
                self.wire += octets
                for at in range(0, len(octets), self.piece):
                    there.received(octets[at : at + self.piece])
                if ended:
                    there.received(b"")
                moved = moved or bool(octets)
                self.heard[there] += there.events()
                self.heard[here] += here.events()

    def heard_by(self, end: WebSocket) -> list[Event]:
        self.carry()
        taken, self.heard[end] = self.heard[end], []
        return taken


def opened(*, rules: SocketRules = RULES, piece: int = 10**6, pick: str = "ocpp1.6") -> Two:
    two = Two(asking(rules=rules), server(rules), piece=piece)
    [asked] = two.heard_by(two.other)
    assert isinstance(asked, Asked)
    two.other.accept(pick)
    compressed = rules.compress
    assert two.heard_by(two.one) == [Opened(pick, compressed=compressed)]
    assert two.heard_by(two.other) == [Opened(pick, compressed=compressed)]
    return two


def test_a_client_says_who_it_is_and_what_it_speaks() -> None:
    two = Two(asking(), server(RULES))
    [asked] = two.heard_by(two.other)
    assert isinstance(asked, Asked)
    assert (asked.path, asked.offers) == ("/ocpp/CS%201", ("ocpp2.1", "ocpp1.6"))
    assert basic_parts(asked.authorization) == ("CS 1", "päss:word")
    assert b"Host: csms.example:9000\r\n" in two.wire
    assert b"permessage-deflate" in two.wire


@pytest.mark.parametrize(
    "header", ["", "Bearer x", "Basic", "Basic !!", "Basic YWJj", "Basic /w=="]
)
def test_another_authorization_is_none(header: str) -> None:
    assert basic_parts(header) is None


@pytest.mark.parametrize("rules", [RULES, PLAIN])
@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_texts_come_through_in_any_pieces(rules: SocketRules, piece: int) -> None:
    two = opened(rules=rules, piece=piece)
    texts = [b"", b"[]", "ü".encode() * 100, b"x" * 125, b"y" * 126, b"z" * 4999]
    for octets in texts:
        two.one.text(octets)
        two.other.text(octets)
    assert two.heard_by(two.one) == [Text(octets) for octets in texts]
    assert two.heard_by(two.other) == [Text(octets) for octets in texts]


@given(st.binary(max_size=70_000), st.binary(min_size=4, max_size=4))
def test_a_mask_taken_twice_is_none(data: bytes, mask: bytes) -> None:
    head = bytes([0x82])
    size = len(data)
    if size < 126:
        head += bytes([size])
    elif size < 65_536:
        head += bytes([126]) + size.to_bytes(2, "big")
    else:
        head += bytes([127]) + size.to_bytes(8, "big")
    sent = masked(head + data, mask)
    assert sent[1] == head[1] | 0x80
    assert sent[len(head) : len(head) + 4] == mask
    body = sent[len(head) + 4 :]
    assert bytes(octet ^ mask[at % 4] for at, octet in enumerate(body[:99])) == data[:99]
    assert len(body) == size


def test_fragments_are_joined() -> None:
    two = opened(rules=PLAIN)
    two.one._protocol.send_text(b"[1,", fin=False)
    two.one.ping(b"between")
    two.one._protocol.send_continuation(b"2]", fin=True)
    assert two.heard_by(two.other) == [Text(b"[1,2]")]
    assert two.heard_by(two.one) == [Pong(b"between")]


@pytest.mark.parametrize("rules", [RULES, PLAIN])
def test_the_same_seed_gives_the_same_octets(rules: SocketRules) -> None:
    def wire(seed: int) -> bytes:
        two = Two(asking(rules=rules, seed=seed), server(rules))
        two.carry()
        two.other.accept("ocpp1.6")
        two.carry()
        for number in range(5):
            two.one.text(b"hello %d" % number)
            two.carry()
        return two.wire

    assert wire(1) == wire(1)
    assert wire(1) != wire(2)


def test_a_close_is_answered_and_both_know_the_code() -> None:
    two = opened()
    two.one.close(1001, "going")
    assert two.heard_by(two.other) == [Closing(1001, "going")]
    assert two.heard_by(two.one) == [Closing(1001, "going")]
    assert two.one.close_expected
    two.one.text(b"too late")
    assert two.heard_by(two.other) == []


@pytest.mark.parametrize("rules", [RULES, PLAIN])
def test_a_message_that_is_too_long_ends_the_connection(rules: SocketRules) -> None:
    two = opened(rules=rules)
    two.one.text(b"x" * 5001)
    assert [each.code for each in two.heard_by(two.other) if isinstance(each, Closing)] == [1009]


def test_small_pieces_of_a_message_that_is_too_long_end_it_as_well() -> None:
    two = opened(rules=PLAIN)
    two.one._protocol.send_text(b"x" * 3000, fin=False)
    two.one._protocol.send_continuation(b"x" * 3000, fin=True)
    assert [each.code for each in two.heard_by(two.other) if isinstance(each, Closing)] == [1009]


def test_text_that_is_not_utf8_and_binary_end_the_connection() -> None:
    two = opened()
    two.one.text(b"\xff")
    assert [each.code for each in two.heard_by(two.other) if isinstance(each, Closing)] == [1007]
    two = opened()
    two.one._protocol.send_binary(b"[]")
    assert [each.code for each in two.heard_by(two.other) if isinstance(each, Closing)] == [1003]


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_rejection_has_its_status(status: int) -> None:
    two = Two(asking(), server(RULES))
    two.carry()
    two.other.reject(status, "no")
    [refusal] = two.heard_by(two.one)
    assert isinstance(refusal, Refusal)
    assert refusal.status == status


def test_no_agreed_protocol_is_still_an_open_socket() -> None:
    opened(pick="")


def test_a_protocol_that_was_not_offered_is_refused_by_the_client() -> None:
    two = Two(asking(offers=("ocpp2.1",)), server(RULES))
    two.carry()
    two.other.accept("ocpp1.6")
    [refusal] = two.heard_by(two.one)
    assert isinstance(refusal, Refusal)
    assert "ocpp1.6" in refusal.why


def test_a_request_that_is_no_websocket_is_rejected() -> None:
    end = server(RULES)
    end.received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    [asked] = end.events()
    assert isinstance(asked, Asked)
    end.accept("")
    [refusal] = end.events()
    assert isinstance(refusal, Refusal)
    assert refusal.status == 426
    assert end.outgoing()[0].startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize("end", ["client", "server"])
@pytest.mark.parametrize("seed", range(300))
def test_no_octets_make_an_end_fail(end: str, seed: int) -> None:
    """Before the handshake, and after it with damage to real frames."""
    random = Random(f"{end}{seed}")
    if random.random() < 0.5:
        fresh = asking() if end == "client" else server(RULES)
        fresh.received(random.choice([b"GET / HTTP/1.1\r\n", b"HTTP/1.1 101 X\r\n", b"\x16\x03"]))
        fresh.received(random.randbytes(random.randint(0, 300)))
        fresh.received(b"\r\n\r\n")
        fresh.received(b"")
        fresh.events()
        return
    two = opened(rules=random.choice([RULES, PLAIN]))
    target, source = (two.one, two.other) if end == "client" else (two.other, two.one)
    for _ in range(20):
        source.text(random.randbytes(random.randint(0, 200)).hex().encode())
        octets = bytearray(source.outgoing()[0])
        if octets and random.random() < 0.3:
            octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
        if octets:
            target.received(bytes(octets))
        target.events()
        target.outgoing()
    target.received(b"")
    target.events()


@pytest.mark.parametrize("opened_first", [True, False])
def test_the_end_of_the_stream_is_told_once(*, opened_first: bool) -> None:
    end = opened().one if opened_first else asking()
    end.outgoing()
    end.received(b"")
    end.received(b"")
    assert [type(each) for each in end.events()] == [Closing if opened_first else Refusal]
