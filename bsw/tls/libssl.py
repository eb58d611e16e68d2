"""The functions of libssl that Python's ``ssl`` knows nothing of, on its very own contexts.

``ssl`` cannot name suites of TLS 1.3, groups, signature algorithms, root hints or OCSP responses,
and takes private keys from files only.  The library below it can do all of that.  This module
reaches it with ctypes, in exactly the library that ``ssl`` has loaded, through the ``SSL_CTX *``
that stands first in an ``ssl.SSLContext``.  That place is an implementation detail of CPython:
``libssl()`` proves it once per process and refuses with ``TlsUnavailable`` if anything is not as
expected.  There is no second way, and no TLS without the proof.
"""

import ctypes
import platform
import ssl
import sys
from collections.abc import Iterable
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_uint, c_ulong, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

VOID = c_void_p
UINTS = POINTER(c_uint)

SIGN = ctypes.CFUNCTYPE(
    c_int, c_int, VOID, c_int, VOID, UINTS, VOID, VOID, VOID
)  # type, digest, its length, signature, its length, kinv, r, key
DIGEST_SIGN = ctypes.CFUNCTYPE(c_int, VOID, VOID, POINTER(c_size_t), VOID, c_size_t)
ENGINE_METHODS = ctypes.CFUNCTYPE(c_int, VOID, POINTER(VOID), POINTER(POINTER(c_int)), c_int)
VERIFY = ctypes.CFUNCTYPE(c_int, VOID, VOID)  # X509_STORE_CTX, argument
STATUS = ctypes.CFUNCTYPE(c_int, VOID, VOID)  # SSL, argument
CERTIFICATE = ctypes.CFUNCTYPE(c_int, VOID, VOID)  # SSL, argument
INFO = ctypes.CFUNCTYPE(None, VOID, c_int, c_int)  # SSL, where, value
EXTENSION_ADD = ctypes.CFUNCTYPE(
    c_int, VOID, c_uint, c_uint, POINTER(VOID), POINTER(c_size_t), VOID, c_size_t, VOID, VOID
)
EXTENSION_FREE = ctypes.CFUNCTYPE(None, VOID, c_uint, c_uint, VOID, VOID)
EXTENSION_PARSE = ctypes.CFUNCTYPE(
    c_int, VOID, c_uint, c_uint, VOID, c_size_t, VOID, c_size_t, VOID, VOID
)

SYMBOLS: dict[str, tuple[Any, ...]] = {
    # name: result, arguments
    "SSL_CTX_get_options": (ctypes.c_uint64, VOID),
    "SSL_CTX_ctrl": (c_long, VOID, c_int, c_long, VOID),
    "SSL_CTX_callback_ctrl": (c_long, VOID, c_int, VOID),
    "SSL_CTX_set_ciphersuites": (c_int, VOID, c_char_p),
    "SSL_CTX_set0_CA_list": (None, VOID, VOID),
    "SSL_CTX_use_certificate": (c_int, VOID, VOID),
    "SSL_CTX_use_PrivateKey": (c_int, VOID, VOID),
    "SSL_CTX_set_cert_verify_callback": (None, VOID, VERIFY, VOID),
    "SSL_CTX_set_cert_cb": (None, VOID, CERTIFICATE, VOID),
    "SSL_CTX_set_info_callback": (None, VOID, INFO),
    "SSL_CTX_set_tlsext_max_fragment_length": (c_int, VOID, ctypes.c_uint8),
    "SSL_CTX_add_custom_ext": (
        c_int,
        VOID,
        c_uint,
        c_uint,
        EXTENSION_ADD,
        EXTENSION_FREE,
        VOID,
        EXTENSION_PARSE,
        VOID,
    ),
    "SSL_ctrl": (c_long, VOID, c_int, c_long, VOID),
    "SSL_get_SSL_CTX": (VOID, VOID),
    "SSL_version": (c_int, VOID),
    "SSL_is_server": (c_int, VOID),
    "SSL_use_certificate": (c_int, VOID, VOID),
    "SSL_use_PrivateKey": (c_int, VOID, VOID),
    "SSL_get0_peer_CA_list": (VOID, VOID),
    "SSL_get_ex_data_X509_STORE_CTX_idx": (c_int,),
    "X509_STORE_CTX_get_ex_data": (VOID, VOID, c_int),
    "X509_STORE_CTX_get0_untrusted": (VOID, VOID),
    "X509_STORE_CTX_set_error": (None, VOID, c_int),
    "OPENSSL_sk_new_null": (VOID,),
    "OPENSSL_sk_push": (c_int, VOID, VOID),
    "OPENSSL_sk_num": (c_int, VOID),
    "OPENSSL_sk_value": (VOID, VOID, c_int),
    "d2i_X509": (VOID, VOID, POINTER(c_char_p), c_long),
    "i2d_X509": (c_int, VOID, POINTER(VOID)),
    "X509_free": (None, VOID),
    "X509_get_pubkey": (VOID, VOID),
    "d2i_X509_NAME": (VOID, VOID, POINTER(c_char_p), c_long),
    "i2d_X509_NAME": (c_int, VOID, POINTER(VOID)),
    "EVP_PKEY_new": (VOID,),
    "EVP_PKEY_free": (None, VOID),
    "EVP_PKEY_assign": (c_int, VOID, c_int, VOID),
    "EVP_PKEY_get1_EC_KEY": (VOID, VOID),
    "EVP_PKEY_new_raw_public_key": (VOID, c_int, VOID, c_char_p, c_size_t),
    "EVP_PKEY_CTX_get0_pkey": (VOID, VOID),
    "EVP_MD_CTX_get_pkey_ctx": (VOID, VOID),
    "EC_KEY_OpenSSL": (VOID,),
    "EC_KEY_METHOD_new": (VOID, VOID),
    "EC_KEY_METHOD_get_sign": (None, VOID, POINTER(VOID), POINTER(VOID), POINTER(VOID)),
    "EC_KEY_METHOD_set_sign": (None, VOID, SIGN, VOID, VOID),
    "EC_KEY_set_method": (c_int, VOID, VOID),
    "EC_KEY_free": (None, VOID),
    "CRYPTO_malloc": (VOID, c_size_t, c_char_p, c_int),
    "CRYPTO_free": (None, VOID, c_char_p, c_int),
    "ERR_clear_error": (None,),
    "ERR_get_error": (c_ulong,),
    "ERR_error_string_n": (None, c_ulong, c_char_p, c_size_t),
}
"""What every TLS connection needs; each of these is in all OpenSSL 3 libraries."""

ENGINE_SYMBOLS: dict[str, tuple[Any, ...]] = {
    "ENGINE_new": (VOID,),
    "ENGINE_set_id": (c_int, VOID, c_char_p),
    "ENGINE_set_name": (c_int, VOID, c_char_p),
    "ENGINE_set_pkey_meths": (c_int, VOID, ENGINE_METHODS),
    "EVP_PKEY_meth_new": (VOID, c_int, c_int),
    "EVP_PKEY_meth_copy": (None, VOID, VOID),
    "EVP_PKEY_meth_find": (VOID, c_int),
    "EVP_PKEY_meth_set_digestsign": (None, VOID, DIGEST_SIGN),
}
"""What Ed448 needs besides.  Some distributions build OpenSSL 3 without it."""


class TlsUnavailable(RuntimeError):
    """The Python at hand, or its OpenSSL, is not what the TLS room can stand on."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"TLS cannot be used: {what}; run on CPython with the system's OpenSSL 3, "
            f"not on {platform.python_implementation()} {platform.python_version()} "
            f"with {ssl.OPENSSL_VERSION}"
        )


class LibsslError(RuntimeError):
    """OpenSSL refused something we gave it, in its own words."""


class Libssl:
    """Bound functions, and the helpers that own the pointers they make."""

    def __init__(self, functions: ctypes.CDLL, *, engines: bool) -> None:
        self.call: Any = functions
        self.engines = engines

    def pointer(self, context: ssl.SSLContext) -> int:
        return _pointer(context)

    def must(self, result: object, what: str) -> None:
        """Every OpenSSL function says 1, or a pointer, when it worked."""
        if not result or result == -1:
            raise LibsslError(f"{what}: {self.last_error()}")

    def last_error(self) -> str:
        text = ctypes.create_string_buffer(256)
        self.call.ERR_error_string_n(self.call.ERR_get_error(), text, len(text))
        self.call.ERR_clear_error()
        return text.value.decode("ascii", "replace")

    def certificate(self, der: bytes) -> int:
        """An ``X509 *`` the caller frees."""
        found: int | None = self.call.d2i_X509(None, ctypes.byref(c_char_p(der)), len(der))
        self.must(found, "a certificate of our own is not readable")
        return found or 0

    def names(self, names: Iterable[bytes]) -> int:
        """A stack of names; whoever gets it owns it."""
        stack: int = self.call.OPENSSL_sk_new_null()
        for der in names:
            name = self.call.d2i_X509_NAME(None, ctypes.byref(c_char_p(der)), len(der))
            self.must(name, "the name of a root is not readable")
            self.call.OPENSSL_sk_push(stack, name)
        return stack

    def stack_octets(self, stack: int | None, encode: str) -> tuple[bytes, ...]:
        """The DER of each member of a stack that is not ours."""
        if not stack:
            return ()
        count = self.call.OPENSSL_sk_num(stack)
        return tuple(
            self._encoded(getattr(self.call, encode), self.call.OPENSSL_sk_value(stack, place))
            for place in range(count)
        )

    def _encoded(self, encode: Any, item: int) -> bytes:  # noqa: ANN401 - a ctypes function
        octets = VOID()
        length = encode(item, ctypes.byref(octets))
        if length < 0 or not octets.value:
            raise LibsslError(self.last_error())
        copied = ctypes.string_at(octets.value, length)
        self.call.CRYPTO_free(octets, b"", 0)
        return copied


@cache
def libssl() -> Libssl:
    """The library, proven once per process."""
    if platform.python_implementation() != "CPython":
        raise TlsUnavailable("only CPython keeps its SSL contexts where we look for them")
    if ssl.OPENSSL_VERSION_INFO[0] != 3:
        raise TlsUnavailable("ssl stands on another library than OpenSSL 3")
    functions = _open()
    _bind(functions, SYMBOLS)
    _prove_layout(functions)
    return Libssl(functions, engines=_has(functions, ENGINE_SYMBOLS))


def _open() -> ctypes.CDLL:
    module = sys.modules.get("_ssl")
    path = getattr(module, "__file__", None)
    if path is None:
        raise TlsUnavailable("this Python carries OpenSSL inside itself, out of reach")
    return ctypes.CDLL(path)


def _bind(functions: ctypes.CDLL, symbols: dict[str, tuple[object, ...]]) -> None:
    missing = []
    for name, (result, *arguments) in symbols.items():
        try:
            function = getattr(functions, name)
        except AttributeError:
            missing.append(name)
            continue
        function.restype, function.argtypes = result, arguments
    if missing:
        raise TlsUnavailable(f"its OpenSSL lacks {', '.join(missing)}")


def _has(functions: ctypes.CDLL, symbols: dict[str, tuple[object, ...]]) -> bool:
    try:
        _bind(functions, symbols)
    except TlsUnavailable:
        return False
    return True


def _pointer(context: ssl.SSLContext) -> int:
    """The first member behind the object header."""
    return c_void_p.from_address(id(context) + object.__basicsize__).value or 0


def _prove_layout(functions: ctypes.CDLL) -> None:
    """What we take for an ``SSL_CTX *`` must follow its context's options.

    Before OpenSSL is given the pointer, it must at least lie in memory that is ours to write.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pointer = _pointer(context)
    if pointer % ctypes.alignment(c_void_p) or not _is_writable(pointer):
        raise TlsUnavailable("an SSL context is not laid out as expected")
    unusual = ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_TICKET
    for options in (context.options | unusual, context.options & ~unusual):
        context.options = options
        if functions.SSL_CTX_get_options(pointer) != context.options & 0xFFFF_FFFF_FFFF_FFFF:
            raise TlsUnavailable("an SSL context is not laid out as expected")


def _is_writable(address: int) -> bool:
    """Ask the kernel; where it does not tell, the options must do as proof."""
    try:
        areas = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace")
    except OSError:
        return address > 0
    for line in areas.splitlines():
        span, rights, *_ = line.split(maxsplit=2)
        low, high = (int(end, 16) for end in span.split("-"))
        if low <= address < high:
            return rights.startswith("rw")
    return False
