"""A private key for OpenSSL that is not there: only its public half, and a call to whoever signs.

For ECDSA the key is an ``EC_KEY`` with a method of our own, for Ed448 a key whose signatures come
from an engine of our own.  OpenSSL asks for a signature in the middle of a handshake, in the
thread that runs it, and gets what the ``Signer`` answers.  Its error, if it has one, is kept for
the one who asks why the handshake failed.
"""

import ctypes
from ctypes import c_int, c_void_p
from functools import cache
from typing import Any
from weakref import WeakValueDictionary, finalize

from bsw.crypto import FORMS, KeyType, Signer, ecdsa_der, key_type
from bsw.der import DerError
from bsw.os.worker import attempt
from bsw.tls.libssl import DIGEST_SIGN, ENGINE_METHODS, SIGN, Libssl, LibsslError, libssl
from bsw.tls.outline import outline

EVP_PKEY_EC = 408
EVP_PKEY_ED448 = 1088
SIGNATURE_BY_MESSAGE = 4  # EVP_PKEY_FLAG_SIGCTX_CUSTOM: no digest before it


class SigningKey:
    """An ``EVP_PKEY *`` for one leaf, for as long as this object lives."""

    def __init__(self, signer: Signer, leaf: bytes) -> None:
        kind = key_type(signer.public_key)
        if kind is None:
            raise LibsslError("the signer's key is none of P-256, P-521, Ed448")
        if _spki(leaf) != signer.public_key:
            raise LibsslError("the signer's key does not belong to the leaf certificate")
        self.kind = kind
        self.error: Exception | None = None
        self.used = False
        self._signer = signer
        library = libssl()
        if kind is KeyType.ED448:
            self.pointer = _ed448(library, signer.public_key)
            _keys[self.pointer] = self
        else:
            self.pointer, inner = _ecdsa(library, leaf)
            _keys[inner] = self
        finalize(self, library.call.EVP_PKEY_free, self.pointer).atexit = False

    def sign(self, data: bytes) -> bytes | None:
        """Raw octets, or ``None`` after an error, which is kept."""
        self.used = True
        outcome = attempt(lambda: self._signer.sign(data))
        self.error = outcome.error
        signature = outcome.value
        if signature is not None and len(signature) != FORMS[self.kind].signature:
            self.error = LibsslError(f"the signer gave {len(signature)} octets as a signature")
            return None
        return signature


def _spki(leaf: bytes) -> bytes:
    try:
        return outline(leaf).spki
    except DerError as error:
        raise LibsslError(f"the leaf certificate cannot be read: {error}") from None


_keys: "WeakValueDictionary[int, SigningKey]" = WeakValueDictionary()
"""By the pointer OpenSSL names in its call: ``EC_KEY *``, or ``EVP_PKEY *`` for Ed448."""


def _ecdsa(library: Libssl, leaf: bytes) -> tuple[int, int]:
    """The leaf's public key with our method: the ``EVP_PKEY *`` and the ``EC_KEY *`` in it."""
    call = library.call
    certificate = library.certificate(leaf)
    public = call.X509_get_pubkey(certificate)
    call.X509_free(certificate)
    inner = call.EVP_PKEY_get1_EC_KEY(public)
    call.EVP_PKEY_free(public)
    library.must(inner, "the leaf has no elliptic curve key")
    library.must(call.EC_KEY_set_method(inner, _ec_method()), "EC_KEY_set_method")
    key = call.EVP_PKEY_new()
    library.must(call.EVP_PKEY_assign(key, EVP_PKEY_EC, inner), "EVP_PKEY_assign")
    return key, inner


def _ed448(library: Libssl, public_key: bytes) -> int:
    if not library.engines:
        raise LibsslError(
            "this OpenSSL is built without engines, so it cannot sign with an Ed448 key of ours; "
            "use a P-521 credential"
        )
    form = FORMS[KeyType.ED448]
    raw = public_key[len(form.spki) :]
    key: int | None = library.call.EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED448, _ed448_engine(), raw, len(raw)
    )
    library.must(key, "the signer's Ed448 key")
    return key or 0


def _sign_digest(
    _type: int,
    digest: int,
    length: int,
    signature: int,
    signature_length: Any,  # noqa: ANN401 - a ctypes pointer
    _kinv: int,
    _r: int,
    key: int,
) -> int:
    ours = _keys.get(key)
    raw = None if ours is None else ours.sign(ctypes.string_at(digest, length))
    if raw is None:
        return 0
    der = ecdsa_der(raw)
    ctypes.memmove(signature, der, len(der))
    signature_length[0] = len(der)
    return 1


def _sign_message(
    context: int,
    signature: int | None,
    signature_length: Any,  # noqa: ANN401 - a ctypes pointer
    message: int,
    length: int,
) -> int:
    size = FORMS[KeyType.ED448].signature
    signature_length[0] = size
    if not signature:  # asked for the size only
        return 1
    call = libssl().call
    ours = _keys.get(call.EVP_PKEY_CTX_get0_pkey(call.EVP_MD_CTX_get_pkey_ctx(context)))
    raw = None if ours is None else ours.sign(ctypes.string_at(message, length))
    if raw is None:
        return 0
    ctypes.memmove(signature, raw, size)
    return 1


_SIGN_DIGEST = SIGN(_sign_digest)
_SIGN_MESSAGE = DIGEST_SIGN(_sign_message)


@cache
def _ec_method() -> int:
    """OpenSSL's own method with our signing; never freed, it serves the whole process."""
    call = libssl().call
    method: int = call.EC_KEY_METHOD_new(call.EC_KEY_OpenSSL())
    sign, setup, signature = c_void_p(), c_void_p(), c_void_p()
    call.EC_KEY_METHOD_get_sign(
        method, ctypes.byref(sign), ctypes.byref(setup), ctypes.byref(signature)
    )
    call.EC_KEY_METHOD_set_sign(method, _SIGN_DIGEST, setup, signature)
    return method


_ED448_NUMBERS = (c_int * 1)(EVP_PKEY_ED448)


def _engine_methods(_engine: int, method: Any, numbers: Any, wanted: int) -> int:  # noqa: ANN401
    if not method:  # asked which keys it serves
        numbers[0] = ctypes.cast(_ED448_NUMBERS, ctypes.POINTER(c_int))
        return 1
    if wanted != EVP_PKEY_ED448:
        return 0
    method[0] = _ed448_method()
    return 1


_ENGINE_METHODS = ENGINE_METHODS(_engine_methods)


@cache
def _ed448_method() -> int:
    call = libssl().call
    method: int = call.EVP_PKEY_meth_new(EVP_PKEY_ED448, SIGNATURE_BY_MESSAGE)
    call.EVP_PKEY_meth_copy(method, call.EVP_PKEY_meth_find(EVP_PKEY_ED448))
    call.EVP_PKEY_meth_set_digestsign(method, _SIGN_MESSAGE)
    return method


@cache
def _ed448_engine() -> int:
    """Known to nobody but the keys made with it; other Ed448 keys are not touched."""
    library = libssl()
    call = library.call
    engine: int = call.ENGINE_new()
    library.must(call.ENGINE_set_id(engine, b"pilotwire"), "ENGINE_set_id")
    library.must(call.ENGINE_set_name(engine, b"Pilotwire signer"), "ENGINE_set_name")
    library.must(call.ENGINE_set_pkey_meths(engine, _ENGINE_METHODS), "ENGINE_set_pkey_meths")
    return engine
