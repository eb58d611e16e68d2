"""What is wrong in a conversation, each finding with the rule that was broken.

The same tables that our two roles walk judge everybody: order, limits of time, response codes,
session ids, values that cannot be, signatures.  A finding stands at the message that shows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.messages.model import Message
from tools.capture.events import Event, Layer, Side
from tools.capture.ladder import shown
from tools.monitor.asleep import Asleep
from tools.monitor.finding import Finding
from tools.monitor.handshake import Handshake
from tools.monitor.link import Discovery, Slac, tls
from tools.monitor.order import Walk, begun
from tools.monitor.plausible import implausible

MOST_CONNECTIONS: Final = 256
"""That are remembered at once; of more, those that are over are forgotten first."""


@dataclass(slots=True)
class _Connection:
    """What is known of one connection."""

    secure: bool = False
    seen: bool = False  # whether it is what the discovery announced was looked at
    handshake: Handshake = field(default_factory=Handshake)
    walk: Walk | None = None

    @property
    def over(self) -> bool:
        return self.walk is None or self.walk.over


@dataclass(slots=True)
class Judge:
    """Feed it all events of one file in their order."""

    _connections: dict[int, _Connection] = field(default_factory=dict)
    _asleep: Asleep = field(default_factory=Asleep)
    _slac: Slac = field(default_factory=Slac)
    _discovery: Discovery = field(default_factory=Discovery)

    def judged(self, events: Iterable[Event]) -> Iterator[tuple[Event, tuple[Finding, ...]]]:
        for event in events:
            found = [Finding("reading", text) for text in event.wrong]
            found += self._of(event)
            yield event, tuple(found)

    def _of(self, event: Event) -> Iterable[Finding]:
        if event.layer is Layer.V2G:
            return self._message(event) if isinstance(event.message, Message) else ()
        if event.layer is Layer.SLAC:
            return self._slac.judge(event)
        if event.layer is Layer.SDP:
            return self._discovery.judge(event)
        if event.layer is Layer.TLS:
            return self._tls(event)
        if event.name in {"connection closed", "connection reset"}:
            return self._closed(event)
        return ()

    def _tls(self, event: Event) -> Iterator[Finding]:
        known = self._connection(event)
        if event.name == "TLS agreed":
            known.secure = True
        yield from self._announced(known, event)
        yield from tls(event)

    def _announced(self, known: _Connection, event: Event) -> Iterator[Finding]:
        if not known.seen:
            known.seen = True
            secure = event.layer is Layer.TLS
            yield from self._discovery.connected(event, secure=secure)

    def _message(self, event: Event) -> Iterator[Finding]:
        values = shown(event)
        yield from implausible(values)
        known = self._connection(event)
        yield from self._announced(known, event)
        if event.schema == "sap":
            yield from known.handshake.judge(event)
            return
        yield from known.handshake.spoken(event)
        if known.walk is None:
            known.walk = begun(event, self._asleep, secure=known.secure)
        if known.walk is not None:
            yield from known.walk.judge(event, values)

    def _closed(self, event: Event) -> Iterator[Finding]:
        known = self._connections.get(event.connection)
        if known is None or known.walk is None:
            return
        if event.side is Side.VEHICLE or event.name == "connection reset":
            yield from known.walk.closed()

    def _connection(self, event: Event) -> _Connection:
        """What is known has a bound, however long a capture goes on."""
        known = self._connections.get(event.connection)
        if known is None:
            if len(self._connections) >= MOST_CONNECTIONS:
                over = (number for number, one in self._connections.items() if one.over)
                del self._connections[next(over, next(iter(self._connections)))]
            known = self._connections[event.connection] = _Connection()
        return known
