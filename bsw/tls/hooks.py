"""Where OpenSSL asks us something in the middle of a handshake, and how the answers get back.

The callbacks are made once for the process and find their connection by its ``SSL_CTX *``: each
connection has a context of its own.  A context that is gone is not found, and not found means
refused.  What is asked - judge this chain, judge this staple, choose a credential, give a
staple - is answered by a ``Listener``; nothing is decided here.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from bsw.os.worker import attempt
from bsw.tls.libssl import (
    CERTIFICATE,
    EXTENSION_ADD,
    EXTENSION_FREE,
    EXTENSION_PARSE,
    INFO,
    STATUS,
    VERIFY,
    VOID,
    Libssl,
    libssl,
)
from bsw.tls.port import TlsReason
from bsw.tls.profile import GROUP_NUMBERS

T = TypeVar("T")

TRUSTED_CA_KEYS = 3
CLIENT_HELLO_OR_TLS12_SERVER_HELLO = 0x0080 | 0x0100
SET_STATUS_CALLBACK = 63
GET_STAPLE, SET_STAPLE = 70, 71
NEGOTIATED_GROUP = 134
INFO_ALERT, INFO_READ, INFO_HANDSHAKE_DONE = 0x4000, 0x04, 0x20
STAPLE_SENT, NO_STAPLE = 0, 3

X509_ERRORS = {
    TlsReason.UNTRUSTED_ROOT: 2,  # unknown_ca
    TlsReason.EXPIRED: 10,  # certificate_expired
    TlsReason.NOT_YET_VALID: 9,  # bad_certificate
    TlsReason.WRONG_PROFILE: 26,  # unsupported_certificate
    TlsReason.BROKEN_CHAIN: 28,  # bad_certificate
    TlsReason.REVOKED: 23,  # certificate_revoked
}
"""What OpenSSL is told, for it to send the alert that fits."""

X509_ERROR_UNNAMED = 50  # handshake_failure


@dataclass(frozen=True, slots=True)
class Alert:
    number: int
    fatal: bool
    received: bool


class Listener(Protocol):
    """One connection.  Each call comes from inside ``do_handshake``."""

    @property
    def root_hints(self) -> bytes:
        """The body of our trusted_ca_keys, or nothing."""

    def judge_chain(self, ssl: int, chain: tuple[bytes, ...]) -> TlsReason | None: ...
    def judge_status(self, staple: bytes | None) -> bool: ...
    def staple(self) -> bytes | None: ...
    def choose(self, ssl: int, version: int, names: tuple[bytes, ...]) -> bool:
        """Put our credential into this connection, if it takes one."""

    def alert(self, alert: Alert) -> None: ...
    def negotiated(self, group: int) -> None: ...
    def broken(self, error: Exception) -> None:
        """An answer ended in an error of our own."""


_listeners: "WeakValueDictionary[int, Listener]" = WeakValueDictionary()


def attach(context: int, listener: Listener) -> None:
    """Let this context's questions go to the listener, for as long as the listener lives."""
    _listeners[context] = listener
    call = libssl().call
    call.SSL_CTX_set_cert_verify_callback(context, _VERIFY, None)
    call.SSL_CTX_set_info_callback(context, _INFO)
    call.SSL_CTX_callback_ctrl(context, SET_STATUS_CALLBACK, ctypes.cast(_STATUS, VOID))


def attach_choice(context: int) -> None:
    libssl().call.SSL_CTX_set_cert_cb(context, _CHOOSE, None)


def attach_root_hints(context: int) -> None:
    """Send trusted_ca_keys (vehicle), or acknowledge it (station)."""
    library = libssl()
    done = library.call.SSL_CTX_add_custom_ext(
        context,
        TRUSTED_CA_KEYS,
        CLIENT_HELLO_OR_TLS12_SERVER_HELLO,
        _ADD,
        _FREE,
        None,
        _PARSE,
        None,
    )
    library.must(done, "SSL_CTX_add_custom_ext")


def _ask(listener: Listener, question: Callable[[], T], otherwise: T) -> T:
    """The answer; an exception stays on this side of the C library, and means no."""
    outcome = attempt(question)
    if outcome.error is not None:
        listener.broken(outcome.error)
        return otherwise
    return outcome.result()


def _find(library: Libssl, ssl: int) -> Listener | None:
    return _listeners.get(library.call.SSL_get_SSL_CTX(ssl))


def _verify(store: int, _argument: object) -> int:
    library = libssl()
    call = library.call
    ssl = call.X509_STORE_CTX_get_ex_data(store, call.SSL_get_ex_data_X509_STORE_CTX_idx())
    listener = _find(library, ssl)
    error: int = X509_ERROR_UNNAMED
    if listener is not None:
        chain = library.stack_octets(call.X509_STORE_CTX_get0_untrusted(store), "i2d_X509")
        error = _ask(
            listener, lambda: _x509_error(listener.judge_chain(ssl, chain)), X509_ERROR_UNNAMED
        )
    call.X509_STORE_CTX_set_error(store, error)
    return int(error == 0)


def _x509_error(reason: TlsReason | None) -> int:
    return 0 if reason is None else X509_ERRORS.get(reason, X509_ERROR_UNNAMED)


def _status(ssl: int, _argument: object) -> int:
    """On a station: give our staple.  On a vehicle: judge the station's."""
    library = libssl()
    listener = _find(library, ssl)
    if listener is None:
        return -1
    if library.call.SSL_is_server(ssl):
        return _give_staple(library, ssl, _ask(listener, listener.staple, None))
    octets = VOID()
    length = library.call.SSL_ctrl(ssl, GET_STAPLE, 0, ctypes.byref(octets))
    staple = ctypes.string_at(octets.value, length) if octets.value and length > 0 else None
    return int(_ask(listener, lambda: listener.judge_status(staple), otherwise=False))


def _give_staple(library: Libssl, ssl: int, staple: bytes | None) -> int:
    if not staple:
        return NO_STAPLE
    copy = library.call.CRYPTO_malloc(len(staple), b"", 0)  # OpenSSL frees it
    ctypes.memmove(copy, staple, len(staple))
    library.call.SSL_ctrl(ssl, SET_STAPLE, len(staple), copy)
    return STAPLE_SENT


def _choose(ssl: int, _argument: object) -> int:
    library = libssl()
    listener = _find(library, ssl)
    if listener is None:
        return 0
    names = library.stack_octets(library.call.SSL_get0_peer_CA_list(ssl), "i2d_X509_NAME")
    version = library.call.SSL_version(ssl)
    return int(_ask(listener, lambda: listener.choose(ssl, version, names), otherwise=False))


def _info(ssl: int, where: int, value: int) -> None:
    if not where & (INFO_ALERT | INFO_HANDSHAKE_DONE):
        return
    library = libssl()
    listener = _find(library, ssl)
    if listener is None:
        return
    if where & INFO_ALERT:
        listener.alert(Alert(value & 0xFF, value >> 8 == 2, bool(where & INFO_READ)))
    else:
        group = library.call.SSL_ctrl(ssl, NEGOTIATED_GROUP, 0, None)
        listener.negotiated(GROUP_NUMBERS.get(group, group & 0xFFFF))


def _add(
    ssl: int,
    _kind: int,
    _context: int,
    out: Any,  # noqa: ANN401 - a ctypes pointer
    length: Any,  # noqa: ANN401 - a ctypes pointer
    *_: object,
) -> int:
    """Both roles: the vehicle's hints, the station's empty acknowledgement."""
    library = libssl()
    listener = _find(library, ssl)
    if listener is None:
        return 0
    body = listener.root_hints
    out[0] = ctypes.cast(ctypes.c_char_p(body), VOID)  # the listener keeps it alive
    length[0] = len(body)
    return 1


def _free(*_: object) -> None:
    """Nothing to do: the octets belong to the listener."""


def _parse(*_: object) -> int:
    """The vehicle's hints were read before OpenSSL started; the station's answer is empty."""
    return 1


_VERIFY = VERIFY(_verify)
_STATUS = STATUS(_status)
_CHOOSE = CERTIFICATE(_choose)
_INFO = INFO(_info)
_ADD = EXTENSION_ADD(_add)
_FREE = EXTENSION_FREE(_free)
_PARSE = EXTENSION_PARSE(_parse)
