"""TLS 1.2 and 1.3 read with the secrets of a key log: records in, what was said inside out.

Owns record reassembly, key derivation and decryption for the suites that charging uses, and what a
handshake shows of itself: version, suite, certificates, alerts.  It never judges; a record that
cannot be opened is told as such.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

_CHANGE, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE, _FINISHED, _KEY_UPDATE = 1, 2, 11, 20, 24
_LONGEST_RECORD: Final = 16_384 + 2_048
_RETRY: Final = hashlib.sha256(b"HelloRetryRequest").digest()
_TLS13: Final = 0x0304
_ENCRYPT_THEN_MAC, _SUPPORTED_VERSIONS = 22, 43


class Suite(NamedTuple):
    name: str
    digest: str
    key: int
    cipher: str  # "cbc", "gcm" or "chacha"
    mac: int = 0


SUITES: Final[Mapping[int, Suite]] = {
    0xC023: Suite("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "sha256", 16, "cbc", 32),
    0xC025: Suite("TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", "sha256", 16, "cbc", 32),
    0xC027: Suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "sha256", 16, "cbc", 32),
    0xC02B: Suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "sha256", 16, "gcm"),
    0xC02C: Suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "sha384", 32, "gcm"),
    0xC02F: Suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "sha256", 16, "gcm"),
    0xC030: Suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "sha384", 32, "gcm"),
    0xCCA9: Suite("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "sha256", 32, "chacha"),
    0x1301: Suite("TLS_AES_128_GCM_SHA256", "sha256", 16, "gcm"),
    0x1302: Suite("TLS_AES_256_GCM_SHA384", "sha384", 32, "gcm"),
    0x1303: Suite("TLS_CHACHA20_POLY1305_SHA256", "sha256", 32, "chacha"),
}


class Secured(NamedTuple):
    """The handshake has agreed on this."""

    version: str
    suite: str
    readable: bool


class Certificates(NamedTuple):
    """A chain as it was shown, leaf first."""

    upward: bool
    chain: tuple[bytes, ...]


class Alert(NamedTuple):
    upward: bool
    fatal: bool
    description: int


class Plain(NamedTuple):
    upward: bool
    octets: bytes


class Unreadable(NamedTuple):
    """Application data that no secret opens: how many octets, and why."""

    upward: bool
    size: int
    why: str


Told = Secured | Certificates | Alert | Plain | Unreadable


class KeyLogBook:
    """All secrets that a capture or a file beside it brought, by the client's random number."""

    def __init__(self) -> None:
        self._secrets: dict[bytes, dict[str, bytes]] = {}

    def add(self, lines: bytes) -> None:
        for line in lines.decode("ascii", errors="replace").splitlines():
            words = line.split()
            if len(words) != 3 or words[0].startswith("#"):
                continue
            try:
                random, secret = bytes.fromhex(words[1]), bytes.fromhex(words[2])
            except ValueError:
                continue
            self._secrets.setdefault(random, {})[words[0]] = secret

    def of(self, client_random: bytes) -> Mapping[str, bytes]:
        return self._secrets.get(client_random, {})

    def __bool__(self) -> bool:
        return bool(self._secrets)


@dataclass(slots=True)
class _Half:
    """One direction: octets that are no whole record yet, and how its records are opened."""

    buffer: bytearray = field(default_factory=bytearray)
    messages: bytearray = field(default_factory=bytearray)
    opener: "_Opener | None" = None
    secret: bytes = b""
    protected: bool = False


class _Opener:
    """Decrypts the records of one direction, one after the other."""

    def __init__(
        self, suite: Suite, version: int, key: bytes, salt: bytes, *, mac_last: bool = False
    ) -> None:
        self._suite, self._version, self._mac_last = suite, version, mac_last
        self._key, self._salt = key, salt
        self._number = 0

    def open(self, kind: int, wire_version: bytes, body: bytes) -> bytes | None:
        number, self._number = self._number, self._number + 1
        if self._suite.cipher == "cbc":
            return self._cbc(body)
        try:
            if self._version == _TLS13:
                nonce = self._mask(number)
                head = bytes((kind,)) + wire_version + len(body).to_bytes(2, "big")
            else:
                body, nonce, head = self._aead12(number, kind, wire_version, body)
            aead = ChaCha20Poly1305 if self._suite.cipher == "chacha" else AESGCM
            return aead(self._key).decrypt(nonce, body, head)
        except (InvalidTag, ValueError):
            return None

    def _aead12(
        self, number: int, kind: int, wire_version: bytes, body: bytes
    ) -> tuple[bytes, bytes, bytes]:
        if self._suite.cipher == "chacha":
            nonce = self._mask(number)
        else:
            nonce, body = self._salt + body[:8], body[8:]
        size = (len(body) - 16).to_bytes(2, "big")
        return body, nonce, number.to_bytes(8, "big") + bytes((kind,)) + wire_version + size

    def _mask(self, number: int) -> bytes:
        counter = number.to_bytes(12, "big")
        return bytes(a ^ b for a, b in zip(self._salt, counter, strict=True))

    def _cbc(self, body: bytes) -> bytes | None:
        """Not verified: this reads along, the two ends have done so."""
        if self._mac_last:  # RFC 7366: the code stands behind what is encrypted
            body = body[: -self._suite.mac]
        if len(body) < 32 or len(body) % 16:
            return None
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(body[:16])).decryptor()
        plain = decryptor.update(body[16:]) + decryptor.finalize()
        end = len(plain) - 1 - plain[-1] - (0 if self._mac_last else self._suite.mac)
        return plain[:end] if end >= 0 else None


class TlsReader:
    """One connection.  Feed it both directions in the order of the capture."""

    def __init__(self, secrets: KeyLogBook) -> None:
        self._book = secrets
        self._up, self._down = _Half(), _Half()
        self._client_random = self._server_random = b""
        self._version = 0
        self._suite: Suite | None = None
        self._number = 0
        self._mac_last = False
        self._keys: Mapping[str, bytes] = {}
        self.lost = False

    def feed(self, octets: bytes, *, upward: bool) -> list[Told]:
        half = self._up if upward else self._down
        half.buffer += octets
        told: list[Told] = []
        while len(half.buffer) >= 5:
            size = int.from_bytes(half.buffer[3:5], "big")
            if half.buffer[0] not in range(20, 25) or size > _LONGEST_RECORD:
                self.lost = True
                told.append(Unreadable(upward, len(half.buffer), "no TLS record begins here"))
                half.buffer.clear()
                break
            if len(half.buffer) < 5 + size:
                break
            kind, version = half.buffer[0], bytes(half.buffer[1:3])
            body = bytes(half.buffer[5 : 5 + size])
            del half.buffer[: 5 + size]
            told += self._record(half, kind, version, body, upward=upward)
        return told

    def _record(
        self, half: _Half, kind: int, version: bytes, body: bytes, *, upward: bool
    ) -> list[Told]:
        if kind == _CHANGE:
            if self._version != _TLS13:
                half.protected = True
            return []
        if half.protected or (kind == _DATA and self._version == _TLS13):
            return self._protected(half, kind, version, body, upward=upward)
        return self._open(half, kind, body, upward=upward)

    def _protected(
        self, half: _Half, kind: int, version: bytes, body: bytes, *, upward: bool
    ) -> list[Told]:
        if half.opener is None:
            why = (
                "no secret in the key log" if self._suite else "the handshake is not in the capture"
            )
            return [Unreadable(upward, len(body), why)] if kind == _DATA else []
        plain = half.opener.open(kind, version, body)
        if plain is None:
            return [Unreadable(upward, len(body), "the secret does not open it")]
        if self._version == _TLS13:
            plain = plain.rstrip(b"\0")
            if not plain:
                return []
            kind, plain = plain[-1], plain[:-1]
        return self._open(half, kind, plain, upward=upward)

    def _open(self, half: _Half, kind: int, body: bytes, *, upward: bool) -> list[Told]:
        if kind == _DATA:
            return [Plain(upward, body)]
        if kind == _ALERT and len(body) >= 2:
            return [Alert(upward, body[0] == 2, body[1])]
        if kind != _HANDSHAKE:
            return []
        half.messages += body
        told: list[Told] = []
        while len(half.messages) >= 4:
            size = int.from_bytes(half.messages[1:4], "big")
            if len(half.messages) < 4 + size:
                break
            name, content = half.messages[0], bytes(half.messages[4 : 4 + size])
            del half.messages[: 4 + size]
            told += self._message(half, name, content, upward=upward)
        return told

    def _message(self, half: _Half, name: int, content: bytes, *, upward: bool) -> list[Told]:
        if name == _CLIENT_HELLO:
            self._client_random = content[2:34]
        elif name == _SERVER_HELLO and content[2:34] == _RETRY:
            self._version = _TLS13  # what protects nothing yet comes before the second hello
        elif name == _SERVER_HELLO:
            return self._server_hello(content)
        elif name == _CERTIFICATE:
            chain = tuple(_chain(content, tls13=self._version == _TLS13))
            return [Certificates(upward, chain)] if chain else []
        elif name == _FINISHED and self._version == _TLS13:
            self._use(half, "CLIENT" if upward else "SERVER", "TRAFFIC_SECRET_0")
        elif name == _KEY_UPDATE and self._suite is not None and half.secret:
            size = hashlib.new(self._suite.digest).digest_size
            self._key13(half, _expand(self._suite.digest, half.secret, "traffic upd", size))
        return []

    def _server_hello(self, content: bytes) -> list[Told]:
        self._server_random = content[2:34]
        at = 35 + content[34]
        self._number = int.from_bytes(content[at : at + 2], "big")
        self._suite = SUITES.get(self._number)
        extensions = dict(_extensions(content[at + 3 :]))
        legacy, newer = content[:2], extensions.get(_SUPPORTED_VERSIONS)
        self._version = int.from_bytes(newer or legacy, "big")
        self._mac_last = _ENCRYPT_THEN_MAC in extensions
        self._keys = self._book.of(self._client_random)
        if self._suite is not None and self._version == _TLS13:
            for half, side in ((self._up, "CLIENT"), (self._down, "SERVER")):
                self._use(half, side, "HANDSHAKE_TRAFFIC_SECRET")
        elif self._suite is not None:
            self._keys12(self._suite)
        name = self._suite.name if self._suite else f"suite {self._number:#06x}"
        version = {0x0304: "TLSv1.3", 0x0303: "TLSv1.2"}.get(self._version, hex(self._version))
        return [Secured(version, name, self._up.opener is not None)]

    def _use(self, half: _Half, side: str, what: str) -> None:
        secret = self._keys.get(f"{side}_{what}")
        if secret is None:
            half.opener = None
        else:
            self._key13(half, secret)

    def _key13(self, half: _Half, secret: bytes) -> None:
        assert self._suite is not None
        key = _expand(self._suite.digest, secret, "key", self._suite.key)
        salt = _expand(self._suite.digest, secret, "iv", 12)
        half.secret, half.opener = secret, _Opener(self._suite, _TLS13, key, salt)

    def _keys12(self, suite: Suite) -> None:
        master = self._keys.get("CLIENT_RANDOM")
        if master is None:
            return
        salt = {"gcm": 4, "chacha": 12, "cbc": 0}[suite.cipher]
        seed = b"key expansion" + self._server_random + self._client_random
        block = _prf(suite.digest, master, seed, 2 * (suite.mac + suite.key + salt))
        at = 2 * suite.mac
        keys = [block[at + n * suite.key : at + (n + 1) * suite.key] for n in (0, 1)]
        at += 2 * suite.key
        salts = [block[at + n * salt : at + (n + 1) * salt] for n in (0, 1)]
        for half, key, iv in zip((self._up, self._down), keys, salts, strict=True):
            half.opener = _Opener(suite, self._version, key, iv, mac_last=self._mac_last)


def _extensions(octets: bytes) -> Iterable[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(octets):
        kind = int.from_bytes(octets[at : at + 2], "big")
        size = int.from_bytes(octets[at + 2 : at + 4], "big")
        yield kind, octets[at + 4 : at + 4 + size]
        at += 4 + size


def _chain(content: bytes, *, tls13: bool) -> Iterable[bytes]:
    at = 1 + content[0] if tls13 and content else 0
    at += 3
    while at + 3 <= len(content):
        size = int.from_bytes(content[at : at + 3], "big")
        yield content[at + 3 : at + 3 + size]
        at += 3 + size
        if tls13:
            at += 2 + int.from_bytes(content[at : at + 2], "big")


def _expand(digest: str, secret: bytes, label: str, size: int) -> bytes:
    """HKDF-Expand-Label of RFC 8446, with an empty context."""
    full = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0"
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(secret, block + info + bytes((number,)), digest)
        out, number = out + block, number + 1
    return out[:size]


def _prf(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """P_hash of RFC 5246."""
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, digest)
        out += hmac.digest(secret, a + seed, digest)
    return out[:size]
