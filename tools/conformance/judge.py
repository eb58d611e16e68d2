"""What is right: an answer of the right type and code, in the right session, and the right end."""

from collections.abc import Sequence
from typing import Protocol

from bsw.chrgm.record import NO_SESSION, Heard, code_of, same_session
from bsw.os.clock import MS, S
from tools.conformance.bench import Deviation, NotReached, Untimely
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

SLACK = 100 * MS
"""For the network and the tester's own steps."""
OFF = 50
"""One part in so many may a device's clock, and what it does when a timer ends, be off."""
LONGER = 15 * S
"""So long a connection that should have been closed is looked at."""


class Notes(Protocol):
    """A bench that keeps what could not be seen from it."""

    @property
    def unseen(self) -> list[str]: ...


def require(condition: object, text: str) -> None:
    if not condition:
        raise Deviation(text)


def on_time(condition: object, text: str) -> None:
    if not condition:
        raise Untimely(text)


def came_to(there: object, text: str) -> None:
    """Who ends before the place the case is about has not been judged by it."""
    if not there:
        raise NotReached(text)


def require_seen(lab: Notes, good: object, text: str) -> None:
    """``None`` is what cannot be seen from here: it is noted, not judged."""
    if good is None:
        lab.unseen.append(f"whether {text}")
    else:
        require(good, text)


def answered(walk: Walk, heard: Heard | None, exchange: str, codes: Sequence[str]) -> Heard:
    """The response that matches the request, with one of these codes."""
    if heard is None:
        raise Deviation(f"{exchange}: no answer")
    name, code = type(heard.body).__name__, code_of(heard.body)
    require(name == f"{exchange}Res", f"{exchange} answered with {name}")
    require(code in codes, f"{exchange} answered with {code}, expected {' or '.join(codes)}")
    own = walk.tester.session_id
    if own != NO_SESSION:
        require(
            same_session(heard.session_id, own) or code == "FAILED_UnknownSession",
            f"answered in session {heard.session_id.hex()}",
        )
    return heard


def tolerance(limit: int) -> int:
    """A timer of just the limit is in time, on a device that is busy too."""
    return max(SLACK, limit // OFF)


def closes(walk: Walk) -> None:
    """The station closes TCP within T_close and says nothing more."""
    closed_in_time(walk.tester)
    without_energy(walk)


def closed_in_time(tester: VehicleTester) -> None:
    """``LONGER`` shows whether it is late, or never comes; a timer of just T_close is in time."""
    limit = tester.lab.limits.close
    since = tester.heard_at
    closed = tester.silent_until_closed(limit + LONGER)
    if closed is None:
        raise Deviation(f"the connection stays open for more than {(limit + LONGER) // S} s")
    took, told = closed - since, f"{limit / S:g} s are the limit"
    late = took > limit + tolerance(limit)
    on_time(not late, f"the connection is closed after {took / S:.1f} s, {told}")


def without_energy(walk: Walk) -> None:
    walk.lab.run(S)
    energised = walk.lab.energised
    require_seen(walk.lab, None if energised is None else not energised, "energy flows on")


def silent_end(walk: Walk, limit: int, since: int, *, since_plug: bool = False) -> None:
    """Nothing is said until ``limit`` after ``since``; then TCP is closed within T_close."""
    close = walk.lab.limits.close
    most = limit + close + tolerance(limit + close)
    closed = walk.tester.silent_until_closed(most)
    if closed is None:
        raise Deviation(f"open {(most - limit) / S:.1f} s after the limit")
    took = closed - since
    early = took < limit - SLACK
    if early and since_plug and not walk.lab.knows_plug:
        walk.lab.unseen.append(f"whether {limit // S} s were waited for: a person plugged in")
    else:
        on_time(not early, f"closed after {took / S:.1f} s, before the limit")
    on_time(took <= most, f"closed after {took / S:.1f} s")
    without_energy(walk)
