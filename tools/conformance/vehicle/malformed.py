"""Answers that are broken, late or in pieces: a vehicle ends safely, or waits as it should."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from bsw import v2gtp
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Said
from bsw.os.clock import S
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
    reframed,
)
from tools.conformance.station.cases import Case
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.plays import AC_CAR, DC_CAR, DIN_CAR
from tools.conformance.vehicle.scripted_station import Pieces, StationTester
from tools.conformance.vehicle.words import SESSION

AFTER: Final = {"CurrentDemand": 50, "ChargingStatus": 20}


BROKEN: Final[dict[str, Broken]] = {
    "cut": CUT,
    "zeros": ZEROS,
    "text": ("another language", lambda one: reframed(one, b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "huge": HUGE,
    "promised": PROMISED,
    "bare": BARE,
    "interleaved": INTERLEAVED,
}


def broken(change: Octets, name: str, setup: VehicleSetup) -> None:
    """It is no answer: the vehicle ends, at the latest when its time for the answer is over."""
    tester = judge.begin(setup)
    tester.on(name, _in_place(tester, name, change), after=AFTER.get(name, 0))
    tester.plug_in()
    judge.ends(tester, within=60 * S)
    judge.gave_up(tester, tester.spoilt[name])


def _in_place(tester: StationTester, name: str, change: Octets) -> Callable[[Any], Pieces]:
    return lambda request: Pieces(((0, change(_good(tester, name, request))),))


def of_another_protocol(name: str, setup: VehicleSetup) -> None:
    """An answer that is whole, of the protocol that was not agreed."""
    other = other_than(setup.protocol)
    exchange = other.table.exchanges.get(name, other.table.exchanges["SessionStop"])
    foreign = v2gtp.pack(*other.dialect.encode(SESSION, Said(smallest(exchange.response))))
    broken(lambda _good: foreign, name, setup)


def _good(tester: StationTester, name: str, request: Any) -> bytes:  # noqa: ANN401 - of any protocol
    return tester.octets_of(tester.words.answers[name](request))


def late(share: float, name: str, setup: VehicleSetup) -> None:
    """A share of the vehicle's patience for one answer: below 1 it goes on, above it ends."""
    tester = judge.begin(setup)
    patience = protocol(setup.protocol).table.exchanges[name].limits.answer
    delay = int(patience * share)

    def answer(request: Any) -> Pieces:  # noqa: ANN401 - of any protocol
        return Pieces(((delay, _good(tester, name, request)),))

    tester.on(name, answer)
    if share > 1.0:
        tester.plug_in()
        judge.ends(tester, within=60 * S)
        judge.gave_up(tester, tester.spoilt[name])
    else:
        judge.charging(tester)
        judge.finish(tester)


def dribbled(name: str, setup: VehicleSetup) -> None:
    """In ten pieces, together within half of the vehicle's patience."""
    tester = judge.begin(setup)
    patience = protocol(setup.protocol).table.exchanges[name].limits.answer

    def answer(request: Any) -> Pieces:  # noqa: ANN401 - of any protocol
        octets = _good(tester, name, request)
        step = len(octets) // 10 + 1
        parts = [octets[at : at + step] for at in range(0, len(octets), step)]
        return Pieces(tuple((patience * at // 20, part) for at, part in enumerate(parts)))

    tester.on(name, answer)
    judge.charging(tester)
    judge.finish(tester)


EACH: Final[tuple[tuple[str, VehicleSetup, tuple[str, ...]], ...]] = (
    ("DC", DC_CAR, ("SessionSetup", "ChargeParameterDiscovery", "CurrentDemand")),
    ("AC", AC_CAR, ("ServiceDiscovery", "ChargingStatus")),
    ("DIN", DIN_CAR, ("ServiceDiscovery",)),
)
SHARES: Final = {"late-80": 0.8, "late-120": 1.2, "late-300": 3.0}


def _rows() -> Iterator[Case]:
    for words, setup, names in EACH:
        for name in names:
            for fault, (title, change) in BROKEN.items():
                play = partial(broken, change, name)
                yield _case(f"{words}-{name}-{fault}", title, play, setup, name)
            title = "a message of another protocol"
            play = partial(of_another_protocol, name)
            yield _case(f"{words}-{name}-schema", title, play, setup, name)
        name = names[0]
        for fault, share in SHARES.items():
            title = f"after {share:.0%} of the vehicle's patience"
            yield _case(f"{words}-{name}-{fault}", title, partial(late, share, name), setup, name)
        title = "in ten pieces -> goes on"
        yield _case(f"{words}-{name}-pieces", title, partial(dribbled, name), setup, name)


def _case(
    name: str, title: str, play: Callable[[VehicleSetup], None], setup: VehicleSetup, place: str
) -> Case:
    told = f"broken answer; {name.partition('-')[0]}; {place}: {title}"
    about, kind = (place, "broken"), f"broken answer; {title}"
    return Case(f"NEG-EVCC-MSG-{name}", told, play, setup, about, kind=kind)


def cases() -> list[Case]:
    return list(_rows())
