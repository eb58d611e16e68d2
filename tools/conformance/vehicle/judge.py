"""What a vehicle has to do: end safely and in time, or go on."""

from bsw.chrgm.endings import Ending, SessionResult
from bsw.cp.pilot import READY
from bsw.os.clock import MS, S
from tools.conformance.bench import Deviation, NotReached, Untimely
from tools.conformance.judge import came_to, on_time, require, require_seen, tolerance
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.lab import VehicleLab, opened
from tools.conformance.vehicle.scripted_station import StationTester, starts

SAFE_WITHIN = 1100 * MS
"""From the end of the session to open contactors and state B, as the station sees it."""
LOW_CURRENT = 5.0
STOPPING = {"WeldingDetection", "SessionStop"}
NO_WAY_ON = {
    Ending.REFUSED,
    Ending.SEQUENCE_ERROR,
    Ending.UNKNOWN_SESSION,
    Ending.UNDECODABLE,
}
"""Ends after which nothing but the stop may be said."""
LONG = 10 * S
"""A bench that is late itself by milliseconds cannot mistake this."""
QUIET = 5 * S
"""Without a search, a vehicle that was not answered has given up."""
GOOD_ENDINGS = {ending for ending in Ending if ending.good}


def begin(setup: VehicleSetup) -> StationTester:
    """A good station, open; the vehicle is not plugged in yet."""
    tester = StationTester(opened(setup))
    tester.open()
    return tester


def result(tester: StationTester, within: int) -> SessionResult | None:
    """How the vehicle's session ended; ``None`` from outside, where only its end shows."""
    lab = tester.lab
    inside = lab.inside

    def over() -> bool:
        return bool(inside.manager.results) if inside is not None else silent(tester)

    closes = 0 if inside is not None else closing(tester)  # which is all that shows of its end
    if not lab.wait(over, within + closes, every=10 * MS):
        told = f"the vehicle goes on, last asked {tester.names()[-1:]}"
        raise Untimely(told) if within < LONG else Deviation(told)
    return None if inside is None else inside.manager.results[0]


def silent(tester: StationTester) -> bool:
    """As seen from outside: it has closed its connection, or has long stopped looking for us."""
    if tester.connections:
        return tester.closed_at is not None
    searched = tester.searches[-1][0] if tester.searches else tester.plugged_at
    return tester.lab.now - searched >= QUIET


def ended_as(tester: StationTester, ended: SessionResult | None, *endings: Ending) -> None:
    """Its own word for it, where we hear it; otherwise what it has said last."""
    if ended is not None:
        require(not endings or ended.ending in endings, f"ended: {ended}")
    elif endings and set(endings) <= GOOD_ENDINGS:
        said = tester.names()[-1:]
        require(said == ["SessionStop"], f"ended after {said}")


def safe(tester: StationTester) -> None:
    """Contactors open, CP in B, no current asked for, nothing more said."""
    lab = tester.lab
    said, times = len(tester.asked), tester.connections
    lab.run(SAFE_WITHIN)
    pilot = lab.pilot
    require_seen(lab, None if pilot is None else pilot not in READY, "the pilot stays in C or D")
    _lets_go(tester)
    if lab.inside is None:
        lab.unseen.append("whether contactors stay closed, or current is still asked for")
        lab.run(3 * S)
    else:
        _safe_inside(lab.inside)
    again = tester.connections > times  # it may begin anew; the session that ended is over
    require(again or len(tester.asked) == said, "a message after the end")


def _lets_go(tester: StationTester) -> None:
    """A vehicle of somebody else may wait with it, as long as its maker says."""
    lab = tester.lab
    gone = lambda: tester.closed_at is not None or tester.connections == 0  # noqa: E731
    on_time(lab.wait(gone, closing(tester) - SAFE_WITHIN, every=10 * MS), "TCP stays open")


def closing(tester: StationTester) -> int:
    """From the end of the session to the closed connection."""
    limit = tester.lab.limits.close
    return SAFE_WITHIN if tester.lab.inside is not None else limit + tolerance(limit)


def _safe_inside(lab: VehicleLab) -> None:
    require(not lab.state.contactors_closed, "contactors closed")
    require(not lab.pack.asked or lab.pack.asked[-1] == 0.0, "current is still asked for")
    require(lab.pack.ac_allowed == 0.0, "AC current is still allowed")
    closings = lab.pack.closings
    lab.run(3 * S)
    require(lab.pack.closings == closings, "contactors closed again")


def ends(tester: StationTester, *endings: Ending, within: int = 60 * S) -> SessionResult | None:
    """The session ends within this time, for one of these reasons, and safely."""
    ended = result(tester, within)
    came_to(not tester.unsaid, f"{', '.join(sorted(tester.unsaid))} was never asked for")
    ended_as(tester, ended, *endings)
    safe(tester)
    return ended


def reach(tester: StationTester, name: str, count: int = 1) -> None:
    """The place the case is about."""
    try:
        tester.await_request(name, count=count)
    except Deviation as deviation:
        raise NotReached(str(deviation)) from deviation


def gave_up(tester: StationTester, since: int) -> None:
    """From then on it has only stopped, if it said anything; a vehicle's own good end is no such
    end.
    """
    for _, heard in tester.asked[since:]:
        name = type(heard.body).__name__.removesuffix("Req")
        if name == "SessionSetup":
            return  # it comes anew
        stops = name == "PowerDelivery" and not starts(heard.body)
        require(stops or name in STOPPING, f"went on to {name}")


def said(tester: StationTester, name: str) -> int:
    """The station has said what the case is about; when.  A slow loop takes its time to it."""
    there = tester.lab.wait(lambda: name not in tester.unsaid, 60 * S, every=10 * MS)
    came_to(there, f"{name} was not asked for often enough")
    return tester.lab.now


def ends_after(tester: StationTester, name: str, limit: int, *endings: Ending) -> None:
    """The vehicle waits for an answer as long as it should, and no longer."""
    reach(tester, name)
    since = tester.times(name)[-1]
    ended = result(tester, limit + 2 * S)
    outside = tester.lab.inside is None
    took = (tester.closed_at if outside and tester.closed_at else tester.lab.now) - since
    late = closing(tester) if outside else 0  # by its closed connection alone it is known
    ended_as(tester, ended, *endings)
    on_time(limit - 50 * MS <= took <= limit + late + 100 * MS, f"waited {took / S:.2f} s")
    safe(tester)


def never(tester: StationTester, *names: str) -> None:
    said = set(tester.names()) & set(names)
    require(not said, f"the vehicle asked {', '.join(said)}")


def charging(tester: StationTester) -> None:
    """Up to a running loop with current."""
    loop = "ChargingStatus" if tester.lab.setup.ac else "CurrentDemand"
    try:
        tester.plug_in()
        tester.await_request(loop)
        tester.await_request(loop, 150 * S, count=20)  # some ask once in some seconds
    except Deviation as deviation:
        raise NotReached(f"before the loop: {deviation}") from deviation


def finish(tester: StationTester) -> None:
    """The vehicle is told to stop, and stops well."""
    tester.stop_vehicle()
    try:
        ended = result(tester, 60 * S)
    except Deviation:
        if tester.lab.inside is not None or tester.lab.can_order:
            raise
        tester.lab.remarks.append("it did not stop when the station asked it to")
        return  # which other cases are about
    ended_as(tester, ended, Ending.TERMINATED)
