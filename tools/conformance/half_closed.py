"""A peer that has said its last octet and still listens: TCP is half closed, at either role.

A station has nobody any more who could say the next request, and whether it answers the last one
is left to it: it ends, at the latest when its time is over, and serves the next.  A vehicle may
say one more request, which nobody answers, and ends in time and safe.
"""

from functools import partial
from typing import Any, Final

from bsw.os.clock import S
from tools.conformance import judge
from tools.conformance.bench import AC, Setup
from tools.conformance.station.cases import Case, reached
from tools.conformance.station.malformed import served_again
from tools.conformance.vehicle import judge as vehicle_judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.malformed import AFTER
from tools.conformance.vehicle.plays import AC_CAR, DC_CAR, DIN_CAR
from tools.conformance.vehicle.scripted_station import SLOW

STATIONS: Final = (
    ("DC", Setup(), ("SessionSetup", "ServiceDiscovery", "Loop")),
    ("AC", Setup(mode=AC), ("Loop",)),
    ("DIN", Setup(protocol="din"), ("ServiceDiscovery",)),
)
VEHICLES: Final = (
    ("DC", DC_CAR, ("SessionSetup", "CurrentDemand")),
    ("AC", AC_CAR, ("ChargingStatus",)),
    ("DIN", DIN_CAR, ("ServiceDiscovery",)),
)
WITHIN: Final = 60 * S


def to_station(place: str, setup: Setup) -> None:
    walk = reached(place, setup)
    walk.prepare(place)
    tester, lab = walk.tester, walk.lab
    tester.send_raw(tester.octets_of(tester.await_later(walk.words.request(place))))
    tester.half_close()
    since, soon, most = lab.now, lab.limits.close, lab.limits.sequence + lab.limits.close
    lab.wait(lambda: not tester.is_open, most + judge.tolerance(most), every=S // 10)
    judge.require(not tester.is_open, f"open {most // S} s after the vehicle's last octet")
    if lab.now - since > soon + judge.tolerance(soon):
        lab.remarks.append(f"closed {(lab.now - since) // S} s after the vehicle's last octet")
    judge.without_energy(walk)
    served_again(walk)


def to_vehicle(name: str, setup: VehicleSetup) -> None:
    """Behind a good answer."""
    tester = vehicle_judge.begin(setup)

    def answer(request: Any) -> Any:  # noqa: ANN401 - of any protocol
        tester.lab.scheduler.after(2 * SLOW, tester.half_close, name="half close")
        return tester.words.answers[name](request)

    tester.on(name, answer, after=AFTER.get(name, 0))
    tester.plug_in()
    vehicle_judge.ends(tester, within=WITHIN)


def cases() -> list[Case]:
    stations = [
        Case(
            f"NEG-SECC-TCP-{words}-{place}-half_closed",
            f"{words}; {place}: TCP half closed behind the request -> over, the next is served",
            partial(to_station, place),
            setup,
            (place, "half closed"),
            kind="TCP half closed behind the request",
        )
        for words, setup, places in STATIONS
        for place in places
    ]
    vehicles = [
        Case(
            f"NEG-EVCC-TCP-{words}-{name}-half_closed",
            f"{words}; {name}: TCP half closed behind the answer -> over, safe",
            partial(to_vehicle, name),
            car,
            (name, "half closed"),
            kind="TCP half closed behind the answer",
        )
        for words, car, names in VEHICLES
        for name in names
    ]
    return stations + vehicles
