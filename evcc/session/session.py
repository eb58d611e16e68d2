"""One V2G session of the vehicle, from discovery to the closed connection.

Strings the rooms together: search, connection, handshake, protocol.  What is said is the
handlers' affair; this module knows in which stage the session is and what its end means there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from bsw.chrgm import sap
from bsw.chrgm.applications import Application, Link
from bsw.chrgm.coding.wire import UNREADABLE, Wire
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import Initiator
from bsw.chrgm.finish import Finish
from bsw.chrgm.messages.sap import SupportedAppProtocolRes
from bsw.chrgm.modes import Mode, mode_of
from bsw.chrgm.protocols import approach_of, dialect_of, protocol, services_with
from bsw.chrgm.record import Said
from bsw.net.channel import Cause, Channel, Channels, Closed
from bsw.net.ports import Network
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.sdp.client import SdpClient, station_endpoint
from bsw.sdp.messages import Security, WirelessRequest
from bsw.sdp.search import Found, Missing, NotFound, SearchRules
from bsw.tls.port import TlsEngine
from bsw.trace import Trace
from evcc.session.context import VehicleContext
from evcc.session.handlers.modes import usable
from evcc.session.handlers.registry import SCRIPTS
from evcc.vehicle import StationView

SETUP_TIME: Final = 20 * S
"""V2G_EVCC_CommunicationSetup_Timeout, from the link to SessionSetupRes."""
HANDSHAKE_TIME: Final = 2 * S

_CLOSED: Final = {
    Cause.REFUSED: Ending.NO_CONNECTION,
    Cause.UNREACHABLE: Ending.NO_CONNECTION,
    Cause.TIMEOUT: Ending.NO_CONNECTION,
    Cause.TLS: Ending.TLS_FAILED,
    Cause.FRAMING: Ending.UNDECODABLE,
}


class Stage(Enum):
    IDLE = "idle"
    SEARCHING = "searching for a station"
    CONNECTING = "connecting"
    AGREEING = "agreeing on a protocol"
    TALKING = "talking"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class VehicleSessionPorts:
    """What a session needs from the ECU, the same for all sessions."""

    scheduler: Scheduler
    networks: Sequence[Network]
    channels: Channels
    applications: Sequence[Application]
    trace: Trace
    search: SearchRules = field(default_factory=SearchRules)
    sap_rules: sap.SapRules = field(default_factory=sap.SapRules)
    wireless: Callable[[Mode], WirelessRequest | None] = lambda _mode: None
    sdp_port: int = 15118
    tls: Callable[[], TlsEngine] | None = None


MakeContext = Callable[[Callable[[SessionResult], None]], VehicleContext]
"""The context of a new session, by what ends that session at once."""


class VehicleSession:
    """Runs once.  ``ended`` hears the result, after the vehicle was brought to a safe state."""

    def __init__(
        self,
        means: VehicleSessionPorts,
        context: MakeContext,
        ended: Callable[[SessionResult], None],
    ) -> None:
        self.stage = Stage.IDLE
        self._means = means
        self._finish = Finish(means.trace, self._close, ended)
        self._context = context(self._finish.end)
        self._link_up = 0
        self._refusals = 0
        self._connect: Callable[[], Channel]
        self._channel: Channel | None = None
        self._wire: Wire | None = None
        self._offer: sap.Offer | None = None
        self._initiator: Initiator | None = None
        scheduler = means.scheduler
        self._setup_alarm = scheduler.alarm(self._setup_late, name="set-up")
        self._handshake_alarm = scheduler.alarm(self._handshake_late, name="handshake")
        self._redial_alarm = scheduler.alarm(self._dial, name="connect again")
        self._sdp = SdpClient(
            scheduler,
            means.networks,
            self._found,
            self._missed,
            rules=means.search,
            port=means.sdp_port,
        )
        for wallet in (self._context.wallet, self._context.newer_wallet):
            if wallet is not None:
                wallet.listen(lambda detail: self._context.fail(Ending.KEY_FAULT, detail))

    @property
    def result(self) -> SessionResult | None:
        return self._finish.result

    @property
    def mode(self) -> str:
        """The energy transfer mode it asks for."""
        return self._context.state.mode

    @property
    def energy_after(self) -> int:
        """For how long the station said it has no energy; 0 if it did not say."""
        return self._context.view.notification_delay * S if self._context.awaits_energy else 0

    @property
    def secure(self) -> bool:
        """Whether its connection has TLS, as far as there is one."""
        return self._context.record.agreed.secure

    @property
    def view(self) -> StationView:
        """What the station told so far."""
        return self._context.view

    def start(self, link_up: int | None = None) -> None:
        """Begin with discovery.  ``link_up`` is when the set-up time began; default now."""
        now = self._means.scheduler.now
        self._link_up = now if link_up is None else link_up
        self._setup_alarm.rearm(self._link_up + SETUP_TIME - now)
        self._enter(Stage.SEARCHING)
        self._sdp.start(wireless=self._means.wireless(mode_of(self.mode)))

    def end(self, result: SessionResult) -> None:
        """End here and now: the vehicle becomes safe first, then the connection is closed."""
        self._finish.end(result)

    # Discovery and connection

    def _found(self, found: Found, network: Network) -> None:
        secure = found.security is Security.TLS
        if secure and self._means.tls is None:
            self._finish.fail(
                Ending.NO_CONNECTION, "the station insists on TLS, which is not set up here"
            )
            return
        engine = self._means.tls if secure and self._means.tls is not None else lambda: None
        endpoint = station_endpoint(found, network)
        self._means.trace.add("station", at=str(endpoint), security=found.security.name)
        self._enter(Stage.CONNECTING)
        self._connect = lambda: self._means.channels.connect(network, endpoint, self, tls=engine())
        self._dial()

    def _dial(self) -> None:
        self._channel = self._connect()
        self._wire = Wire(self._channel, self._means.trace, self._context.profile.reading)

    def _missed(self, missed: NotFound) -> None:
        if missed.reason is Missing.SECURITY:
            remedy = "session.without_tls: external would charge there"
            self._finish.fail(Ending.LESS_SECURITY, f"{missed}; {remedy}")
        else:
            self._finish.fail(Ending.NO_STATION, str(missed))

    # The channel's user

    def opened(self) -> None:
        assert self._channel is not None
        assert self._wire is not None
        facts = self._channel.facts
        link = sap.link_of(facts)
        self._means.trace.add(
            "connected",
            peer=str(self._channel.peer),
            version="" if facts is None else facts.version,
            suite="" if facts is None else facts.suite,
        )
        self._context.record.agreed = replace(
            self._context.record.agreed,
            secure=link is not Link.PLAIN,
            tolerated=self._context.profile.tolerated,
        )
        self._context.station_leaf = b"" if facts is None else facts.peer_fingerprint
        try:
            self._offer = sap.offer(self._usable(), link, self._means.sap_rules)
        except sap.NothingToOffer as nothing:
            self._finish.fail(Ending.NO_PROTOCOL, str(nothing))
            return
        self._enter(Stage.AGREEING)
        self._handshake_alarm.rearm(HANDSHAKE_TIME)
        self._wire.say_handshake(self._offer.request)

    def _usable(self) -> list[Application]:
        """Those that know the way of energy transfer we want."""
        return usable(self._means.applications, mode_of(self._context.state.mode))

    def frame(self, payload_type: int, payload: bytes) -> None:
        assert self._wire is not None
        try:
            if self._initiator is not None:
                self._initiator.received(self._wire.hear(payload_type, payload))
            else:
                self._agreed(self._wire.hear_handshake(payload))
        except UNREADABLE as error:
            self._finish.fail(Ending.UNDECODABLE, str(error))

    def closed(self, reason: Closed) -> None:
        self._channel = None
        if reason.cause is Cause.REFUSED and self._refusals < self._context.profile.connect_again:
            self._refusals += 1
            self._redial_alarm.rearm(self._context.profile.connect_pause)
            return
        ending = _CLOSED.get(reason.cause, Ending.CONNECTION_LOST)
        self._finish.fail(ending, str(reason))

    # The handshake

    def _agreed(self, message: object) -> None:
        assert self._offer is not None
        self._handshake_alarm.cancel()
        if not isinstance(message, SupportedAppProtocolRes):
            self._finish.fail(
                Ending.SEQUENCE_ERROR, f"{type(message).__name__} instead of an agreement"
            )
            return
        agreed = sap.conclude(self._offer, message, self._means.sap_rules)
        if isinstance(agreed, sap.Refusal):
            self._finish.fail(Ending.NO_PROTOCOL, agreed.value)
        else:
            self._talk(agreed.application.name)

    def _talk(self, name: str) -> None:
        assert self._wire is not None
        self._wire.agree(dialect_of(name, self._context.profile.reading))
        self._setup_alarm.cancel()
        context = self._context
        context.carried = services_with(name)
        context.record.agreed = replace(
            context.record.agreed,
            approach=approach_of(name),
            late=context.profile.meets_after_selection,
        )
        context.see(context.view.but(protocol=name))
        paused = context.memory.load()
        if paused is not None and paused.protocol == protocol(name).name:
            context.record.resumed = paused.session_id
        self._enter(Stage.TALKING)
        self._initiator = Initiator(
            protocol(name).table,
            SCRIPTS.script(name, context),
            context.record,
            scheduler=self._means.scheduler,
            timing=context.profile.timing,
            say=self._say,
            ended=self._finish.over,
        )
        self._finish.talk = self._initiator
        self._initiator.start(self._link_up)

    def _say(self, session_id: bytes, said: Said) -> None:
        assert self._wire is not None
        self._wire.say(session_id, said)

    # The end

    def _setup_late(self) -> None:
        self._finish.fail(Ending.SETUP_TIMEOUT, f"while {self.stage.value}")

    def _handshake_late(self) -> None:
        self._finish.fail(Ending.ANSWER_TIMEOUT, "no answer to SupportedAppProtocolReq")

    def _close(self, result: SessionResult) -> SessionResult:
        if not result.fault and self._context.stop_fault:
            result = replace(result, fault=self._context.stop_fault)
        self._context.safe(result.ending)
        self._sdp.cancel()
        self._setup_alarm.cancel()
        self._handshake_alarm.cancel()
        self._redial_alarm.cancel()
        if self._channel is not None:
            self._channel.close()
        self._enter(Stage.OVER)
        return result

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._means.trace.add("stage", name=stage.value)
