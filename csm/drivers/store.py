"""A folder of encrypted keys that survives power cuts and says which file is damaged.

A random master key encrypts each key file (AES-GCM); the passphrase, stretched by scrypt,
encrypts the master key alone, so a changed passphrase touches one file.  The name, the kind and
the public half stand in clear and are authenticated.  The store knows no algorithm but its own.
"""

import contextlib
import errno
import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csm.errors import (
    CsmError,
    KeyMissing,
    StoreCorrupt,
    StoreExposed,
    StoreUnreachable,
    TokenFull,
    WrongPassphrase,
)
from csm.handles import KeyKind
from csm.randomness import HostRandomness
from csm.secret import PrivateKey, Secret

HEADER = "store.json"
FORMAT = 1
NONCE = 12
SCRYPT_LOG2 = 15
"""Work factor of scrypt for a passphrase people choose: 32 MiB, some 60 ms."""

HIGHEST_LOG2 = 20

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

Passphrase = Callable[[], Secret]
"""Where the passphrase comes from; asked once, when the store is opened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in clear beside a key."""

    kind: KeyKind
    public: bytes
    born_inside: bool


class Store:
    """One folder.  Opened, or made if it is not there, with the first call."""

    def __init__(
        self, folder: Path, passphrase: Passphrase, *, scrypt_log2: int = SCRYPT_LOG2
    ) -> None:
        self.folder = folder
        self._passphrase = passphrase
        self._scrypt_log2 = scrypt_log2
        self._master: Secret | None = None
        self._lock = threading.Lock()

    def open(self) -> Secret:
        """The master key.  Two threads that come at once open once."""
        with self._lock:
            if self._master is None:
                with _reaching(self.folder):
                    self._prepare()
                    self._master = self._unlock()
            return self._master

    def close(self) -> None:
        with self._lock:
            if self._master is not None:
                self._master.wipe()
            self._master = None

    def labels(self) -> list[str]:
        self.open()
        with _reaching(self.folder):
            return sorted(path.stem for path in self.folder.glob("*.key"))

    def has(self, label: str) -> bool:
        return self._key_path(label).exists()

    def write(self, label: str, entry: Entry, key: PrivateKey) -> None:
        sealed = _seal(self.open(), key.secret, _aad(label, entry))
        self._put(self._key_path(label), _written(_fields(entry, sealed)))

    def read(self, label: str) -> tuple[Entry, PrivateKey]:
        """Raises ``KeyMissing`` or, if one bit is not as it was written, ``StoreCorrupt``."""
        master = self.open()
        path = self._key_path(label)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise KeyMissing(str(path)) from None
        except OSError as error:
            raise _unreachable(path, error) from None
        try:
            entry, sealed = _key_file(raw)
            secret = _unseal(master, sealed, _aad(label, entry))
        except (_Damaged, InvalidTag):
            raise StoreCorrupt(str(path)) from None
        return entry, PrivateKey(entry.kind, secret)

    def delete(self, label: str) -> None:
        self.open()
        path = self._key_path(label)
        with _reaching(path):
            try:
                path.unlink()
            except FileNotFoundError:
                raise KeyMissing(str(path)) from None
            self._certificate_path(label).unlink(missing_ok=True)
            _sync_folder(self.folder)

    def write_certificate(self, label: str, der: bytes) -> None:
        self.open()
        self._put(self._certificate_path(label), der)

    def read_certificate(self, label: str) -> bytes | None:
        path = self._certificate_path(label)
        with _reaching(path):
            return path.read_bytes() if path.exists() else None

    def change_passphrase(self, new: Secret) -> None:
        """Encrypt the master key anew.  The key files stay as they are."""
        self._put(self._header_path, _header(self.open(), new, self._scrypt_log2))

    @property
    def _header_path(self) -> Path:
        return self.folder / HEADER

    def _key_path(self, label: str) -> Path:
        return self.folder / f"{label}.key"

    def _certificate_path(self, label: str) -> Path:
        return self.folder / f"{label}.crt"

    def _prepare(self) -> None:
        """Make the folder, refuse one that others can read, sweep up after a power cut."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.folder, *self.folder.iterdir()):
            found = path.stat()
            if found.st_mode & _OTHERS or found.st_uid not in {os.geteuid(), 0}:
                raise StoreExposed(str(path))
            if path.name.startswith(".new-"):
                path.unlink()

    def _unlock(self) -> Secret:
        with self._passphrase() as passphrase:
            if not self._header_path.exists():
                if any(self.folder.glob("*.key")):
                    raise StoreCorrupt(f"{self._header_path} is missing beside its keys")
                master = Secret(HostRandomness().octets(32))
                self._put(self._header_path, _header(master, passphrase, self._scrypt_log2))
                return master
            return _open_header(self._header_path, passphrase)

    def _put(self, path: Path, content: bytes) -> None:
        """All or nothing, also when the power goes: write beside, sync, rename, sync."""
        fresh = path.with_name(f".new-{path.name}")
        with _reaching(path):
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)


class _Damaged(ValueError):
    """A file that is not, octet for octet, one that this module would write."""


def _fields(entry: Entry, sealed: bytes) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": entry.kind.value,
        "public": entry.public.hex(),
        "born_inside": entry.born_inside,
        "sealed": sealed.hex(),
    }


def _key_file(raw: bytes) -> tuple[Entry, bytes]:
    fields = _parsed(raw)
    try:
        entry = Entry(
            KeyKind(fields["kind"]), bytes.fromhex(fields["public"]), bool(fields["born_inside"])
        )
        sealed = bytes.fromhex(fields["sealed"])
    except (ValueError, KeyError, TypeError) as error:
        raise _Damaged from error
    if raw != _written(_fields(entry, sealed)):
        raise _Damaged
    return entry, sealed


def _aad(label: str, entry: Entry) -> bytes:
    return _written({"label": label, **_fields(entry, b"")})


def _written(fields: dict[str, object]) -> bytes:
    return json.dumps(fields).encode()


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _Damaged from error
    if not isinstance(fields, dict):
        raise _Damaged
    return fields


def _seal(key: Secret, secret: Secret, aad: bytes) -> bytes:
    nonce = HostRandomness().octets(NONCE)
    return nonce + AESGCM(key.reveal()).encrypt(nonce, secret.reveal(), aad)


def _unseal(key: Secret, sealed: bytes, aad: bytes) -> Secret:
    return Secret(AESGCM(key.reveal()).decrypt(sealed[:NONCE], sealed[NONCE:], aad))


def _stretch(passphrase: Secret, salt: bytes, log2: int) -> Secret:
    return Secret(
        hashlib.scrypt(
            passphrase.reveal(), salt=salt, n=1 << log2, r=8, p=1, maxmem=2 << (log2 + 10), dklen=32
        )
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """How the passphrase opens the master key."""

    scrypt_log2: int
    salt: bytes
    sealed: bytes

    def written(self) -> bytes:
        """The sum tells a damaged header from a wrong passphrase; it protects nothing."""
        fields = {
            "format": FORMAT,
            "scrypt_log2": self.scrypt_log2,
            "salt": self.salt.hex(),
            "master": self.sealed.hex(),
        }
        return _written({**fields, "sum": hashlib.sha256(_written(fields)).hexdigest()})

    @classmethod
    def read(cls, raw: bytes) -> "_Header":
        fields = _parsed(raw)
        try:
            header = cls(
                int(fields["scrypt_log2"]),
                bytes.fromhex(fields["salt"]),
                bytes.fromhex(fields["master"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise _Damaged from error
        if raw != header.written() or not 1 <= header.scrypt_log2 <= HIGHEST_LOG2:
            raise _Damaged
        return header


def _header(master: Secret, passphrase: Secret, log2: int) -> bytes:
    salt = HostRandomness().octets(16)
    with _stretch(passphrase, salt, log2) as outer:
        return _Header(log2, salt, _seal(outer, master, salt)).written()


def _open_header(path: Path, passphrase: Secret) -> Secret:
    try:
        header = _Header.read(path.read_bytes())
    except _Damaged:
        raise StoreCorrupt(str(path)) from None
    try:
        with _stretch(passphrase, header.salt, header.scrypt_log2) as outer:
            return _unseal(outer, header.sealed, header.salt)
    except InvalidTag:
        raise WrongPassphrase(str(path)) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _reaching(path: Path) -> Iterator[None]:
    """The operating system's refusals by our names."""
    try:
        yield
    except OSError as error:
        raise _unreachable(path, error) from None


def _unreachable(path: Path, error: OSError) -> CsmError:
    place = f"{path} ({error.strerror})"
    return TokenFull(place) if error.errno in _NO_ROOM else StoreUnreachable(place)
