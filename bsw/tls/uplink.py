"""Transport security towards a back end: the usual rules of the web, with suites pinned.

The vehicle's side of TLS has rules of its own and lives elsewhere; here a server proves itself by
its name under a trusted root [OCPP security profiles 2 and 3], and a client by a certificate if it
has one.  Where the client's key lies in a token, the handshake may block and belongs on a worker.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bsw.crypto import Signer
from bsw.program.hostfault import told
from bsw.tls.context import show
from bsw.tls.key import SigningKey
from bsw.tls.libssl import LibsslError
from bsw.tls.port import TlsFacts, TlsFailure, TlsState
from bsw.tls.reasons import from_openssl, unusable

SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
)
"""For TLS 1.2; those of 1.3 are all good."""
_CHUNK: Final = 65_536


class UplinkUnusable(Exception):
    """Certificates or keys cannot be used; says which and what to do."""


@dataclass(frozen=True, slots=True)
class OwnCredential:
    """A client's chain in DER, leaf first, and who signs with the leaf's key."""

    chain: tuple[bytes, ...]
    signer: Signer


def uplink_client(
    roots: Path | None,
    certificate: Path | None = None,
    key: Path | None = None,
    more: Sequence[Path] = (),
) -> ssl.SSLContext:
    """``roots`` is PEM; ``None`` takes the machine's own trusted roots, ``more`` come beside."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _pin(context)
    try:
        _look_at(roots, *more, certificate, key)
        if roots is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(roots)
        for path in more:
            context.load_verify_locations(path)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise _unusable(error, roots, *more, certificate, key) from None
    except OSError as error:
        raise UplinkUnusable(told(error)) from None
    return context


def uplink_server(
    certificate: Path, key: Path, roots: Path | None = None, *, demanded: bool = True
) -> ssl.SSLContext:
    """``roots`` demands a certificate of the client [profile 3], or asks for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _pin(context)
    _look_at(certificate, key, roots)
    try:
        context.load_cert_chain(certificate, key)
        if roots is not None:
            context.verify_mode = ssl.CERT_REQUIRED if demanded else ssl.CERT_OPTIONAL
            context.load_verify_locations(roots)
    except ssl.SSLError as error:
        raise _unusable(error, certificate, key, roots) from None
    return context


def _look_at(*files: Path | None) -> None:
    """The library does not say which file it could not open."""
    for file in files:
        if file is not None:
            file.open("rb").close()


def _unusable(error: ssl.SSLError, *files: Path | None) -> UplinkUnusable:
    named = ", ".join(str(file) for file in files if file is not None)
    why = (error.reason or "not PEM").lower().replace("_", " ")
    return UplinkUnusable(f"{named}: {why}; give PEM files that belong together")


def _pin(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(SUITES)


class UplinkTls:
    """A ``TlsEngine`` of the standard library.  ``host`` is the server's name, empty at its end.

    ``own`` is shown from a context that is for this connection alone.
    """

    def __init__(
        self, context: ssl.SSLContext, host: str = "", own: OwnCredential | None = None
    ) -> None:
        self.may_block = own is not None and own.signer.may_block
        self._key = None if own is None else _shown(context, own)
        self.state = TlsState.HANDSHAKE
        self.failure: TlsFailure | None = None
        self.facts: TlsFacts | None = None
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._in, self._out, server_side=not host, server_hostname=host or None
        )
        self._unsent = bytearray()
        self._plain = bytearray()

    def feed(self, data: bytes) -> None:
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def send(self, data: bytes) -> None:
        self._unsent += data

    def finish(self) -> None:
        """Say close_notify; the peer's answer is not waited for."""
        if self.state is TlsState.OPEN:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                """It waits for the peer's own word, or there is none to be had."""

    def advance(self) -> None:
        try:
            if self.state is TlsState.HANDSHAKE:
                self._tls.do_handshake()
                self._opened()
            if self.state is TlsState.OPEN:
                self._transfer()
        except ssl.SSLWantReadError:
            """More is to come from the peer."""
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
            self._ended(error)
        except ssl.SSLError as error:
            self._failed(error)

    def outgoing(self) -> bytes:
        return self._out.read()

    def incoming(self) -> bytes:
        taken = bytes(self._plain)
        self._plain.clear()
        return taken

    def _opened(self) -> None:
        self.state = TlsState.OPEN
        suite = self._tls.cipher()
        shown = self._tls.getpeercert(binary_form=True)
        self.facts = TlsFacts(
            version=self._tls.version() or "",
            suite=suite[0] if suite is not None else "",
            peer_chain=(shown,) if shown is not None else (),
        )

    def _transfer(self) -> None:
        if self._unsent:
            self._tls.write(self._unsent)
            self._unsent.clear()
        while data := self._tls.read(_CHUNK):
            self._plain += data
        self.state = TlsState.CLOSED

    def _ended(self, error: ssl.SSLError) -> None:
        if self.state is TlsState.OPEN:
            self.state = TlsState.CLOSED
        else:
            self._failed(error)

    def _failed(self, error: ssl.SSLError) -> None:
        self.state = TlsState.FAILED
        broken = None if self._key is None else self._key.error
        self.failure = from_openssl(error) if broken is None else unusable(broken)


def _shown(context: ssl.SSLContext, own: OwnCredential) -> SigningKey:
    try:
        key = SigningKey(own.signer, own.chain[0])
        show(context, own.chain, key)
    except LibsslError as error:
        raise UplinkUnusable(f"the station's own certificate: {error}") from None
    return key
