"""What a vehicle offers in its ClientHello, read before TLS itself starts.

A station has to know version, suites and root hints before it can choose a chain, and all of it
stands in clear in the first octets.  Reading them here keeps the choice in plain sight; whether
the message is sound is then decided by OpenSSL, which gets every octet of it unchanged.
"""

from dataclasses import dataclass
from enum import IntEnum

HANDSHAKE_RECORD = 22
CLIENT_HELLO = 1
LARGEST = 1 << 15
"""Octets of a ClientHello.  A vehicle with a hundred roots needs a third of that."""

MOST_TOLD = 12
"""Numbers of one list that an error text repeats."""

TLS12, TLS13 = 0x0303, 0x0304


class Extension(IntEnum):
    TRUSTED_CA_KEYS = 3
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    SIGNATURE_ALGORITHMS = 13
    SUPPORTED_VERSIONS = 43
    CERTIFICATE_AUTHORITIES = 47


class HintKind(IntEnum):
    """How trusted_ca_keys names a root (RFC 6066, section 6)."""

    PRE_AGREED = 0
    KEY_SHA1 = 1
    NAME = 2
    CERTIFICATE_SHA1 = 3


class NotAHello(ValueError):
    """The first octets are no ClientHello, or one that is too large or ill-formed."""


@dataclass(frozen=True, slots=True)
class RootHint:
    """One entry of trusted_ca_keys: how the root is named, and its name."""

    kind: HintKind
    value: bytes


@dataclass(frozen=True, slots=True)
class ClientHello:
    """An offer.  Numbers are the registered ones, in the vehicle's order."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    signature_algorithms: tuple[int, ...] = ()
    root_keys: tuple[RootHint, ...] = ()
    root_names: tuple[bytes, ...] = ()
    wants_staple: bool = False

    def __str__(self) -> str:
        lists = {
            "versions": self.versions,
            "suites": self.suites,
            "groups": self.groups,
            "signatures": self.signature_algorithms,
        }
        return ", ".join(
            f"{name} {' '.join(f'{number:04x}' for number in numbers[:MOST_TOLD]) or 'none'}"
            for name, numbers in lists.items()
        )


class Reader:
    """Length-prefixed fields of one buffer.  Every overrun is a ``NotAHello``."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise NotAHello("a field is longer than the message")
        self._at += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """A field behind a length of ``size`` octets."""
        return self.take(self.number(size))

    def numbers(self, length_size: int) -> tuple[int, ...]:
        """A vector of numbers of two octets."""
        inner = Reader(self.vector(length_size))
        found: list[int] = []
        while inner:
            found.append(inner.number(2))
        return tuple(found)


def client_hello(stream: bytes) -> ClientHello | None:
    """The offer at the start of a stream; ``None`` while it has not come in full."""
    message = _handshake(stream)
    if message is None:
        return None
    body = Reader(message)
    legacy = body.number(2)
    body.take(32)  # random
    body.vector(1)  # session id
    suites = body.numbers(2)
    body.vector(1)  # compression
    extensions = _extensions(body.vector(2)) if body else {}
    return ClientHello(
        versions=_versions(extensions, legacy),
        suites=suites,
        groups=_numbers(extensions, Extension.SUPPORTED_GROUPS),
        signature_algorithms=_numbers(extensions, Extension.SIGNATURE_ALGORITHMS),
        root_keys=root_hints(extensions.get(Extension.TRUSTED_CA_KEYS, b"\0\0")),
        root_names=_names(extensions.get(Extension.CERTIFICATE_AUTHORITIES)),
        wants_staple=Extension.STATUS_REQUEST in extensions,
    )


def root_hints(body: bytes) -> tuple[RootHint, ...]:
    """The body of trusted_ca_keys.  An ill-formed one is no hint, and no reason to refuse."""
    try:
        entries = Reader(Reader(body).vector(2))
        found: list[RootHint] = []
        while entries:
            kind = HintKind(entries.number(1))
            found.append(RootHint(kind, _hint_value(kind, entries)))
    except ValueError:
        return ()
    return tuple(found)


def _hint_value(kind: HintKind, entries: Reader) -> bytes:
    if kind is HintKind.PRE_AGREED:
        return b""
    return entries.vector(2) if kind is HintKind.NAME else entries.take(20)


def _handshake(stream: bytes) -> bytes | None:
    """The body of the first handshake message, put together from its records."""
    message, at = b"", 0
    while True:
        if at < len(stream) and stream[at] != HANDSHAKE_RECORD:
            raise NotAHello("the first record is no handshake")
        if len(stream) - at < 5:
            return None
        length = int.from_bytes(stream[at + 3 : at + 5], "big")
        if len(message) + length > LARGEST or length == 0:
            raise NotAHello(f"the first message has no octets, or more than {LARGEST}")
        if len(stream) - at - 5 < length:
            return None
        message += stream[at + 5 : at + 5 + length]
        at += 5 + length
        if message[0] != CLIENT_HELLO:
            raise NotAHello("the first message is no ClientHello")
        if len(message) >= 4:
            size = int.from_bytes(message[1:4], "big")
            if size > LARGEST:
                raise NotAHello(f"the ClientHello has more than {LARGEST} octets")
            if len(message) >= 4 + size:
                return message[4 : 4 + size]


def _extensions(block: bytes) -> dict[int, bytes]:
    reader = Reader(block)
    found: dict[int, bytes] = {}
    while reader:
        kind = reader.number(2)
        found[kind] = reader.vector(2)
    return found


def _versions(extensions: dict[int, bytes], legacy: int) -> tuple[int, ...]:
    """Without the extension the old field counts, as the highest version."""
    block = extensions.get(Extension.SUPPORTED_VERSIONS)
    return (min(legacy, TLS12),) if block is None else Reader(block).numbers(1)


def _numbers(extensions: dict[int, bytes], kind: Extension) -> tuple[int, ...]:
    block = extensions.get(kind)
    return () if block is None else Reader(block).numbers(2)


def _names(block: bytes | None) -> tuple[bytes, ...]:
    if block is None:
        return ()
    reader = Reader(Reader(block).vector(2))
    found: list[bytes] = []
    while reader:
        found.append(reader.vector(2))
    return tuple(found)
