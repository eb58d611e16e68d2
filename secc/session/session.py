"""One V2G session of the station, from the accepted connection to the closed one.

Until a valid SessionSetupReq has come it is a newcomer without any effect on the outlet; then it
asks whether it may be the outlet's session, and is told ``establish`` or ``refuse``.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bsw.chrgm import sap
from bsw.chrgm.applications import Application, Link
from bsw.chrgm.coding.wire import UNREADABLE, Wire
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.responder import Responder, ResponderScript
from bsw.chrgm.finish import Finish
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.protocols import approach_of, dialect_of, protocol, services_with
from bsw.chrgm.record import NO_SESSION, Heard, Said
from bsw.net.channel import Cause, Channel, Closed
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.trace import Trace
from secc.api.objects import V2gMessages
from secc.plug.newcomers import Stage
from secc.plug.offers import offered, served, word_of
from secc.session.context import StationContext
from secc.session.handlers.needs import publish_ev_info
from secc.session.handlers.registry import SCRIPTS

CLOSE_AFTER: Final = {"iso20": 5 * S}
"""How long a vehicle has to close the connection after SessionStopRes [V2G20-1633]."""
MAC_SIZE: Final = 6
"""What of an EVCCID counts where it is one; in DIN there may be padding behind it."""


def identity(evccid: bytes | str) -> bytes:
    """A MAC, or in ISO 15118-20 a name."""
    return evccid.encode() if isinstance(evccid, str) else bytes(evccid[:MAC_SIZE])


@dataclass(frozen=True, slots=True)
class StationSessionPorts:
    """What a session needs from the outlet, the same for all sessions."""

    scheduler: Scheduler
    applications: Sequence[Application]
    trace: Trace
    sap_rules: sap.SapRules = field(default_factory=sap.SapRules)


class House(Protocol):
    """The outlet, as a session sees it."""

    def asks(self, newcomer: "StationSession") -> None:
        """A valid SessionSetupReq is there: call ``establish`` or ``refuse``, now or later."""

    def over(self, session: "StationSession", result: SessionResult) -> None: ...


@dataclass(frozen=True, slots=True)
class Deadlines:
    """``since`` is when the set-up time began; ``offer`` when the vehicle's offer must be there."""

    since: int
    offer: int


class StationSession:
    """Runs once.  The house hears the result; the connection is closed by then."""

    def __init__(
        self,
        means: StationSessionPorts,
        channel: Channel,
        station: StationContext,
        deadlines: Deadlines,
        house: House,
    ) -> None:
        self.station = station
        self.stage = Stage.CONNECTED
        self.peer = channel.peer.address
        self.since = self.heard_at = means.scheduler.now
        self.vehicle_id = b""
        self._means = means
        self._channel: Channel | None = channel
        self._wire = Wire(channel, means.trace, station.profile.reading)
        self._deadlines = deadlines
        self._house = house
        self._finish = Finish(means.trace, self._close, lambda result: house.over(self, result))
        self._spoken_to = False
        self._close_after = 0
        self._responder: Responder | None = None
        self._script: ResponderScript | None = None
        self._first: Heard | None = None  # the SessionSetupReq that waits for the house
        self._alarm = means.scheduler.alarm(self._offer_late, name="set-up")
        self._alarm.move(max(deadlines.offer, means.scheduler.now))

    @property
    def result(self) -> SessionResult | None:
        return self._finish.result

    @property
    def spoken_to(self) -> bool:
        """The other side has sent something, whatever it was."""
        return self._spoken_to or (self._channel is not None and self._channel.spoken_to)

    @property
    def secure(self) -> bool:
        return bool(self.station.record.agreed.secure)

    def establish(self) -> None:
        """The house takes it as its session: answer the SessionSetupReq."""
        heard, self._first = self._first, None
        assert heard is not None, "asked for before"
        assert self._responder is not None, "made when the protocol was agreed"
        self.stage = Stage.ESTABLISHED
        self.station.unmute()
        self._responder.received(heard)

    def refuse(self, why: str) -> None:
        """The house has no place: say FAILED and close."""
        heard, self._first = self._first, None
        assert heard is not None, "asked for before"
        assert self._responder is not None, "made when the protocol was agreed"
        assert self._script is not None, "made when the protocol was agreed"
        name = self._responder.first
        self._say(NO_SESSION, self._script.refuse(name, "FAILED", heard))
        self.end(SessionResult(Ending.LOCAL_ABORT, name, "FAILED", detail=why))

    def give_way(self) -> None:
        """A newcomer that makes room for the next: broken off, nothing lingers."""
        if self._channel is not None:
            self._channel.abort()
        self.end(SessionResult(Ending.LOCAL_ABORT, detail="gave way to a newer connection"))

    def end(self, result: SessionResult) -> None:
        """End here and now."""
        self._finish.end(result)

    # The channel's user

    def opened(self) -> None:
        assert self._channel is not None
        self.stage = Stage.OPEN
        link = sap.link_of(self._channel.facts)
        self.station.record.agreed = replace(
            self.station.record.agreed,
            secure=link is not Link.PLAIN,
            tolerated=self.station.profile.tolerated,
        )
        facts = self._channel.facts
        self.station.vehicle_leaf = b"" if facts is None else facts.peer_fingerprint
        self._means.trace.add("connected", peer=str(self._channel.peer), link=link.value)

    def frame(self, payload_type: int, payload: bytes) -> None:
        self.heard_at = self._means.scheduler.now
        try:
            if self._responder is not None:
                heard = self._wire.hear(payload_type, payload)
                self._debug(type(heard.body).__name__, payload)
                self._hear(heard, self._responder)
            else:
                message = self._wire.hear_handshake(payload)
                self._debug(type(message).__name__, payload)
                self._choose(message)
        except UNREADABLE as error:
            self._debug("UnknownMessage", payload)
            self._finish.fail(Ending.UNDECODABLE, str(error))

    def _hear(self, heard: Heard, responder: Responder) -> None:
        if self._first is not None:
            self._finish.fail(Ending.SEQUENCE_ERROR, "did not wait for SessionSetupRes")
        elif self.stage is Stage.AGREED and responder.begins_with(heard):
            self.vehicle_id = identity(heard.body.evccid)
            self._first = heard
            self._house.asks(self)
        else:
            responder.received(heard)

    def closed(self, reason: Closed) -> None:
        self._spoken_to = self.spoken_to
        self._channel = None
        ending = Ending.TLS_FAILED if reason.cause is Cause.TLS else Ending.CONNECTION_LOST
        self._finish.fail(ending, str(reason))

    # The handshake

    def _choose(self, message: object) -> None:
        assert self._channel is not None
        if not isinstance(message, SupportedAppProtocolReq):
            self._finish.fail(
                Ending.SEQUENCE_ERROR, f"{type(message).__name__} instead of an offer"
            )
            return
        offer = offered(message)
        if offer is not None and self.station.state.debug:
            self.station.publish("ev_app_protocol", offer)
        link = sap.link_of(self._channel.facts)
        here = served(self._means.applications, self.station.state)
        choice = sap.choose(message, here, link, self._means.sap_rules)
        self._debug(type(choice.response).__name__, self._wire.say_handshake(choice.response))
        chosen = None if choice.application is None else word_of(choice.application)
        publish_ev_info(self.station, supported_protocols=offer, selected_protocol=chosen)
        if choice.application is None:
            self._finish.fail(Ending.NO_PROTOCOL, "nothing of the vehicle's offer is served here")
        else:
            self._talk(choice.application.name)

    def _talk(self, name: str) -> None:
        settled = self.station.profile.namespace_settles_service
        others = () if settled else self._means.applications
        self._wire.agree(dialect_of(name, self.station.profile.reading, others))
        self.station.carried = services_with(name, others)
        self.station.record.agreed = replace(
            self.station.record.agreed,
            approach=approach_of(name),
            late=self.station.profile.meets_after_selection,
        )
        self._alarm.cancel()
        self._close_after = CLOSE_AFTER.get(protocol(name).name, 0)
        self.stage = Stage.AGREED
        self._script = SCRIPTS.script(name, self.station)
        if self.station.state.debug:
            self.station.publish("selected_protocol", protocol(name).title)
        self._responder = Responder(
            protocol(name).table,
            self._script,
            self.station.record,
            scheduler=self._means.scheduler,
            timing=self.station.profile.timing,
            log=self.station.log,
            say=self._say,
            ended=self._finish.over,
        )
        self._finish.talk = self._responder
        self._responder.start(self._deadlines.since)

    def _debug(self, name: str, octets: bytes) -> None:
        """The message as a debug variable, before anything that follows from it."""
        if self.station.state.debug:
            coded = b64encode(octets).decode("ascii")
            self.station.publish("v2g_messages", V2gMessages(id=name, exi_base64=coded))

    def _say(self, session_id: bytes, said: Said) -> None:
        self._debug(type(said.body).__name__, self._wire.say(session_id, said))

    # The end

    def _offer_late(self) -> None:
        self._finish.fail(Ending.SETUP_TIMEOUT, "no SupportedAppProtocolReq within the set-up time")

    def _close(self, result: SessionResult) -> SessionResult:
        self._alarm.cancel()
        self._spoken_to = self.spoken_to
        if self._channel is not None and result.ending.good and self._close_after:
            close = self._channel.close  # this one, whoever has come meanwhile
            self._means.scheduler.after(self._close_after, close, name="close")
        elif self._channel is not None:
            self._channel.close()
        return result
