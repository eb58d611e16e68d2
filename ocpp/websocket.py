"""WebSocket for both ends, octets to messages and back, without sockets, clocks or own chance.

The framing, the handshake and the compression are those of the library ``websockets``; this module
joins fragments, keeps to text, takes masks and keys from the randomness port, so that a run can be
repeated, and puts both ends into one shape.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader, InvalidStatus
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.headers import parse_subprotocol
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from bsw.os.randomness import Randomness

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
NO_TEXT: Final = 1003
NO_STATUS: Final = 1005
NOT_UTF8: Final = 1007

WINDOW_BITS: Final = 12
"""4 KiB of history in each direction: what compression may cost in memory."""
_SETTINGS: Final = {"memLevel": 5}


@dataclass(frozen=True, slots=True)
class SocketRules:
    """``longest`` message in octets, after decompression; whether compression is offered."""

    longest: int = 1 << 20
    compress: bool = True


DEFAULT_SOCKET: Final = SocketRules()


@dataclass(frozen=True, slots=True)
class Asked:
    """A client wants in (server's end): accept or reject it."""

    path: str
    offers: tuple[str, ...]
    authorization: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The handshake is done; ``protocol`` is what was agreed, if anything."""

    protocol: str
    compressed: bool


@dataclass(frozen=True, slots=True)
class Text:
    octets: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    octets: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """The handshake came to nothing.  ``status`` is the HTTP status, 0 if there was none."""

    status: int
    why: str


@dataclass(frozen=True, slots=True)
class Closing:
    """No message comes any more: a close frame has come, or the octets made no sense."""

    code: int
    reason: str


Event = Asked | Opened | Text | Pong | Refusal | Closing


class _Masked(ClientProtocol):
    """Masks with what the randomness port gives."""

    randomness: Randomness

    def send_frame(self, frame: Frame) -> None:
        octets = frame.serialize(mask=False, extensions=self.extensions)
        self.writes.append(masked(octets, self.randomness.octets(4)))


class _Choosing(ServerProtocol):
    """Agrees to the sub-protocol that the role has chosen, if any."""

    chosen = ""

    def process_subprotocol(self, _headers: Headers) -> Subprotocol | None:
        return Subprotocol(self.chosen) if self.chosen else None


def masked(frame: bytes, mask: bytes) -> bytes:
    """The same frame as a client must send it [RFC 6455, 5.3]."""
    head = {126: 4, 127: 10}.get(frame[1], 2)
    data = frame[head:]
    key = (mask * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(key, "big")
    return (
        frame[:1]
        + bytes([frame[1] | 0x80])
        + frame[2:head]
        + mask
        + mixed.to_bytes(len(data), "big")
    )


class WebSocket:
    """One end of one connection.  Made by ``client`` or ``server``."""

    def __init__(self, protocol: Protocol, rules: SocketRules) -> None:
        self._protocol = protocol
        self._rules = rules
        self._events: list[Event] = []
        self._parts: list[bytes] = []
        self._open = False
        self._over = False

    @property
    def is_open(self) -> bool:
        """Messages may be sent."""
        return self._open and self._protocol.state is State.OPEN

    @property
    def close_expected(self) -> bool:
        """Both ends have said all: the stream should end soon."""
        return self._protocol.close_expected()

    def received(self, octets: bytes) -> None:
        """Octets from the peer; empty means the end of its stream."""
        if self._over:
            return
        if octets:
            self._protocol.receive_data(octets)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            self._take(event)
        self._notice_failure()

    def events(self) -> list[Event]:
        """What has happened, handed over once."""
        taken, self._events = self._events, []
        return taken

    def outgoing(self) -> tuple[bytes, bool]:
        """Octets for the peer, handed over once, and whether our stream ends after them."""
        parts = self._protocol.data_to_send()
        return b"".join(parts), b"" in parts

    def text(self, octets: bytes) -> None:
        if self.is_open:
            self._protocol.send_text(octets)

    def ping(self, octets: bytes) -> None:
        if self.is_open:
            self._protocol.send_ping(octets)

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Begin to close; the peer's close frame or the end of the stream finishes it."""
        if self.is_open:
            self._protocol.send_close(code, reason)

    def accept(self, protocol: str) -> None:
        """Let a client in (after ``Asked``); empty agrees to no sub-protocol."""
        server = self._protocol
        assert isinstance(server, _Choosing)
        assert self._request is not None
        server.chosen = protocol
        response = server.accept(self._request)
        response.headers.pop("Date", None)  # time is not asked here
        server.send_response(response)
        if response.status_code == 101:
            self._opened(protocol)
        else:
            self._refused(response.status_code, str(server.handshake_exc))

    def reject(self, status: int, text: str) -> None:
        """Turn a client away (after ``Asked``)."""
        server = self._protocol
        assert isinstance(server, _Choosing)
        response = server.reject(status, text)
        response.headers.pop("Date", None)
        server.send_response(response)
        self._refused(status, text)

    _request: Request | None = None

    def _take(self, event: object) -> None:
        if isinstance(event, Request):
            self._asked(event)
        elif isinstance(event, Response):
            self._answered(event)
        elif isinstance(event, Frame):
            self._frame(event)

    def _asked(self, request: Request) -> None:
        self._request = request
        try:
            offers = [
                name
                for value in request.headers.get_all("Sec-WebSocket-Protocol")
                for name in parse_subprotocol(value)
            ]
            authorization = request.headers.get("Authorization", "")
        except (InvalidHeader, LookupError) as error:
            self.reject(400, str(error))
            return
        self._events.append(Asked(request.path, tuple(offers), authorization))

    def _answered(self, _response: Response) -> None:
        if self._protocol.state is State.OPEN:
            assert isinstance(self._protocol, ClientProtocol)
            self._opened(self._protocol.subprotocol or "")

    def _opened(self, protocol: str) -> None:
        self._open = True
        self._events.append(Opened(protocol, compressed=bool(self._protocol.extensions)))

    def _refused(self, status: int, why: str) -> None:
        self._over = True
        self._events.append(Refusal(status, why))

    def _frame(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT | Opcode.CONT:
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    self._joined()
            case Opcode.BINARY:
                self._fail(NO_TEXT, "OCPP is text")
            case Opcode.PONG:
                self._events.append(Pong(bytes(frame.data)))

    def _joined(self) -> None:
        octets, self._parts = b"".join(self._parts), []
        try:
            octets.decode()
        except UnicodeDecodeError:
            self._fail(NOT_UTF8, "not UTF-8")
        else:
            self._events.append(Text(octets))

    def _fail(self, code: int, reason: str) -> None:
        if not self._over:
            self._protocol.fail(code, reason)
            self._closing(code, reason)

    def _notice_failure(self) -> None:
        """A refused handshake, a close frame, nonsense, or the end of the stream."""
        protocol = self._protocol
        if not self._open:
            error = protocol.handshake_exc or protocol.parser_exc
            if error is not None and not self._over:
                status = error.response.status_code if isinstance(error, InvalidStatus) else 0
                self._refused(status, str(error))
        elif protocol.state is not State.OPEN and not self._over:
            received, sent = protocol.close_rcvd, protocol.close_sent
            if received is None and sent is not None and protocol.parser_exc is None:
                return  # we have said it, the peer has not yet
            said = received or sent
            self._closing(*((said.code, said.reason) if said is not None else (NO_STATUS, "")))

    def _closing(self, code: int, reason: str) -> None:
        self._over = True
        self._events.append(Closing(code, reason))


def client(
    *,
    host: str,
    path: str,
    offers: Sequence[str],
    randomness: Randomness,
    authorization: str = "",
    rules: SocketRules = DEFAULT_SOCKET,
) -> WebSocket:
    """The end that asks; its request is among the first octets.  ``host`` may have a port."""
    deflate = ClientPerMessageDeflateFactory(
        server_max_window_bits=WINDOW_BITS,
        client_max_window_bits=WINDOW_BITS,
        compress_settings=_SETTINGS,
    )
    protocol = _Masked(
        WebSocketURI(False, "", 80, path, ""),  # the Host header is put in below
        subprotocols=[Subprotocol(offer) for offer in offers],
        extensions=[deflate] if rules.compress else None,
        max_size=rules.longest,
    )
    protocol.randomness = randomness
    protocol.key = base64.b64encode(randomness.octets(16)).decode()
    request = protocol.connect()
    del request.headers["Host"]
    request.headers["Host"] = host
    if authorization:
        request.headers["Authorization"] = authorization
    protocol.send_request(request)
    return WebSocket(protocol, rules)


def server(rules: SocketRules = DEFAULT_SOCKET) -> WebSocket:
    """The end that is asked."""
    deflate = ServerPerMessageDeflateFactory(
        server_max_window_bits=WINDOW_BITS,
        client_max_window_bits=WINDOW_BITS,
        compress_settings=_SETTINGS,
    )
    protocol = _Choosing(extensions=[deflate] if rules.compress else None, max_size=rules.longest)
    return WebSocket(protocol, rules)


def basic(identity: str, password: str) -> str:
    """The header of profiles 1 and 2: identity as user, the password as UTF-8."""
    return "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()


def basic_parts(authorization: str) -> tuple[str, str] | None:
    """Identity and password again, or ``None`` if the header is no such thing."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return None
    identity, colon, password = text.partition(":")
    return (identity, password) if colon else None
