"""Somebody who connects to a station and goes as far as a test wants, beside the vehicle."""

from collections.abc import Callable
from typing import Any

from bsw.chrgm import sap
from bsw.chrgm.applications import applications_of
from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.coding.wire import Wire
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import NO_SESSION, Said
from bsw.net.channel import Channels, Closed
from bsw.net.ports import Endpoint, Network, StreamEnd
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.tls.port import TlsEngine
from bsw.trace import MemoryTrace, Trace
from secc.plug.session_server import SessionServer
from secc.session.profile import FIELD
from secc.session.session import StationSession
from tests.net import worlds
from tools.bench.world.network import NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.conformance.newer import requests as ask

VEHICLE = bytes.fromhex("0200000000a1")
"""The EVCCID of the rig's vehicle."""


class Stranger:
    """``far``: 0 connects only, 1 also offers a protocol, 2 also sends SessionSetupReq."""

    def __init__(
        self,
        scheduler: Scheduler,
        network: Network,
        to: Endpoint,
        far: int = 0,
        *,
        evccid: bytes = VEHICLE,
        name: str = "iso2",
        tls: Callable[[], TlsEngine] | None = None,
    ) -> None:
        self.far = far
        self.evccid = evccid
        self.name = name
        self.opened_at: int | None = None
        self.closed_at: int | None = None
        self.answers: list[Any] = []
        self._scheduler = scheduler
        self._dialect: Dialect | None = None
        self.channel = Channels(scheduler).connect(
            network, to, self, tls=None if tls is None else tls()
        )
        self.wire = Wire(self.channel, Trace(lambda: scheduler.now, (MemoryTrace(),)))

    @property
    def codes(self) -> list[str]:
        return [str(answer.response_code.value) for answer in self.answers]

    def opened(self) -> None:
        self.opened_at = self._scheduler.now
        if self.far >= 1:
            link = sap.link_of(self.channel.facts)
            self.wire.say_handshake(sap.offer(applications_of([self.name]), link).request)

    def frame(self, payload_type: int, payload: bytes) -> None:
        if self._dialect is None:
            self.answers.append(self.wire.hear_handshake(payload))
            self._dialect = protocol(self.name).dialect
            self.wire.agree(self._dialect)
            if self.far >= 2:
                self.set_up()
        else:
            self.answers.append(self.wire.hear(payload_type, payload).body)

    def set_up(self) -> None:
        if self.name.startswith("iso20"):
            self.wire.say(NO_SESSION, Said(ask.session_setup()))
            return
        messages = iso2 if self.name == "iso2" else din
        self.wire.say(NO_SESSION, Said(messages.SessionSetupReq(evccid=self.evccid)))

    def closed(self, _reason: Closed) -> None:
        self.closed_at = self._scheduler.now


class Knocker:
    """A bare TCP connection; sends octets if told to."""

    def __init__(self, network: Network, to: Endpoint) -> None:
        self.ended_with: StreamEnd | None = None
        self.is_connected = False
        self.heard = bytearray()
        self.stream = network.connect(to, self, timeout=5 * S)

    def connected(self) -> None:
        self.is_connected = True

    def received(self, data: bytes) -> None:
        self.heard += data

    def ended(self, how: StreamEnd) -> None:
        self.ended_with = how


def door(outlet: SessionServer, network: Network, scope: str, *, tls: bool = False) -> Endpoint:
    """Where the station listens."""
    offer = outlet.offer
    assert offer is not None, "the outlet is closed"
    port = offer.tls if tls else offer.plain
    assert port is not None, "not served"
    return Endpoint(network.link_local(), port, scope)


class Street:
    """A vehicle that charges, and others on the same line."""

    def __init__(self, *, tls: bool = False, mode: str = "DC_extended") -> None:
        self.world = worlds.simulated()
        self.crypto = Crypto(Today(self.world.scheduler), self.world.worker) if tls else None
        crypto = self.crypto
        self.rig = NetRig(
            self.world,
            Options(
                mode=mode,
                station_profile=FIELD,
                vehicle_tls=None if crypto is None else crypto.vehicle_tls,
                station_tls=None if crypto is None else crypto.station_tls,
            ),
        )
        self.elsewhere: Network = self.world.simulated.node("elsewhere")

    @property
    def outlet(self) -> SessionServer:
        return self.rig.outlet

    def charge(self) -> StationSession:
        """Until current flows."""
        self.rig.plug_in()
        self.world.run_until(
            lambda: self.outlet.session is not None and self.outlet.session.station.looping, 60 * S
        )
        session = self.outlet.session
        assert session is not None
        return session

    def set_up(self, *, tls: bool = False) -> StationSession:
        """A vehicle that sets up its session and then says nothing more."""
        self.rig.charger.dlink_ready(value=True)
        self.by_hand = self.come(2, tls=tls)
        session = self.outlet.session
        assert session is not None
        return session

    def told(self, name: str) -> bool:
        return self.rig.charger.variables.told(name)

    def door(self, *, tls: bool = False) -> Endpoint:
        return door(self.outlet, self.world.station, self.world.vehicle.scope, tls=tls)

    def come(self, far: int, network: Network | None = None, **how: object) -> Stranger:
        tls = how.pop("tls", False)
        engine = self.crypto.vehicle_tls if tls and self.crypto is not None else None
        made = Stranger(
            self.rig.scheduler,
            network or self.world.vehicle,
            self.door(tls=bool(tls)),
            far,
            tls=engine,
            **how,  # type: ignore[arg-type]  # evccid and name
        )
        self.world.run_for(3 * S)
        return made

    def goes_on(self, session: StationSession) -> bool:
        """The session is there, and current flows."""
        return (
            self.outlet.session is session
            and session.result is None
            and not self.outlet.results
            and self.rig.electronics.current > 1.0
        )
