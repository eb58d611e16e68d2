"""The station's own key and certificate towards its back end, renewed by CSR.

The key is made where this station keeps its keys, a token too, and never leaves.  Which key it is
stands in the same file as its chain, so that the two change together.  The key in use stays until a
certificate for the next one was taken.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome
from bsw.tls.uplink import OwnCredential, UplinkUnusable
from csm.errors import CsmError
from csm.handles import HandleError, KeyHandle, KeyKind, PublicKey, PublicKeyError
from csm.handles import Use as KeyUse
from csm.jobs import Csm
from csm.signing import KeySigner
from ocpp.station.security.signing import STATION, Wanted
from secc.contract.request import Names, NoRequest, certificate_request

MONTH: Final = 30 * 86_400
OLD_KEY_FOR: Final = 60 * S
"""A handshake that began with the old chain may still sign with its key."""
LABEL: Final = "ocpp"
_KEY_LINE: Final = "key: "


class StationKeys:
    """Implements ``ocpp.station.security.signing.Keys`` for the station's certificate."""

    def __init__(
        self,
        folder: Path,
        name: str,
        now: Callable[[], float],
        csm: Callable[[], Csm],
        *,
        scheduler: Scheduler,
        log: Logger,
    ) -> None:
        """``name`` is the station's serial number [A00.FR.511]; ``csm`` opens where keys lie, and
        is asked when a key is needed, not before.
        """
        self._folder = folder
        self._name = name
        self._now = now
        self._open_csm = csm
        self._scheduler = scheduler
        self._log = log

    @property
    def certificate(self) -> Path | None:
        """The chain in use, if one was taken."""
        path = self._folder / "station.pem"
        return path if path.exists() else None

    @property
    def key(self) -> KeyHandle | None:
        """That of the chain in use."""
        path = self.certificate
        return None if path is None else _handle_in(path)

    def own(self) -> OwnCredential | None:
        """What is shown to the back end.  Raises ``UplinkUnusable``."""
        path = self.certificate
        if path is None:
            return None
        key = _handle_in(path)
        if key is None:
            raise UplinkUnusable(f"{path}: it names no key; remove it and have it signed anew")
        try:
            chain = x509.load_pem_x509_certificates(path.read_bytes())
            public = PublicKey.from_spki(_spki(chain[0]))
            signer = KeySigner(key, public, self._csm.sign_now)
        except (ValueError, PublicKeyError) as error:
            raise UplinkUnusable(f"{path}: {error}; remove it and have it signed anew") from None
        except CsmError as error:
            raise UplinkUnusable(f"{path}: {error}") from None
        return OwnCredential(tuple(each.public_bytes(Encoding.DER) for each in chain), signer)

    def holds(self, kind: str) -> bool:
        return kind == STATION

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        names = Names(self._name, wanted.organization)

        def made(outcome: Outcome[KeyHandle]) -> None:
            try:
                key = outcome.result()
                public = self._csm.keys.public_key(key)
                text = certificate_request(
                    names, "", public, lambda data: self._csm.sign_now(key, data)
                )
                self._forget_next()
                self._write(self._next, str(key).encode())
            except (CsmError, NoRequest, OSError) as error:
                self._failed(error, done)
            else:
                done(text)

        try:
            csm = self._csm
        except CsmError as error:
            self._failed(error, done)
            return
        moment = datetime.fromtimestamp(self._now(), tz=timezone.utc)
        csm.create(f"{LABEL}-{moment:%Y%m%d%H%M%S%f}", KeyKind.P256, (KeyUse.SIGN,), made)

    def accept(self, kind: str, chain: str) -> str:
        key = self._asked()
        if kind != STATION or key is None:
            return "no such certificate was asked for"
        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
            wrong = self._wrong(certificates[0], key)
        except (ValueError, CsmError) as error:
            return f"not a chain in PEM: {error}" if isinstance(error, ValueError) else str(error)
        if wrong:
            return wrong
        old = self.key
        shown = b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
        self._write(self._folder / "station.pem", f"{_KEY_LINE}{key}\n".encode() + shown)
        self._next.unlink()
        if old is not None:
            self._scheduler.after(OLD_KEY_FOR, lambda: self._drop(old), name="ocpp.old key")
        return ""

    def due(self) -> Sequence[str]:
        path = self.certificate
        if path is None:
            return ()
        [leaf, *_] = x509.load_pem_x509_certificates(path.read_bytes())
        left = leaf.not_valid_after_utc.timestamp() - self._now()
        return (STATION,) if left < MONTH else ()

    @cached_property
    def _csm(self) -> Csm:
        return self._open_csm()

    @property
    def _next(self) -> Path:
        return self._folder / "next.key"

    def _asked(self) -> KeyHandle | None:
        """The key that waits for its certificate, over a restart too."""
        try:
            return KeyHandle.parse(self._next.read_text("utf-8"))
        except (OSError, HandleError):
            return None

    def _wrong(self, leaf: x509.Certificate, key: KeyHandle) -> str:
        """[A02.FR.06]."""
        moment = datetime.fromtimestamp(self._now(), tz=timezone.utc)
        if self._csm.keys.public_key(key).spki() != _spki(leaf):
            return "the certificate is for another key"
        if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
            return "the certificate does not hold today"
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [each.value for each in names] != [self._name]:
            return f"the certificate is not for {self._name}"
        return ""

    def _failed(self, error: Exception, done: Callable[[str], None]) -> None:
        self._log.error("no request", certificate=STATION, why=str(error))
        done("")

    def _forget_next(self) -> None:
        """The key of a request that nobody answered."""
        key = self._asked()
        if key is not None:
            self._drop(key)

    def _drop(self, key: KeyHandle) -> None:
        def dropped(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._log.warning("old key stays", key=str(key), why=str(outcome.error))

        self._csm.delete(key, dropped)

    def _write(self, path: Path, octets: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _handle_in(path: Path) -> KeyHandle | None:
    first = path.read_text("utf-8").partition("\n")[0]
    try:
        return (
            KeyHandle.parse(first.removeprefix(_KEY_LINE)) if first.startswith(_KEY_LINE) else None
        )
    except HandleError:
        return None


def _spki(leaf: x509.Certificate) -> bytes:
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
