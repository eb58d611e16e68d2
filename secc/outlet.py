"""One outlet of the station: discovery, listeners, and at most one session at a time.

Armed by ``dlink_ready`` and by nothing else.  A session that fails never keeps the outlet from
serving the next; losing the link ends everything at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.record import SessionRecord
from bsw.dlt import Logger
from bsw.net.channel import Channel, Channels, ChannelUser
from bsw.net.ports import Listener, Network
from bsw.sdp.server import Offer, SdpServer
from bsw.tls.port import TlsEngine
from secc.api.charger import Charger
from secc.api.literals import HlcSessionFailedReason
from secc.memory import Memory
from secc.session import SETUP_TIME, Means, StationSession
from secc.station import Station

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


@dataclass(frozen=True, slots=True)
class Doors:
    """Which connections the outlet accepts; ``tls`` makes an engine for each."""

    plain: bool = True
    tls: Callable[[], TlsEngine] | None = None
    plain_port: int = 0
    tls_port: int = 0
    sdp_port: int = 15118


StationMaker = Callable[[SessionRecord], Station]


class Outlet:
    """Serves one plug on one network."""

    def __init__(
        self,
        charger: Charger,
        means: Means,
        network: Network,
        channels: Channels,
        *,
        doors: Doors,
        make_station: StationMaker,
        memory: Memory,
        log: Logger,
        stop_discovery: bool = True,
    ) -> None:
        self._charger = charger
        self._means = means
        self._network = network
        self._channels = channels
        self._doors = doors
        self._make_station = make_station
        self._memory = memory
        self._log = log
        self._stop_discovery = stop_discovery
        self._listeners: list[Listener] = []
        self._link_up = 0
        self._held = False  # the link is up, but a command is missing
        self._session: StationSession | None = None
        self.results: list[SessionResult] = []
        self.on_end: Callable[[SessionResult], None] = lambda _result: None
        self._sdp = SdpServer(means.scheduler, network, port=doors.sdp_port)
        charger.on_command(self._command)
        charger.running = self._running
        charger.verdicts.now = lambda: means.scheduler.now
        charger.verdicts.stray = lambda why: log.warning("verdict counts for nobody", why=why)

    @property
    def session(self) -> StationSession | None:
        """The session that runs now."""
        return self._session

    @property
    def offer(self) -> Offer | None:
        """What discovery answers now."""
        return self._sdp.offer

    def _running(self) -> str:
        """The mode of the session that runs, for commands that must not contradict it."""
        if self._session is None:
            return ""
        return self._session.station.mode or "agreeing on a mode"

    def close(self) -> None:
        """The outlet goes out of service."""
        self._disarm("the outlet is closed")

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

    def _arm(self) -> None:
        missing = self._charger.state.missing()
        self._held = bool(missing)
        if missing:
            self._log.warning("not ready for a vehicle", missing=", ".join(missing))
            return
        self._link_up = self._means.scheduler.now
        if not self._listeners:
            self._open_doors()
        self._sdp.open(SETUP_TIME if self._stop_discovery else None)

    def _open_doors(self) -> None:
        doors = self._doors
        plain = tls = None
        if doors.plain:
            listener = self._listen(doors.plain_port, None)
            plain = listener.local.port
        if doors.tls is not None:
            listener = self._listen(doors.tls_port, doors.tls)
            tls = listener.local.port
        self._sdp.offer = Offer(tls=tls, plain=plain)

    def _listen(self, port: int, tls: Callable[[], TlsEngine] | None) -> Listener:
        listener = self._channels.listen(self._network, self._accept, port=port, tls=tls)
        self._listeners.append(listener)
        return listener

    def _disarm(self, why: str) -> None:
        self._held = False
        self._sdp.close()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if self._session is not None:
            self._session.end(SessionResult(Ending.LINK_LOST, detail=why))

    # Sessions

    def _accept(self, channel: Channel) -> ChannelUser:
        """A new connection of the same vehicle replaces one that is dead."""
        if self._session is not None:
            newer = SessionResult(Ending.CONNECTION_LOST, detail="the vehicle connected again")
            self._session.end(newer)
        station = self._make_station(SessionRecord())
        session = StationSession(self._means, channel, station, self._link_up, self._over)
        self._session = session
        return session

    def _over(self, session: StationSession, result: SessionResult) -> None:
        if self._session is session:
            self._session = None
        station = session.station
        self._log.info("session ended", result=str(result))
        station.cut_energy()
        self._charger.verdicts.withdraw(station.question)
        if not result.ending.good:
            station.publish("hlc_session_failed", failed_reason(result))
        self.results.append(result)
        self._tell_link(result)
        self._charger.state.forget_session()
        self._link_up = self._means.scheduler.now
        if self._listeners:
            self._sdp.open(SETUP_TIME if self._stop_discovery else None)
        self.on_end(result)

    def _tell_link(self, result: SessionResult) -> None:
        if result.ending is Ending.LINK_LOST:
            return
        names = {Ending.TERMINATED: "dlink_terminate", Ending.PAUSED: "dlink_pause"}
        self._charger.variables.publish(names.get(result.ending, "dlink_error"))
