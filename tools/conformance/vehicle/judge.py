"""What a vehicle has to do: end safely and in time, or go on."""

from bsw.chrgm.endings import Ending, SessionResult
from bsw.cp.pilot import READY
from bsw.os.clock import MS, S
from tools.conformance.bench import Deviation
from tools.conformance.judge import require
from tools.conformance.vehicle.lab import VehicleLab, VehicleSetup
from tools.conformance.vehicle.scripted_station import StationTester

SAFE_WITHIN = 1100 * MS
"""From the end of the session to open contactors and state B, as the station sees it."""
LOW_CURRENT = 5.0


def begin(setup: VehicleSetup) -> StationTester:
    """A good station, open; the vehicle is not plugged in yet."""
    tester = StationTester(VehicleLab(setup))
    tester.open()
    return tester


def result(tester: StationTester, within: int) -> SessionResult:
    """How the vehicle's session ended."""
    lab = tester.lab
    if not lab.wait(lambda: lab.manager.results, within, every=10 * MS):
        raise Deviation(f"the vehicle goes on, last asked {tester.names()[-1:]}")
    return lab.manager.results[0]


def safe(tester: StationTester) -> None:
    """Contactors open, CP in B, no current asked for, nothing more said."""
    lab = tester.lab
    said = len(tester.asked)
    lab.run(SAFE_WITHIN)
    require(not lab.state.contactors_closed, "contactors closed")
    require(lab.pilot not in READY, f"the pilot is in {lab.pilot.name}")
    require(not lab.pack.asked or lab.pack.asked[-1] == 0.0, "current is still asked for")
    require(lab.pack.ac_allowed == 0.0, "AC current is still allowed")
    require(tester.closed_at is not None or tester.connections == 0, "TCP stays open")
    closings = lab.pack.closings
    lab.run(3 * S)
    require(len(tester.asked) == said, "a message after the end")
    require(lab.pack.closings == closings, "contactors closed again")


def ends(tester: StationTester, *endings: Ending, within: int = 60 * S) -> SessionResult:
    """The session ends within this time, for one of these reasons, and safely."""
    ended = result(tester, within)
    require(not endings or ended.ending in endings, f"ended: {ended}")
    safe(tester)
    return ended


def ends_after(tester: StationTester, name: str, limit: int, *endings: Ending) -> None:
    """The vehicle waits for an answer as long as it should, and no longer."""
    tester.await_request(name)
    since = tester.times(name)[-1]
    ended = result(tester, limit + 2 * S)
    took = tester.lab.now - since
    require(ended.ending in endings, f"ended: {ended}")
    require(limit - 50 * MS <= took <= limit + 100 * MS, f"waited {took / S:.2f} s")
    safe(tester)


def never(tester: StationTester, *names: str) -> None:
    said = set(tester.names()) & set(names)
    require(not said, f"the vehicle asked {', '.join(said)}")


def charging(tester: StationTester) -> None:
    """Up to a running loop with current."""
    loop = "ChargingStatus" if tester.lab.setup.ac else "CurrentDemand"
    tester.plug_in()
    tester.await_request(loop, count=20)


def finish(tester: StationTester) -> None:
    """The vehicle is told to stop, and stops well."""
    tester.lab.manager.stop()
    ended = result(tester, 60 * S)
    require(ended.ending is Ending.TERMINATED, f"ended: {ended}")
