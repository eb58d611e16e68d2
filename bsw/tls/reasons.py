"""What went wrong, told apart: OpenSSL's words and the peer's alerts as reasons for people."""

import ssl

from bsw.tls.libssl import LibsslError
from bsw.tls.port import TlsFailure, TlsReason
from bsw.tls.profile import STATIC_ECDH

CLOSE_NOTIFY = 0

ALERTS = {
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""The registered names."""

REMEDIES = {
    40: "it finds no common suite, group or signature algorithm; compare both profiles",
    42: "it finds our certificate broken or not yet valid; check its chain and both clocks",
    43: "it does not take this kind of certificate; check its key usage and curve",
    44: "it holds our certificate for revoked; renew it",
    45: "it holds our certificate for expired; renew it or check both clocks",
    46: "it does not accept our certificate and does not say why; see its own log",
    48: "it does not know our root; install our root there, or show a chain under one it knows",
    51: "our signature did not verify there; check that key and certificate belong together",
    70: "it does not speak our TLS version; see tls.profiles",
    80: "it failed inside, often because it cannot use its own private key; see its log",
    113: "it does not accept our OCSP response; renew the staple",
    116: "it wants a vehicle certificate and got none; configure one",
}

ABOUT_ROOTS = frozenset({42, 46, 48})
"""Alerts that may mean: your chain is under a root I do not know."""

INTERNAL_ERROR = bytes.fromhex("15030100020250")
"""The record of a fatal alert, for a peer who speaks to us while our own key is unusable."""

_NO_COMMON_SUITE = frozenset({
    "NO_SHARED_CIPHER",
    "NO_SHARED_GROUP",
    "NO_SHARED_GROUPS",
    "NO_SHARED_SIGNATURE_ALGORITHMS",
    "NO_SUITABLE_GROUPS",
    "NO_SUITABLE_KEY_SHARE",
    "NO_SUITABLE_SIGNATURE_ALGORITHM",
    "NO_SUITABLE_DIGEST_ALGORITHM",
    "NO_PROTOCOLS_AVAILABLE",
    "NO_CIPHERS_AVAILABLE",
    "NO_CIPHER_MATCH",
    "UNKNOWN_CIPHER_RETURNED",
    "UNSUPPORTED_PROTOCOL",
    "UNSUPPORTED_ELLIPTIC_CURVE",
    "VERSION_TOO_LOW",
    "VERSION_TOO_HIGH",
    "WRONG_CIPHER_RETURNED",
    "WRONG_CURVE",
    "WRONG_SIGNATURE_TYPE",
    "WRONG_SSL_VERSION",
    "UNKNOWN_PROTOCOL",
    "INAPPROPRIATE_FALLBACK",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
})  # fmt: skip
_NO_CERTIFICATE = frozenset({
    "PEER_DID_NOT_RETURN_A_CERTIFICATE",
    "NO_CERTIFICATE_RETURNED",
    "NO_CERTIFICATES_RETURNED",
})  # fmt: skip
_TOO_LONG = frozenset({"EXCESSIVE_MESSAGE_SIZE", "CERTIFICATE_CHAIN_TOO_LONG"})


def alert_text(number: int) -> str:
    return f"{ALERTS.get(number, 'unknown')} ({number})"


def refused(number: int, addition: str = "") -> TlsFailure:
    """The peer ended the connection with an alert."""
    remedy = REMEDIES.get(number, "see the peer's own log")
    detail = f"the peer refused with alert {alert_text(number)}: {remedy}"
    if addition:
        detail += f"; {addition}"
    return TlsFailure(TlsReason.PEER_ALERT, detail, number)


def from_openssl(error: ssl.SSLError, sent: int | None = None, offer: str = "") -> TlsFailure:
    """OpenSSL ended it; ``sent`` is the alert it told the peer, ``offer`` what that one wants."""
    word = error.reason or ""
    detail = word.replace("_", " ").lower() or str(error)
    if word in _NO_COMMON_SUITE:
        return _nothing_in_common(detail, sent, offer)
    if word in _NO_CERTIFICATE:
        return TlsFailure(
            TlsReason.NO_PEER_CERTIFICATE,
            "the peer shows no certificate where ISO 15118-20 demands one; give it one",
            sent,
        )
    if word in _TOO_LONG or _is_unreadable(error, word):
        return TlsFailure(
            TlsReason.BROKEN_CHAIN,
            f"the peer's certificates cannot be read: {detail}; see its chain",
            sent,
        )
    return TlsFailure(
        TlsReason.BAD_RECORD,
        f"what the peer sent is no valid TLS: {detail}; check that it speaks TLS on this port",
        sent,
    )


def _nothing_in_common(detail: str, sent: int | None, offer: str) -> TlsFailure:
    text = f"nothing in common with the peer: {detail}; compare tls.profiles with what it has"
    if offer:
        text += f": {offer}"
    if f"{STATIC_ECDH:04x}" in offer:
        text += f" ({STATIC_ECDH:04x} is static ECDH, which OpenSSL does not have)"
    return TlsFailure(TlsReason.NO_COMMON_SUITE, text, sent)


def _is_unreadable(error: ssl.SSLError, word: str) -> bool:
    """ASN.1, X.509 or elliptic curve trouble before anybody could judge the chain."""
    return (error.library or "") in {"ASN1", "X509", "EC", "DECODER", "EVP"} or word in {
        "CERT_LENGTH_MISMATCH",
        "UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS",
        "UNKNOWN_CERTIFICATE_TYPE",
        "NO_CERTIFICATE_ASSIGNED",
    }


def unusable(error: Exception) -> TlsFailure:
    """Something of our own, not the peer's, stands in the way."""
    ours = isinstance(error, LibsslError)
    return TlsFailure(TlsReason.KEY_FAILURE if ours else TlsReason.UNAVAILABLE, str(error))


def truncated(*, handshake: bool) -> TlsFailure:
    when = "before the handshake was done" if handshake else "without close_notify"
    return TlsFailure(
        TlsReason.TRUNCATED, f"the peer's stream ended {when}; see whether it restarted or refused"
    )
