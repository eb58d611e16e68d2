"""One V2G session of the station, from the accepted connection to the closed one."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bsw.chrgm import sap
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Said
from bsw.chrgm.responder import Responder
from bsw.chrgm.wire import UNREADABLE, Wire
from bsw.net.channel import Cause, Channel, Closed
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.trace import Trace
from secc.api.literals import SupportedAppProtocol
from secc.api.objects import AppProtocol, AppProtocols, V2gMessages
from secc.api.state import StationState
from secc.handlers.needs import publish_ev_info
from secc.handlers.voices import voice
from secc.station import Station

SETUP_TIME: Final = 18 * S
"""V2G_SECC_CommunicationSetup_Performance_Time, from the link to SessionSetupRes."""
_ISO20: Final = SupportedAppProtocol.ISO20


@dataclass(frozen=True, slots=True)
class Means:
    """What a session needs from the outlet, the same for all sessions."""

    scheduler: Scheduler
    applications: Sequence[sap.Application]
    trace: Trace
    sap_rules: sap.SapRules = field(default_factory=sap.SapRules)


_FAMILIES: Final = {
    "din": SupportedAppProtocol.DIN,
    "iso2": SupportedAppProtocol.ISO2,
}


def served(
    applications: Sequence[sap.Application], state: StationState
) -> tuple[sap.Application, ...]:
    """What this outlet can serve now: by its own restriction, and DIN only where there is DC."""
    restriction = state.protocols
    return tuple(
        one
        for one in applications
        if (restriction is None or _FAMILIES.get(one.name, _ISO20) in restriction)
        and (one.name != "din" or state.serves_dc)
    )


def _offer(request: SupportedAppProtocolReq) -> AppProtocols | None:
    """The vehicle's whole offer as the north side has it; ``None`` if there is nothing in it."""
    entries = [
        AppProtocol(
            protocol_namespace=(entry.protocol_namespace or "-")[:100],
            version_number_major=entry.version_number_major,
            version_number_minor=entry.version_number_minor,
            schema_id=entry.schema_id,
            priority=min(20, max(1, entry.priority)),
        )
        for entry in request.app_protocol[:20]
    ]
    return AppProtocols(Protocols=entries) if entries else None


class StationSession:
    """Runs once.  ``ended`` hears the result; the connection is closed by then."""

    def __init__(
        self,
        means: Means,
        channel: Channel,
        station: Station,
        link_up: int,
        ended: Callable[["StationSession", SessionResult], None],
    ) -> None:
        self.result: SessionResult | None = None
        self.station = station
        self.talked = False  # a V2G message beyond the handshake was answered
        self._means = means
        self._channel: Channel | None = channel
        self._wire = Wire(channel, means.trace, station.profile.reading)
        self._link_up = link_up
        self._ended = ended
        self._responder: Responder | None = None
        self._alarm = means.scheduler.alarm(self._setup_late, name="set-up")
        self._alarm.rearm(max(0, link_up + SETUP_TIME - means.scheduler.now))

    def end(self, result: SessionResult) -> None:
        """End here and now."""
        if self._responder is not None and self._responder.result is None:
            result = replace(result, exchange=result.exchange or self._responder.place)
            self._responder.end(result)  # comes back as ``_over``
        else:
            self._over(result)

    # The channel's user

    def opened(self) -> None:
        assert self._channel is not None
        link = sap.link_of(self._channel.facts)
        self.station.record.agreed = replace(
            self.station.record.agreed,
            secure=link is not sap.Link.PLAIN,
            tolerated=self.station.profile.tolerated,
        )
        self._means.trace.add("connected", peer=str(self._channel.peer), link=link.value)

    def frame(self, payload_type: int, payload: bytes) -> None:
        try:
            if self._responder is not None:
                self.talked = True
                heard = self._wire.hear(payload_type, payload)
                self._debug(type(heard.body).__name__, payload)
                self._responder.received(heard)
            else:
                message = self._wire.hear_handshake(payload)
                self._debug(type(message).__name__, payload)
                self._choose(message)
        except UNREADABLE as error:
            self._debug("UnknownMessage", payload)
            self._fail(Ending.UNDECODABLE, str(error))

    def closed(self, reason: Closed) -> None:
        self._channel = None
        ending = Ending.TLS_FAILED if reason.cause is Cause.TLS else Ending.CONNECTION_LOST
        self._fail(ending, str(reason))

    # The handshake

    def _choose(self, message: object) -> None:
        assert self._channel is not None
        if not isinstance(message, SupportedAppProtocolReq):
            self._fail(Ending.SEQUENCE_ERROR, f"{type(message).__name__} instead of an offer")
            return
        offer = _offer(message)
        if offer is not None and self.station.state.debug:
            self.station.publish("ev_app_protocol", offer)
        link = sap.link_of(self._channel.facts)
        here = served(self._means.applications, self.station.state)
        choice = sap.choose(message, here, link, self._means.sap_rules)
        self._debug(type(choice.response).__name__, self._wire.say_handshake(choice.response))
        chosen = None if choice.application is None else _FAMILIES.get(choice.application.name)
        publish_ev_info(self.station, supported_protocols=offer, selected_protocol=chosen)
        if choice.application is None:
            self._fail(Ending.NO_PROTOCOL, "nothing of the vehicle's offer is served here")
        else:
            self._talk(choice.application.name)

    def _talk(self, name: str) -> None:
        spoken = protocol(name, self.station.profile.reading)
        self._wire.agree(spoken.dialect)
        self._alarm.cancel()
        if self.station.state.debug:
            self.station.publish("selected_protocol", spoken.dialect.name)
        self._responder = Responder(
            spoken.table,
            voice(name, self.station),
            self.station.record,
            scheduler=self._means.scheduler,
            timing=self.station.profile.timing,
            log=self.station.log,
            say=self._say,
            ended=self._over,
        )
        self._responder.start(self._link_up)

    def _debug(self, name: str, octets: bytes) -> None:
        """The message as a debug variable, before anything that follows from it."""
        if self.station.state.debug:
            coded = b64encode(octets).decode("ascii")
            self.station.publish("v2g_messages", V2gMessages(id=name, exi_base64=coded))

    def _say(self, session_id: bytes, said: Said) -> None:
        self._debug(type(said.body).__name__, self._wire.say(session_id, said))

    # The end

    def _setup_late(self) -> None:
        self._fail(Ending.SETUP_TIMEOUT, "no SessionSetupReq within the set-up time")

    def _fail(self, ending: Ending, detail: str) -> None:
        place = self._responder.place if self._responder is not None else ""
        self.end(SessionResult(ending, place, detail=detail))

    def _over(self, result: SessionResult) -> None:
        if self.result is not None:
            return
        self.result = result
        self._alarm.cancel()
        if self._channel is not None:
            self._channel.close()
        self._means.trace.add(
            "session-end",
            ending=result.ending.name,
            exchange=result.exchange,
            code=result.code,
            timer=result.timer,
            detail=result.detail,
        )
        self._ended(self, result)
