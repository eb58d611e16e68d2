"""Requests that are broken, doubled, mixed up or slow: nobody is taken in, and nothing hangs.

What a station may do with octets that are no message is left to it - no answer, a refusal, the
end of the connection -, but it takes none of it for good, and the next vehicle is served.  What is
only slow is answered.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from bsw import v2gtp
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.os.clock import MS, S
from tools.conformance import judge
from tools.conformance.bench import AC, Deviation, NotReached, Setup
from tools.conformance.broken import (
    BARE,
    CUT,
    HUGE,
    INTERLEAVED,
    PROMISED,
    ZEROS,
    Broken,
    Octets,
    other_than,
    payload_of,
    reframed,
)
from tools.conformance.station.cases import Case, reached
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

PIECE: Final = 40 * MS
FIRST: Final = "SessionSetup"
CONTROL: Final = "NEG-SECC-MSG-SessionSetup-none"
ANOTHER: Final = b"GET / HTTP/1.1\r\nHost: charger\r\n\r\n"
NO_PLACE: Final = "Loop"
"""Where the same may be said again and again, and there is no time for slowness."""


def _flipped(request: bytes) -> bytes:
    """The event code of the body's element, or what stands nearest to it, becomes another."""
    body = bytearray(payload_of(request))
    body[1] ^= 0xFF
    return reframed(request, bytes(body))


BROKEN: Final[dict[str, Broken]] = {
    "cut": CUT,
    "empty": ("nothing behind the header", lambda one: reframed(one, b"")),
    "flipped": ("a turned octet near the beginning", _flipped),
    "garbage": ("random octets", lambda one: reframed(one, b"\x80\x98" + bytes(range(7, 90)))),
    "zeros": ZEROS,
    "text": (
        "another language",
        lambda one: reframed(one, b"GET / HTTP/1.1\r\nHost: charger\r\n\r\n"),
    ),
    "huge": HUGE,
    "promised": PROMISED,
    "bare": BARE,
    "interleaved": INTERLEAVED,
}


def broken(change: Octets, place: str, setup: Setup) -> None:
    walk = _reached(place, setup)
    octets = change(_good(walk, place))
    answer = walk.tester.ask_raw(octets, 2 * S)
    not_taken(answer)
    served_again(walk)


def of_another_protocol(place: str, setup: Setup) -> None:
    """A request that is whole, of the protocol that was not agreed."""
    walk = _reached(place, setup)
    other = other_than(setup.protocol)
    name = walk.words.exchange(place)
    exchange = other.table.exchanges.get(name, other.table.exchanges["SessionStop"])
    said = Said(smallest(exchange.request))
    octets = v2gtp.pack(*other.dialect.encode(walk.tester.session_id, said))
    not_taken(walk.tester.ask_raw(octets, 2 * S))
    served_again(walk)


def not_taken(answer: Heard | None) -> None:
    if answer is None:
        return
    name, code = type(answer.body).__name__, code_of(answer.body)
    judge.require(refused(code), f"what is no message was answered with {name} {code}")


def served_again(walk: Walk) -> None:
    """The connection is given up; the next one comes up to a session."""
    walk.tester.leave()
    walk.lab.unplug()
    walk.lab.run(6 * S)
    try:
        again = Walk(walk.lab, VehicleTester(walk.lab))
        again.begin()
        again.do("SessionSetup")
    except Deviation as deviation:
        raise Deviation(f"the next vehicle is not served: {deviation}") from deviation


def with_tail(whole: bytes) -> bytes:
    return reframed(whole, payload_of(whole) + b"\0\0\0")


def trailing(place: str, setup: Setup) -> None:
    """Octets behind the message: answered or refused, but never left hanging."""
    walk = _reached(place, setup)
    answer = walk.tester.ask_raw(with_tail(_good(walk, place)), 6 * S)
    judge.require(answer is not None or not walk.tester.is_open, "no answer, and no end")
    if answer is not None and not refused(code_of(answer.body)):
        walk.lab.remarks.append("octets behind a message are tolerated")


def doubled(place: str, setup: Setup) -> None:
    """The same request twice in one segment: the second is out of order."""
    walk = _reached(place, setup)
    octets = _good(walk, place)
    first = walk.tester.ask_raw(2 * octets, 6 * S)
    heard = judge.answered(walk, first, walk.words.exchange(place), OK)
    processing = getattr(heard.body, "evse_processing", None)
    if processing is not None and processing.value != "Finished":
        raise NotReached(f"{place} is asked again by right: {processing.value}")
    second = walk.tester.next_answer(6 * S)
    if second is None:
        judge.require(not walk.tester.is_open, "the second request was passed over")
        return
    judge.require(refused(code_of(second.body)), "the second request was answered as well")
    judge.closes(walk)


def in_pieces(size: int, place: str, setup: Setup) -> None:
    """The request dribbles in; it is whole long before anybody's time is over."""
    walk = _reached(place, setup)
    octets = _good(walk, place)
    step = max(1, len(octets) // size)
    parts = [octets[at : at + step] for at in range(0, len(octets), step)]
    for part in parts[:-1]:
        walk.tester.send_raw(part)
        walk.lab.run(PIECE)
    answer = walk.tester.ask_raw(parts[-1], 6 * S)
    judge.answered(walk, answer, walk.words.exchange(place), OK)


def stalled(setup: Setup) -> None:
    """Who connects and says nothing keeps no other vehicle away, and is not waited for for ever."""
    walk = _reached("SessionSetup", setup)
    walk.tester.send_raw(_good(walk, "SessionSetup")[:5])
    judge.require(
        walk.tester.silent_until_closed(walk.lab.limits.sequence + 25 * S) is not None,
        "half a header keeps the connection open",
    )
    served_again(walk)


OK: Final = ("OK", "OK_NewSessionEstablished")
PLACES: Final = ("SessionSetup", "ServiceDiscovery", "ChargeParameterDiscovery", "Loop")


def _reached(place: str, setup: Setup) -> Walk:
    walk = reached(place, setup)
    walk.prepare(place)
    return walk


def _good(walk: Walk, place: str) -> bytes:
    return walk.tester.octets_of(walk.tester.await_later(walk.words.request(place)))


def _rows() -> Iterator[Case]:
    for words, setup in (("", Setup()), ("AC-", Setup(mode=AC)), ("DIN-", Setup(protocol="din"))):
        places = PLACES if not words else ("ServiceDiscovery",)
        for place in places:
            for name, (title, change) in BROKEN.items():
                play = partial(broken, change, place)
                yield _case(f"{words}{place}-{name}", title, play, setup, place)
            head = f"{words}{place}"
            plays: dict[str, tuple[str, Callable[[str, Setup], None]]] = {
                "trailing": ("octets behind the message", trailing),
                "schema": ("a message of another protocol", of_another_protocol),
            }
            if place != NO_PLACE:
                plays["doubled"] = ("twice in one segment -> the second refused", doubled)
                plays["pieces"] = ("in four pieces -> answered", partial(in_pieces, 4))
            for name, (title, how) in plays.items():
                yield _case(f"{head}-{name}", title, partial(how, place), setup, place)
    yield _case("stalled", "half a header, then nothing -> closed", stalled, Setup(), "stalled")


def _case(name: str, title: str, play: Callable[[Setup], None], setup: Setup, place: str) -> Case:
    told = f"broken request; {place}: {title}"
    about, kind = (place, "broken"), f"broken request; {title}"
    control = CONTROL if place == FIRST else ""
    return Case(f"NEG-SECC-MSG-{name}", told, play, setup, about, control=control, kind=kind)


def good(setup: Setup) -> None:
    """The first request with nothing wrong: who does not answer it serves nobody after either."""
    walk = _reached(FIRST, setup)
    walk.do(FIRST)


def cases() -> list[Case]:
    title = f"broken request; {FIRST}: nothing is wrong -> answered"
    return [Case(CONTROL, title, good, Setup(), (FIRST, "good")), *_rows()]
