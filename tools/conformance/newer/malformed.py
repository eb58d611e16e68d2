"""Octets that are no message of ISO 15118-20, to a station and to a vehicle: as for -2 and DIN.

The loop has half a second there, so what is only slow is said elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from bsw import v2gtp
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import ISO2
from bsw.chrgm.record import NO_SESSION, Said, code_of, refused
from bsw.chrgm.sequence.iso20 import TABLE
from bsw.os.clock import MS, S
from tools.conformance import judge
from tools.conformance.bench import Deviation
from tools.conformance.broken import Octets, payload_of
from tools.conformance.newer import requests as ask
from tools.conformance.newer.outside import WireVehicle
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.newer.simulated import station_at, station_bench, vehicle_at
from tools.conformance.newer.vehicle import full
from tools.conformance.newer.wire_rig import WireRig
from tools.conformance.station.cases import Case
from tools.conformance.station.malformed import BROKEN as TO_STATION
from tools.conformance.station.malformed import not_taken, with_tail
from tools.conformance.vehicle.malformed import BROKEN as TO_VEHICLE

PIECE: Final = 40 * MS
LOOPS_FIRST: Final = 20
"""So many good answers in the loop before the broken one."""


def _of_type(kind: v2gtp.PayloadType, whole: bytes) -> bytes:
    return v2gtp.pack(kind, payload_of(whole))


def _older(_whole: bytes) -> bytes:
    """Whole, of a protocol that was not agreed."""
    body: Any = smallest(ISO2.table.exchanges["SessionStop"].request)
    return v2gtp.pack(*ISO2.dialect.encode(NO_SESSION, Said(body)))


MISPLACED: Final[dict[str, tuple[str, Octets]]] = {
    "schema": ("a message of ISO 15118-2", _older),
    "type-handshake": (
        "as a message of the handshake",
        partial(_of_type, v2gtp.PayloadType.EXI),
    ),
    "type-other": (
        "as a message of the pantograph",
        partial(_of_type, v2gtp.PayloadType.ACDP),
    ),
}


# To a station


def _good(tester: WireVehicle, place: str) -> bytes:
    requests: dict[str, Callable[[], Any]] = {
        "SessionSetup": ask.session_setup,
        "ServiceDiscovery": ask.service_discovery,
        "ScheduleExchange": ask.schedule,
        "Loop": ask.ac_loop if tester.ac else ask.dc_loop,
    }
    return tester.octets_of(requests[place]())


def good(setup: NewerSetup) -> None:
    """The first request with nothing wrong: who does not answer it serves nobody after either."""
    vehicle_at(setup, station_bench(setup)).to("AuthorizationSetup")


def broken_request(change: Octets, place: str, setup: NewerSetup) -> None:
    tester = vehicle_at(setup, station_bench(setup)).to(place)
    not_taken(tester.tester.ask_raw(change(_good(tester, place)), 2 * S))
    served_again(tester, setup)


def served_again(tester: WireVehicle, setup: NewerSetup) -> None:
    """The connection is given up; the next one comes up to a session."""
    lab = tester.lab
    tester.tester.leave()
    lab.unplug()
    lab.run(6 * S)
    try:
        vehicle_at(setup, lab).to("AuthorizationSetup")
    except Deviation as deviation:
        raise Deviation(f"the next vehicle is not served: {deviation}") from deviation


def trailing(place: str, setup: NewerSetup) -> None:
    tester = vehicle_at(setup, station_bench(setup)).to(place)
    answer = tester.tester.ask_raw(with_tail(_good(tester, place)), 6 * S)
    judge.require(answer is not None or not tester.tester.is_open, "no answer, and no end")
    if answer is not None and not refused(code_of(answer.body)):
        tester.lab.remarks.append("octets behind a message are tolerated")


def request_in_pieces(place: str, setup: NewerSetup) -> None:
    tester = vehicle_at(setup, station_bench(setup)).to(place)
    octets = _good(tester, place)
    step = len(octets) // 4 + 1
    parts = [octets[at : at + step] for at in range(0, len(octets), step)]
    for part in parts[:-1]:
        tester.tester.send_raw(part)
        tester.run(PIECE)
    answer = tester.tester.ask_raw(parts[-1], 6 * S)
    judge.require(answer is not None, "no answer")
    assert answer is not None
    judge.require(not refused(code_of(answer.body)), f"refused with {code_of(answer.body)}")


# To a vehicle


def broken_answer(change: Octets, name: str, setup: NewerSetup) -> None:
    """It is no answer: the vehicle ends, at the latest when its time for the answer is over."""
    rig = _spoilt(name, lambda whole: ((0, change(whole)),), setup)
    rig.run()
    rig.gave_up()
    rig.over()
    rig.safe()


def slow_answer(parts: Callable[[int, bytes], "Parts"], name: str, setup: NewerSetup) -> None:
    """What is only slow is waited for: the session goes on to its own end."""
    patience = next(
        one.limits.answer for one in TABLE.exchanges.values() if one.response.__name__ == name
    )
    rig = _spoilt(name, partial(parts, patience), setup)
    full(rig)
    rig.run()
    rig.over()
    last = rig.names("vehicle")[-1]
    judge.require(last == "SessionStopReq", f"ended after {last}")
    rig.safe()


Parts = tuple[tuple[int, bytes], ...]


def _spoilt(name: str, spoil: Callable[[bytes], Parts], setup: NewerSetup) -> WireRig:
    rig = station_at(setup)
    rig.about = name
    rig.spoil = spoil
    rig.spoil_after = LOOPS_FIRST if name.endswith("ChargeLoopRes") else 0
    return rig


def _late(share: float, patience: int, whole: bytes) -> Parts:
    return ((int(patience * share), whole),)


def _pieces(patience: int, whole: bytes) -> Parts:
    step = len(whole) // 10 + 1
    cut = [whole[at : at + step] for at in range(0, len(whole), step)]
    return tuple((patience * at // 20, part) for at, part in enumerate(cut))


Told = tuple[str, Any]
"""In words, and how it is done."""
SLOW: Final[dict[str, tuple[str, Callable[[int, bytes], Parts]]]] = {
    "late-80": ("after 80% of the vehicle's patience -> goes on", partial(_late, 0.8)),
    "pieces": ("in ten pieces -> goes on", _pieces),
}


# The cases

DC: Final = NewerSetup()
AC: Final = NewerSetup("AC")
STATION_PLACES: Final = (
    (DC, ("SessionSetup", "ScheduleExchange", "Loop")),
    (AC, ("Loop",)),
)
VEHICLE_PLACES: Final = (
    (DC, ("SessionSetupRes", "ScheduleExchangeRes", "DCChargeLoopRes")),
    (AC, ("ACChargeLoopRes",)),
)
NO_PLACE: Final = "Loop"
FIRST: Final = "SessionSetup"
CONTROL: Final = "NEG-SECC20-MSG-DC-SessionSetup-none"


OF_AC: Final = {"cut", "zeros", "type-other", "trailing", "late-80"}
"""The other current has the same octets at its other places."""


def _all(setup: NewerSetup, faults: Mapping[str, Told]) -> Iterator[tuple[str, str, Any]]:
    for name, (title, how) in faults.items():
        if not setup.ac or name in OF_AC:
            yield name, title, how


def _stations() -> Iterator[Case]:
    for setup, places in STATION_PLACES:
        for place in places:
            for name, title, change in _all(setup, {**TO_STATION, **MISPLACED}):
                made = _case(f"SECC20-MSG-{setup.service}-{place}-{name}", place, title)
                yield made(partial(broken_request, change, place), setup)
            head = f"SECC20-MSG-{setup.service}-{place}"
            tail = _case(f"{head}-trailing", place, "octets behind the message")
            yield tail(partial(trailing, place), setup)
            if place != NO_PLACE:
                slow = _case(f"{head}-pieces", place, "in four pieces -> answered")
                yield slow(partial(request_in_pieces, place), setup)


def _vehicles() -> Iterator[Case]:
    for setup, names in VEHICLE_PLACES:
        for name in names:
            head = f"EVCC20-MSG-{setup.service}-{name.removesuffix('Res')}"
            for fault, title, change in _all(setup, {**TO_VEHICLE, **MISPLACED}):
                made = _case(f"{head}-{fault}", name, title)
                yield made(partial(broken_answer, change, name), setup)
            for fault, title, parts in _all(setup, SLOW):
                slow = _case(f"{head}-{fault}", name, title)
                yield slow(partial(slow_answer, parts, name), setup)


def _case(
    name: str, place: str, title: str
) -> Callable[[Callable[[NewerSetup], None], NewerSetup], Case]:
    what = "answer" if name.startswith("EVCC") else "request"
    kind = f"-20, broken {what}; {title}"

    def made(play: Callable[[NewerSetup], None], setup: NewerSetup) -> Case:
        told = f"-20, broken {what}; {setup.service}; {place}: {title}"
        control = CONTROL if place == FIRST else ""
        about = (place, "broken")
        return Case(f"NEG-{name}", told, play, setup, about, control=control, kind=kind)

    return made


def cases() -> list[Case]:
    title = f"-20, broken request; DC; {FIRST}: nothing is wrong -> answered"
    return [Case(CONTROL, title, good, DC, (FIRST, "good")), *_stations(), *_vehicles()]
