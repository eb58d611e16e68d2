"""A station alone, fed with what a vehicle said in an earlier run, up to a chosen place."""

from dataclasses import dataclass

from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol as spoken
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from tools.bench.world.direct import Rig


@dataclass(frozen=True)
class Step:
    at: int
    heard: Heard
    ready: bool  # what the pilot showed when the request left


def recorded(protocol: str, mode: str) -> list[Step]:
    """The requests of one good session, with their times."""
    rig = Rig(protocol, mode=mode)
    steps: list[Step] = []

    def note(side: str, heard: Heard) -> bool:
        if side == "vehicle":
            steps.append(Step(rig.scheduler.now, heard, rig.plug.ready))
        return False

    rig.lose = note
    rig.at(12 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    return steps


def places(steps: list[Step]) -> dict[str, int]:
    """For each exchange the number of requests up to and with its first one."""
    first: dict[str, int] = {"": 0}
    for count, step in enumerate(steps, 1):
        name = type(step.heard.body).__name__.removesuffix("Req")
        if name == "PowerDelivery" and "PowerDelivery" in first:
            name = "PowerDelivery(Stop)"
        first.setdefault(name, count)
    return first


def station_at(protocol: str, mode: str, steps: list[Step]) -> Rig:
    """A station to which these requests have been sent, and that has answered them."""
    rig = Rig(protocol, mode=mode)
    rig.electronics.start()
    step_time = rig.electronics.ratings.step
    rig.scheduler.every(step_time, lambda: rig.pack.tick(rig.electronics, step_time), name="pack")
    rig.responder.start(0)
    rig.lose = lambda side, _heard: side == "station"
    for step in steps:
        rig.scheduler.run(step.at)
        rig.plug.ready = step.ready
        rig.responder.received(step.heard)
    rig.scheduler.run(rig.scheduler.now + S // 2)
    return rig


def any_request(protocol: str, name: str) -> object:
    """A schema-valid request of this name."""
    return smallest(spoken(protocol).table.exchanges[name].request)
