"""One of our roles on a cable and a line, and a tester at the other end who can say anything.

Simulated time.  The tester is a host with a modem like everybody; its pilot end is free to be
driven.  ``wait`` runs the world until a message arrives or the time is over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bsw.cp.pilot import Drive, PilotState
from bsw.dlt import Dlt
from bsw.dlt_sinks import RingSink
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.line import PERFECT, Impairment
from bsw.sim.modem import Quirks
from bsw.sim.site import Seat, Site
from bsw.slac.config import SlacConfig
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.layout import Message
from bsw.slac.frames.mme import (
    BROADCAST,
    AttenCharInd,
    AttenCharRsp,
    MnbcSoundInd,
    SetKeyReq,
    SlacMatchCnf,
    SlacMatchReq,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
)
from bsw.slac.frames.vendor import LOCAL_MODEM
from bsw.slac.keys import NetworkKey
from bsw.slac.links.link import LinkFailure, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from bsw.slac.outcome import Linked, Reason
from csm.randomness import SeededRandomness

M = TypeVar("M", bound=Message)
DIGITAL = Drive(5.0)
RUN = bytes.fromhex("a1b2c3d4e5f60718")
GROUPS = 58


@dataclass
class Session:
    """A session that takes note."""

    scheduler: Scheduler
    links: list[Linked] = field(default_factory=list)
    losses: list[Reason] = field(default_factory=list)
    failures: list[LinkFailure] = field(default_factory=list)
    linked_at: int = 0
    ended_at: int = 0

    def linked(self, link: Linked) -> None:
        self.links.append(link)
        self.linked_at = self.scheduler.now

    def link_lost(self, reason: Reason) -> None:
        self.losses.append(reason)
        self.ended_at = self.scheduler.now

    def failed(self, failure: LinkFailure) -> None:
        self.failures.append(failure)
        self.ended_at = self.scheduler.now

    @property
    def reasons(self) -> list[Reason]:
        return [failure.reason for failure in self.failures]


@dataclass(frozen=True)
class Heard:
    at: int
    frame: Frame


class Counterpart:
    """A host that says what the test wants and remembers what it hears."""

    def __init__(self, scheduler: Scheduler, seat: Seat) -> None:
        self.seat = seat
        self.heard: list[Heard] = []
        self._scheduler = scheduler
        self._read = 0
        seat.port.listen(self._receive)
        seat.port.send(b"\xff" * 6 + self.mac + b"\x00\x00")  # so that its modem knows it

    @property
    def mac(self) -> bytes:
        return self.seat.port.mac

    def say(self, to: bytes, message: Message) -> None:
        self.seat.port.send(encode(Frame(to, self.mac, message)))

    def say_raw(self, octets: bytes) -> None:
        self.seat.port.send(octets)

    def take_key(self, key: NetworkKey) -> None:
        self.say(LOCAL_MODEM, SetKeyReq(my_nonce=bytes(4), nid=key.nid, new_key=key.nmk))

    def forget(self) -> None:
        """What was heard so far does not count for the next ``wait``."""
        self._read = len(self.heard)

    def all(self, kind: type[M]) -> list[Heard]:
        return [one for one in self.heard if isinstance(one.frame.message, kind)]

    def next(self, kind: type[M]) -> Heard | None:
        """The next of its kind that was not looked at yet."""
        for index in range(self._read, len(self.heard)):
            if isinstance(self.heard[index].frame.message, kind):
                self._read = index + 1
                return self.heard[index]
        return None

    def _receive(self, octets: bytes) -> None:
        if octets[12:14] == b"\x88\xe1":
            self.heard.append(Heard(self._scheduler.now, decode(octets)))


class World:
    """Clock, line, cable.  The tester drives its own end of the pilot by the cable."""

    def __init__(self, seed: int | str = 1, impairment: Impairment = PERFECT) -> None:
        self.told = RingSink(200)
        self.scheduler = Scheduler(VirtualClock())
        self.chance = SeededRandomness(seed)
        self.site = Site(self.scheduler, self.chance.fork("line"), impairment)
        self.cable = SimulatedCable(self.scheduler)

    @property
    def now(self) -> int:
        return self.scheduler.now

    def run(self, duration: int) -> None:
        self.scheduler.run(until=self.now + duration)

    def run_until(self, done: Callable[[], bool], within: int) -> bool:
        end = self.now + within
        while not done() and self.now < end:
            self.scheduler.run(until=min(self.now + MS, end))
        return done()

    def wait(self, tester: Counterpart, kind: type[M], within: int = S) -> M:
        """The next message of that kind; fails if it does not come in time."""
        found = self.hear(tester, kind, within)
        assert found is not None, f"no {kind.__name__} within {within / MS:g} ms"
        return found

    def hear(self, tester: Counterpart, kind: type[M], within: int) -> M | None:
        heard: list[Heard] = []

        def arrived() -> bool:
            one = tester.next(kind)
            if one is not None:
                heard.append(one)
            return bool(heard)

        self.run_until(arrived, within)
        if not heard:
            return None
        message = heard[0].frame.message
        assert isinstance(message, kind)
        return message

    def silent(self, tester: Counterpart, kind: type[M], during: int) -> bool:
        """Nothing of that kind arrives; time passes."""
        tester.forget()
        return self.hear(tester, kind, during) is None

    def host(self, seat: Seat) -> Host:
        dlt = Dlt(lambda: self.scheduler.now, (self.told,))
        return Host(self.scheduler, seat.port, self.chance.fork(seat.name), dlt.logger(seat.name))


class VehicleRig(World):
    """Our vehicle; the tester is one or more stations."""

    def __init__(
        self,
        slac: SlacConfig | None = None,
        *,
        stations: int = 1,
        quirks: Quirks | None = None,
        **config: object,
    ) -> None:
        super().__init__()
        self.seat = self.site.vehicle("vehicle", quirks)
        self.mac = self.seat.port.mac
        self.session = Session(self.scheduler)
        settings = VehicleLinkConfig.model_validate(
            {"slac": slac if slac is not None else SlacConfig(), "rounds": 1, **config}
        )
        self.link = VehicleLink(self.host(self.seat), self.cable.vehicle, settings, self.session)
        self.stations = [
            Counterpart(self.scheduler, self.site.station(f"station {number + 1}"))
            for number in range(stations)
        ]
        self.tester = self.stations[0]
        self.key = NetworkKey.from_nmk(bytes(range(16)))
        self.link.start()
        self.run(100 * MS)

    def plug(self, drive: Drive = DIGITAL) -> None:
        self.cable.station.drive(drive)
        self.cable.plug()

    def run_id(self) -> bytes:
        return self.link.node.matching.run_id

    # A good station, step by step

    def parameters(self, tester: Counterpart | None = None, **wrong: object) -> SlacParmCnf:
        fields = {"forwarding_sta": self.mac, "run_id": self.run_id(), **wrong}
        message = SlacParmCnf(**fields)  # type: ignore[arg-type]  # the test's choice
        (tester or self.tester).say(self.mac, message)
        return message

    def report(
        self, tester: Counterpart | None = None, attenuation: int = 10, **wrong: object
    ) -> AttenCharInd:
        fields = {
            "source_address": self.mac,
            "run_id": self.run_id(),
            "num_sounds": 10,
            "groups": bytes([attenuation]) * GROUPS,
            **wrong,
        }
        message = AttenCharInd(**fields)  # type: ignore[arg-type]
        (tester or self.tester).say(self.mac, message)
        return message

    def confirm(self, tester: Counterpart | None = None, **wrong: object) -> SlacMatchCnf:
        tester = tester or self.tester
        fields = {
            "pev_mac": self.mac,
            "evse_mac": tester.mac,
            "run_id": self.run_id(),
            "nid": self.key.nid,
            "nmk": self.key.nmk,
            **wrong,
        }
        message = SlacMatchCnf(**fields)  # type: ignore[arg-type]
        tester.say(self.mac, message)
        return message

    def to_request(self) -> SlacParmReq:
        self.plug()
        return self.wait(self.tester, SlacParmReq)

    def to_sounds(self) -> None:
        """Until the last sound is heard."""
        self.to_request()
        for tester in self.stations:
            self.parameters(tester)
        for _ in range(10):
            self.wait(self.tester, MnbcSoundInd)

    def to_response(self, *attenuations: int) -> None:
        """Until each station's report is confirmed."""
        self.to_sounds()
        chosen = attenuations or (10,) * len(self.stations)
        for tester, attenuation in zip(self.stations, chosen, strict=True):
            self.report(tester, attenuation)
            self.wait(tester, AttenCharRsp)

    def to_match(self) -> SlacMatchReq:
        self.to_response()
        return self.wait(self.tester, SlacMatchReq)

    def to_link(self) -> None:
        self.tester.take_key(self.key)
        self.to_match()
        self.confirm()
        assert self.run_until(lambda: bool(self.session.links), 15 * S)


class StationRig(World):
    """Our station; the tester is one or more vehicles."""

    def __init__(
        self,
        slac: SlacConfig | None = None,
        *,
        vehicles: int = 1,
        quirks: Quirks | None = None,
        **config: object,
    ) -> None:
        super().__init__()
        self.seat = self.site.station("station", quirks)
        self.mac = self.seat.port.mac
        self.session = Session(self.scheduler)
        settings = StationLinkConfig.model_validate(
            {"slac": slac if slac is not None else SlacConfig(), **config}
        )
        self.link = StationLink(self.host(self.seat), self.cable.station, settings, self.session)
        self.vehicles = [
            Counterpart(self.scheduler, self.site.vehicle(f"vehicle {number + 1}"))
            for number in range(vehicles)
        ]
        self.tester = self.vehicles[0]
        self.link.start()
        self.run(100 * MS)

    def plug(self, state: PilotState = PilotState.B) -> None:
        self.cable.vehicle.show(state)
        self.cable.plug()
        self.run(100 * MS)

    # A good vehicle, step by step

    def request(self, tester: Counterpart | None = None, **wrong: object) -> None:
        message = SlacParmReq(**{"run_id": RUN, **wrong})  # type: ignore[arg-type]
        (tester or self.tester).say(BROADCAST, message)

    def begin(self, tester: Counterpart | None = None, **wrong: object) -> None:
        tester = tester or self.tester
        fields = {"forwarding_sta": tester.mac, "run_id": RUN, **wrong}
        tester.say(BROADCAST, StartAttenCharInd(**fields))  # type: ignore[arg-type]

    def sound(self, count: int = 10, tester: Counterpart | None = None) -> None:
        for left in reversed(range(count)):
            message = MnbcSoundInd(count=left, run_id=RUN, random=bytes(16))
            (tester or self.tester).say(BROADCAST, message)
            self.run(20 * MS)

    def respond(self, tester: Counterpart | None = None, **wrong: object) -> None:
        tester = tester or self.tester
        fields = {"source_address": tester.mac, "run_id": RUN, **wrong}
        tester.say(self.mac, AttenCharRsp(**fields))  # type: ignore[arg-type]

    def match(self, tester: Counterpart | None = None, **wrong: object) -> None:
        tester = tester or self.tester
        fields = {"pev_mac": tester.mac, "evse_mac": self.mac, "run_id": RUN, **wrong}
        tester.say(self.mac, SlacMatchReq(**fields))  # type: ignore[arg-type]

    def to_parameters(self, tester: Counterpart | None = None) -> SlacParmCnf:
        if not self.cable.plugged:
            self.plug()
        self.request(tester)
        return self.wait(tester or self.tester, SlacParmCnf)

    def to_report(self, tester: Counterpart | None = None) -> AttenCharInd:
        self.to_parameters(tester)
        self.begin(tester)
        self.sound(tester=tester)
        return self.wait(tester or self.tester, AttenCharInd)

    def to_decision(self, tester: Counterpart | None = None) -> None:
        self.to_report(tester)
        self.respond(tester)
        self.run(50 * MS)

    def to_match(self, tester: Counterpart | None = None) -> SlacMatchCnf:
        self.to_decision(tester)
        self.match(tester)
        return self.wait(tester or self.tester, SlacMatchCnf)

    def to_link(self) -> SlacMatchCnf:
        answer = self.to_match()
        self.tester.take_key(NetworkKey(answer.nid, answer.nmk))
        assert self.run_until(lambda: bool(self.session.links), 15 * S)
        return answer
