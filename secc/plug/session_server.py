"""One outlet of the station: discovery, listeners, and at most one session at a time.

Armed by ``dlink_ready`` and by nothing else.  Who connects is a newcomer until a valid
SessionSetupReq has come; only then, and only if it may, it takes the place of a session that
runs.  A session that fails never keeps the outlet from serving the next; losing the link ends
everything at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.record import SessionRecord
from bsw.dlt import Logger
from bsw.net.admission import Admission
from bsw.net.channel import Channel, Channels, ChannelUser
from bsw.net.connections_config import ConnectionsConfig
from bsw.net.ports import Network
from bsw.sdp.server import Offer
from secc.api.charger import Charger
from secc.api.literals import HlcSessionFailedReason, PaymentOption, SupportedAppProtocol
from secc.plug.entrance import Doors, Entrance
from secc.plug.location import Location
from secc.plug.newcomers import Newcomers, Stage
from secc.plug.takeover import Claim
from secc.session.context import StationContext
from secc.session.memory import Memory
from secc.session.profile import SETUP_TIME
from secc.session.session import Deadlines, StationSession, StationSessionPorts

RESULTS_KEPT: Final = 100
"""How many of the last results are kept in mind."""
_REASONS: Final = {
    Ending.NO_PROTOCOL: HlcSessionFailedReason.PROTOCOL_NEGOTIATION,
    Ending.TLS_FAILED: HlcSessionFailedReason.TLS_HANDSHAKE,
}
_BY_EXCHANGE: Final = {
    "Authorization": HlcSessionFailedReason.AUTHORIZATION,
    "ContractAuthentication": HlcSessionFailedReason.AUTHORIZATION,
    "PaymentDetails": HlcSessionFailedReason.AUTHORIZATION,
    "CertificateInstallation": HlcSessionFailedReason.AUTHORIZATION,
    "CertificateUpdate": HlcSessionFailedReason.AUTHORIZATION,
    "ChargeParameterDiscovery": HlcSessionFailedReason.PARAMETERS,
    "CableCheck": HlcSessionFailedReason.TRANSFER_SETUP,
    "PreCharge": HlcSessionFailedReason.TRANSFER_SETUP,
    "PowerDelivery": HlcSessionFailedReason.TRANSFER_SETUP,
    "CurrentDemand": HlcSessionFailedReason.INTERRUPTED,
    "ChargingStatus": HlcSessionFailedReason.INTERRUPTED,
    "MeteringReceipt": HlcSessionFailedReason.INTERRUPTED,
}


def failed_reason(result: SessionResult) -> HlcSessionFailedReason:
    """The protocol-neutral reason of a failed session."""
    unexpected = HlcSessionFailedReason.UNEXPECTED_END
    return _REASONS.get(result.ending) or _BY_EXCHANGE.get(result.exchange, unexpected)


StationMaker = Callable[[SessionRecord], StationContext]


@dataclass(frozen=True, slots=True)
class Manners:
    """How newcomers are treated.

    With ``stop_discovery`` the set-up time begins with the link, and its end closes discovery and
    listeners until the session is over; without, it begins with each connection.
    """

    stop_discovery: bool = True
    setup_within: int = SETUP_TIME
    connections: ConnectionsConfig = field(default_factory=ConnectionsConfig)


class SessionServer:
    """Serves one plug on one network."""

    def __init__(
        self,
        charger: Charger,
        means: StationSessionPorts,
        network: Network,
        channels: Channels,
        *,
        doors: Doors,
        make_station: StationMaker,
        memory: Memory,
        ended: Callable[[SessionResult], None],
        log: Logger,
        manners: Manners | None = None,
    ) -> None:
        self._charger = charger
        self._means = means
        self._make_station = make_station
        self._memory = memory
        self._log = log
        self._manners = manners = manners or Manners()
        self._entrance = Entrance(
            means.scheduler,
            network,
            channels,
            self._accept,
            doors=doors,
            log=log,
            locate=Location(charger, doors.wireless).position,
            plain=lambda: PaymentOption.EXTERNAL in charger.state.payment_options,
        )
        self._admission = Admission(manners.connections, lambda: means.scheduler.now)
        self._newcomers: Newcomers[StationSession] = Newcomers(manners.connections)
        self._claims: dict[StationSession, Claim] = {}
        self._link_up = 0
        self._armed = False
        self._held = False  # the link is up, but a command is missing
        self._session: StationSession | None = None
        self.results: list[SessionResult] = []
        self._ended = ended
        charger.on_command(self._command)
        charger.served_by(self)

    @property
    def session(self) -> StationSession | None:
        """The session that runs now; a connection that has not set one up is none."""
        return self._session

    @property
    def offer(self) -> Offer | None:
        """What discovery answers now."""
        return self._entrance.offer

    @property
    def running(self) -> str:
        """The mode of the session that runs, for commands that must not contradict it."""
        if self._session is None:
            return ""
        return self._session.station.mode.name or "agreeing on a mode"

    @property
    def renegotiates(self) -> bool:
        """Only -20 can, and only while it charges."""
        if self._session is None:
            return False
        station = self._session.station
        newest = station.vehicle.selected_protocol is SupportedAppProtocol.ISO20
        return newest and station.profile.service_renegotiation and station.looping

    def close(self) -> None:
        """The outlet goes out of service."""
        self._disarm("the outlet is closed")

    def end(self, result: SessionResult) -> None:
        """End whoever wants to become a session, and the session."""
        for newcomer in self._newcomers:
            newcomer.end(result)
        if self._session is not None:
            self._session.end(result)

    def forget_vehicle(self) -> None:
        """The plug is out: a pause is over, and nothing said for this vehicle counts any more."""
        self._memory.forget()
        self._charger.verdicts.forget_advance()
        self._charger.state.forget_session()

    # The data link

    def _command(self, name: str) -> None:
        state = self._charger.state
        if name == "dlink_ready" and not state.dlink:
            self._disarm("the data link is gone")
        elif name == "dlink_ready" or (self._held and state.dlink and not state.missing()):
            self._arm()
        elif name == "update_pad" and self._session is not None:
            self._session.station.watch_pad()
        elif name == "session_setup":
            self._entrance.look()  # where contracts alone pay, nothing is to be had without TLS

    def _arm(self) -> None:
        missing = self._charger.state.missing()
        self._held = bool(missing)
        if missing:
            self._log.warning("not ready for a vehicle", missing=", ".join(missing))
            return
        self._armed = True
        self._await_vehicle()

    def _await_vehicle(self) -> None:
        manners = self._manners
        self._link_up = self._means.scheduler.now
        self._entrance.open(manners.setup_within if manners.stop_discovery else None)

    def _disarm(self, why: str) -> None:
        self._held = self._armed = False
        self._entrance.close()
        self.end(SessionResult(Ending.LINK_LOST, detail=why))

    # Newcomers

    def _accept(self, channel: Channel) -> ChannelUser | None:
        """Whoever connects; nothing happens to the session that runs."""
        peer = channel.peer.address
        if not self._admission.admits(peer):
            self._say_refused(peer)
            return None
        self._newcomers.make_room(peer)
        station = self._make_station(SessionRecord())
        if self._session is not None:
            station.mute()
        newcomer = StationSession(self._means, channel, station, self._deadlines(), self)
        self._newcomers.enter(newcomer)
        return newcomer

    def _say_refused(self, peer: str) -> None:
        """Say so for the first, the second, the fourth ... so that a flood stays readable."""
        count = self._admission.refused
        if count & (count - 1) == 0:
            self._log.warning("connection refused", why="too many a second", peer=peer, times=count)

    def _deadlines(self) -> Deadlines:
        now, manners = self._means.scheduler.now, self._manners
        since = self._link_up if manners.stop_discovery else now
        offer = now + manners.connections.offer_within
        return Deadlines(since, min(offer, since + manners.setup_within))

    def asks(self, newcomer: StationSession) -> None:
        """From a newcomer whose SessionSetupReq is there."""
        if self._session is None:
            self._establish(newcomer)
            return
        claim = Claim(
            self._means.scheduler,
            self._session,
            newcomer,
            self._manners.connections.silent_for,
            lambda why: self._decide(newcomer, why),
        )
        self._claims[newcomer] = claim
        claim.begin()

    def _decide(self, newcomer: StationSession, why: str) -> None:
        claim = self._claims.pop(newcomer)
        if why:
            self._log.warning("newcomer refused", peer=newcomer.peer, why=why)
            newcomer.refuse(why)
            return
        assert self._session is not None, "a claim ends with the session it is about"
        self._claims = {newcomer: claim, **self._claims}  # the first to be let in
        self._session.end(SessionResult(Ending.CONNECTION_LOST, detail="the vehicle came back"))

    def _establish(self, newcomer: StationSession) -> None:
        self._newcomers.leave(newcomer)
        self._session = newcomer
        newcomer.establish()

    # Sessions

    def over(self, session: StationSession, result: SessionResult) -> None:
        """From a session or a newcomer that has ended."""
        self._newcomers.leave(session)
        claim = self._claims.pop(session, None)
        if claim is not None:
            claim.drop()
        if session is self._session:
            self._session = None
            self._conclude(session, result)
            self._let_in()
        elif self._matters(session, result):
            self._conclude(session, result)
        else:
            self._log.info("newcomer gone", peer=session.peer, result=str(result))

    def _matters(self, newcomer: StationSession, result: SessionResult) -> bool:
        """Whether this was the vehicle's attempt; while others are there, nobody can tell."""
        alone = self._session is None and not self._newcomers
        return alone and (newcomer.spoken_to or result.ending is Ending.SETUP_TIMEOUT)

    def _conclude(self, session: StationSession, result: SessionResult) -> None:
        station = session.station
        self._log.info("session ended", result=str(result))
        station.leave()
        self._charger.verdicts.withdraw(station.question)
        if not result.ending.good:
            station.publish("hlc_session_failed", failed_reason(result))
        self.results.append(result)
        del self.results[:-RESULTS_KEPT]
        if not self._claims:  # else the vehicle is here again, on the same link
            self._tell_link(result)
        if session.stage is Stage.ESTABLISHED:
            self._charger.state.forget_session()
        if self._armed:
            self._await_vehicle()
        self._ended(result)

    def _let_in(self) -> None:
        """One of those who asked for the place of the session that has ended: it is one vehicle."""
        waiting, self._claims = self._claims, {}
        for newcomer, claim in waiting.items():
            claim.drop()
            if newcomer.result is not None:
                continue
            if self._session is None:
                self._establish(newcomer)
            else:
                newcomer.refuse("another connection was let in")

    def _tell_link(self, result: SessionResult) -> None:
        if result.ending is Ending.LINK_LOST:
            return
        terminated = "dlink_terminate"
        if self._charger.state.no_energy is not None:
            terminated = "dlink_pause"  # the vehicle was told to come again
        names = {Ending.TERMINATED: terminated, Ending.PAUSED: "dlink_pause"}
        self._charger.variables.publish(names.get(result.ending, "dlink_error"))
