"""Our station's engine of ISO 15118-20 behind a real interface, before somebody else's vehicle.

What a case does to the answers it does here as it does beside our own vehicle.  Of the vehicle
only what it says and what its pilot shows is known.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from bsw import v2gtp
from bsw.chrgm import sap
from bsw.chrgm.applications import applications_of
from bsw.chrgm.coding.wire import UNREADABLE, Wire
from bsw.chrgm.endings import SessionResult
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.record import Heard, Said
from bsw.cp.pilot import READY
from bsw.net.channel import Channel, Closed
from bsw.os.clock import MS, S
from bsw.slac.links.link import LinkFailure
from bsw.slac.outcome import Linked, Reason
from bsw.trace import MemoryTrace, Trace
from secc.session.profile import FIELD
from tools.bench.world.direct import Rig
from tools.conformance.bench import Deviation, NotReached
from tools.conformance.judge import require, require_seen, tolerance
from tools.conformance.newer.setup import NewerSetup, application_of
from tools.conformance.vehicle.bench import VehicleBench
from tools.conformance.vehicle.doors import StationDoors

STOPPING: Final = {"DCWeldingDetection", "SessionStop"}
SAFE_WITHIN: Final = 1100 * MS
LAB: Final = sap.SapRules(lab_iso20_on_any_link=True)
HEAD_START: Final = 25 * S
"""Beside our own vehicle a session is this much longer under way when its loop is the same."""


class SeenPilot:
    """The pilot as the bench sees it; where nobody does, as it should be by what is said."""

    def __init__(self, lab: VehicleBench) -> None:
        self._lab = lab
        self.ready = True

    @property
    def state(self) -> str:
        pilot = self._lab.pilot
        if pilot is None:
            return "C" if self.ready else "B"
        return pilot.name[0]


class Busy:
    """The user of a connection that came while another one was served."""

    def opened(self) -> None:
        """Nobody speaks to it."""

    def frame(self, _payload_type: int, _payload: bytes) -> None:
        """Nobody listens."""

    def closed(self, _reason: Closed) -> None:
        """Nobody minds."""


class WireRig(Rig):
    """``said`` has both sides as everywhere; the vehicle's own engine beside it never starts."""

    def __init__(self, setup: NewerSetup, lab: VehicleBench) -> None:
        self._application = application_of(setup.service)
        super().__init__(
            self._application,
            mode=setup.mode,
            secure=True,
            station_profile=FIELD,  # what it tolerates is not what the cases are about
            scheduler=lab.scheduler,
        )
        self.lab = lab
        self.about = ""
        """The answer the case is about, by the end of its name."""
        self.came = False
        self.came_after = 0
        """How much had been said when it came."""
        self.spoil: Callable[[bytes], tuple[tuple[int, bytes], ...]] | None = None
        """That answer as octets: parts, each so long after the request."""
        self.spoil_after = 0
        self.closed_at: int | None = None
        self.loop_since = 0
        self._left_open = False
        self._fills_after: int | None = None
        self._channel: Channel | None = None
        self._wire: Wire | None = None
        self._agreed = False
        self._links: list[Linked] = []
        self._doors = StationDoors(lab, self._accept)
        self.station.pilot = self._pilot = SeenPilot(lab)
        self.station.calendar = lab.today
        self.link = lab.link(self)
        self.link.start()
        lab.closing.append(self.leave)

    # The link's user

    def linked(self, link: Linked) -> None:
        self._links.append(link)

    def link_lost(self, reason: Reason) -> None:
        """The case judges by what was said before."""

    def failed(self, failure: LinkFailure) -> None:
        raise NotReached(f"no data link: {failure}")

    # A session

    def run(self, until: int = 200 * S) -> "WireRig":
        lab = self.lab
        tls = None if lab.crypto is None else lab.crypto.station_tls
        self._doors.open(tls, lambda response: [response.octets()])
        self._begin(self.electronics.ratings.step)
        lab.plug()
        lab.wait(lambda: self._links, 30 * S, every=10 * MS)
        if not lab.wait(lambda: self._doors.searches, lab.begins_within, every=10 * MS):
            raise NotReached("the vehicle did not look for a station")
        lab.wait(lambda: self.closed_at is not None, until, every=10 * MS)
        lab.run(SAFE_WITHIN)
        if not self._agreed:
            raise NotReached("the vehicle did not come to agree on a protocol")
        if self.about and not self.came:
            raise NotReached(f"{self.about} was never due")
        return self

    def _begin(self, step: int) -> None:
        self.electronics.start()
        self.pantograph.start()
        self.pad.start()
        ticks = self.scheduler.every(step, lambda: self._tick(step), name="pack")
        self.lab.closing.append(ticks.stop)

    def _tick(self, step: int) -> None:
        self.pack.tick(self.electronics, step)
        self.lab.charge(self.electronics.voltage, self.electronics.current)

    def stop_in_loop(self, after: int) -> None:
        """Its driver ends the charge, or the station's operator."""
        self._fills_after = max(3 * S, after - HEAD_START)

    def _stop(self) -> None:
        if self.lab.can_order:
            self.lab.stop()
        else:
            self.charger.stop_charging(stop=True)

    @property
    def looping_for(self) -> int:
        return self.scheduler.now - self.loop_since if self.loop_since else 0

    def leave(self) -> None:
        self._doors.close()
        self.link.close()
        if self._channel is not None:
            self._channel.close()

    # What shows of the vehicle

    def over(self) -> None:
        require(self.closed_at is not None and not self._left_open, "the connection stays open")

    def gave_up(self) -> None:
        """After that answer it has only stopped, if it said anything."""
        for _, side, heard in self.said[self.came_after :]:
            name = type(heard.body).__name__.removesuffix("Req")
            if side == "vehicle":
                stops = name == "PowerDelivery" and heard.body.charge_progress.value == "Stop"
                require(stops or name in STOPPING, f"went on to {name}")

    def safe(self) -> None:
        pilot = self.lab.pilot
        seen = None if pilot is None else pilot not in READY
        require_seen(self.lab, seen, "the pilot stays in C or D")
        self.lab.unseen.append("whether contactors stay closed, or current is still asked for")

    # The channel's user

    def _accept(self, channel: Channel) -> "WireRig | Busy":
        if self._channel is not None or self.closed_at is not None:
            channel.close()
            return Busy()
        self._channel = channel
        self._wire = Wire(channel, Trace(lambda: self.lab.now, (MemoryTrace(),)))
        return self

    def opened(self) -> None:
        """The vehicle speaks first."""

    def closed(self, _reason: Closed) -> None:
        self._channel = None
        self.closed_at = self.lab.now
        self.lab.scheduler.stop()

    def frame(self, payload_type: int, payload: bytes) -> None:
        assert self._wire is not None
        try:
            if not self._agreed:
                self._negotiate(self._wire.hear_handshake(payload))
                return
            heard = self._wire.hear(payload_type, payload)
        except UNREADABLE as error:
            raise Deviation(f"a request that cannot be read: {error}") from error
        self.said.append((self.scheduler.now, "vehicle", heard))
        self._follow(heard.body)
        self.responder.received(heard)

    def _negotiate(self, request: object) -> None:
        assert self._wire is not None
        assert self._channel is not None
        if not isinstance(request, SupportedAppProtocolReq):
            raise Deviation(f"the vehicle began with {type(request).__name__}")
        facts = self._channel.facts
        rules = sap.DEFAULT_RULES if facts is not None else LAB
        served = applications_of([self._application])
        choice = sap.choose(request, served, sap.link_of(facts), rules)
        self._wire.say_handshake(choice.response)
        if choice.application is None:
            offered = ", ".join(one.protocol_namespace for one in request.app_protocol)
            raise NotReached(f"the vehicle does not offer {self._application}, but {offered}")
        self._wire.agree(self.dialect)
        self._agreed = True
        self.station.vehicle_leaf = b"" if facts is None else facts.peer_fingerprint
        self.responder.start(self.scheduler.now)

    def _follow(self, body: Any) -> None:  # noqa: ANN401 - a message
        """The battery behind the vehicle's contactors, as far as it can be told."""
        name = type(body).__name__
        if name == "DCPreChargeReq":
            self.pack.ocv = body.ev_target_voltage.si()
        if name == "PowerDeliveryReq":
            going = body.charge_progress.value != "Stop"
            self.state.contactors_closed = self._pilot.ready = going

    # The engine's voice

    def _carry(self, side: str, session_id: bytes, said: Said) -> None:
        assert side == "station", "the vehicle beside it never starts"
        heard = self.dialect.decode(*self.dialect.encode(session_id, said))
        self.said.append((self.scheduler.now, side, heard))
        name = type(heard.body).__name__
        due = name.endswith(self.about)
        spoilt = due and self.spoil is not None and not self.came
        if spoilt and self.spoil_after:
            self.spoil_after -= 1
            due = spoilt = False
        if not self.came and due:
            self.came, self.came_after = True, len(self.said)
        if name.endswith("ChargeLoopRes") and not self.loop_since:
            self._loop_begins()
        if spoilt:
            self._send_spoilt(session_id, said)
        elif not self.lose(side, heard):
            self._send(self.twist(heard))

    def _send_spoilt(self, session_id: bytes, said: Said) -> None:
        assert self.spoil is not None
        whole = v2gtp.pack(*self.dialect.encode(session_id, said))
        for delay, part in self.spoil(whole):
            self.scheduler.after(delay, partial(self._send_raw, part), name="piece")

    def _send_raw(self, octets: bytes) -> None:
        if self._channel is not None:
            self._channel.send_raw(octets)

    def _send(self, heard: Heard) -> None:
        if self._wire is not None and self._channel is not None:
            said = Said(heard.body, heard.signature, payload_type=heard.payload_type)
            self._wire.say(heard.session_id, said)

    def _loop_begins(self) -> None:
        self.loop_since = self.scheduler.now
        if self._fills_after is not None:
            self.scheduler.after(self._fills_after, self._stop, name="stop")

    def _ended(self, side: str, result: SessionResult) -> None:
        super()._ended(side, result)
        limit = self.lab.limits.close
        self.scheduler.after(limit + tolerance(limit), self._close, name="close")

    def _close(self) -> None:
        """The vehicle should have done it."""
        if self._channel is not None:
            self._left_open = True
            self._channel.close()
