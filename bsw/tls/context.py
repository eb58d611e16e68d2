"""One ``ssl.SSLContext`` per connection, with everything the profile says pinned down.

Made anew each time: roots, credentials and staples are those of the moment, and no session can be
resumed, so that trust is asked for every connection.  OpenSSL's own judgement of certificates is
switched off because the listener judges; without a listener the context accepts nobody.
"""

import ssl
from collections.abc import Callable, Sequence

from bsw.tls.config import FRAGMENTS, TlsConfig
from bsw.tls.key import SigningKey
from bsw.tls.libssl import Libssl, libssl
from bsw.tls.port import Credential, TlsProfile
from bsw.tls.profile import Rules

SET_SESSION_CACHE = 44
SET_STATUS_REQUEST, STATUS_OCSP = 65, 1
ADD_CHAIN_CERTIFICATE = 89
SET_GROUPS = 92
SET_SIGNATURES = 98

_OFF = ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION


def client_context(config: TlsConfig, profiles: Sequence[TlsProfile]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a station has no host name; its profile is judged instead
    context.verify_mode = ssl.CERT_REQUIRED
    _pin(context, config, profiles)
    library = libssl()
    pointer = library.pointer(context)
    if config.ask_staple:
        done = library.call.SSL_CTX_ctrl(pointer, SET_STATUS_REQUEST, STATUS_OCSP, None)
        library.must(done, "status_request")
    if config.longest_record:
        code = FRAGMENTS[config.longest_record]
        done = library.call.SSL_CTX_set_tlsext_max_fragment_length(pointer, code)
        library.must(done, "max_fragment_length")
    return context


def server_context(
    config: TlsConfig, profile: TlsProfile, offered: Sequence[int] = ()
) -> ssl.SSLContext:
    """A vehicle shows its certificate in ISO 15118-20 and has none to show in -2.

    ``offered``: the groups of a vehicle; OpenSSL would take the one that it has a share of, be it
    the best or not [V2G20-2460].
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    demanded = profile is TlsProfile.ISO20
    context.verify_mode = ssl.CERT_REQUIRED if demanded else ssl.CERT_NONE
    _pin(context, config, (profile,))
    context.num_tickets = 0
    groups = config.rules(profile).groups
    best = next((word for word, number in groups.items() if number in offered), None)
    if best is not None:
        _set(context, SET_GROUPS, [best])
    return context


def name_roots(context: ssl.SSLContext, names: Sequence[bytes]) -> None:
    """Name our anchors: in the ClientHello, or when the vehicle's certificate is asked for."""
    library = libssl()
    library.call.SSL_CTX_set0_CA_list(library.pointer(context), library.names(names))


def show(context: ssl.SSLContext, chain: Sequence[bytes], key: SigningKey) -> None:
    """Give a context its chain and key."""
    library = libssl()
    call = library.call
    _load(
        library,
        library.pointer(context),
        chain,
        key,
        (call.SSL_CTX_use_certificate, call.SSL_CTX_ctrl, call.SSL_CTX_use_PrivateKey),
    )


def show_on(connection: int, credential: Credential, key: SigningKey) -> None:
    """Give one running connection (an ``SSL *``) its chain and key."""
    library = libssl()
    call = library.call
    _load(
        library,
        connection,
        credential.chain,
        key,
        (call.SSL_use_certificate, call.SSL_ctrl, call.SSL_use_PrivateKey),
    )


def _load(
    library: Libssl,
    target: int,
    chain: Sequence[bytes],
    key: SigningKey,
    functions: tuple[Callable[..., int], ...],
) -> None:
    use_certificate, control, use_key = functions
    for place, der in enumerate(chain):
        certificate = library.certificate(der)
        if place == 0:
            done = use_certificate(target, certificate)
        else:
            done = control(target, ADD_CHAIN_CERTIFICATE, 1, certificate)
        library.call.X509_free(certificate)
        library.must(done, f"certificate {place} of our chain")
    library.must(use_key(target, key.pointer), "our key")


def _pin(context: ssl.SSLContext, config: TlsConfig, profiles: Sequence[TlsProfile]) -> None:
    table = [config.rules(profile) for profile in profiles]
    context.minimum_version = min(rules.version for rules in table)
    context.maximum_version = max(rules.version for rules in table)
    context.options |= _OFF
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # on in some distributions' Python
    if not config.middlebox_compatibility:
        context.options &= ~ssl.OP_ENABLE_MIDDLEBOX_COMPAT
    if config.lab_key_log_file is not None:
        context.keylog_filename = str(config.lab_key_log_file)
    _pin_suites(context, table)
    library = libssl()
    library.call.SSL_CTX_ctrl(library.pointer(context), SET_SESSION_CACHE, 0, None)
    _set(context, SET_GROUPS, [word for rules in table for word in rules.groups])
    _set(context, SET_SIGNATURES, [word for rules in table for word in rules.signatures])


def _set(context: ssl.SSLContext, command: int, words: Sequence[str]) -> None:
    library = libssl()
    text = ":".join(dict.fromkeys(words)).encode()
    library.must(
        library.call.SSL_CTX_ctrl(library.pointer(context), command, 0, text), text.decode()
    )


def _pin_suites(context: ssl.SSLContext, table: Sequence[Rules]) -> None:
    library = libssl()
    new = ssl.TLSVersion.TLSv1_3
    modern = [suite for rules in table if rules.version == new for suite in rules.suites]
    older = [suite for rules in table if rules.version != new for suite in rules.suites]
    if older:
        context.set_ciphers(":".join(older))
    done = library.call.SSL_CTX_set_ciphersuites(
        library.pointer(context), ":".join(modern).encode()
    )
    library.must(done, "SSL_CTX_set_ciphersuites")
