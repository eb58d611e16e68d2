"""What ``bsw`` asks of keys it must not hold: sign with one, verify against one.

Signatures travel raw, r || s with full width, as ISO 15118 puts them on the wire; DER is for
certificates and TLS.  Who keeps the private key - an encrypted file, a token - is not known
here, and no call gives it out.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class KeyType(Enum):
    """A key together with the one way of signing that ISO 15118 uses it in."""

    P256 = "P-256"
    P521 = "P-521"
    ED448 = "Ed448"


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes in octets, the hash that goes before ECDSA, and the head of a SubjectPublicKeyInfo."""

    hash: str | None
    public: int
    signature: int
    spki: bytes


FORMS = {
    KeyType.P256: Form(
        "sha256", 65, 64, bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    ),
    KeyType.P521: Form(
        "sha512", 133, 132, bytes.fromhex("30819b301006072a8648ce3d020106052b8104002303818600")
    ),
    KeyType.ED448: Form(None, 57, 114, bytes.fromhex("3043300506032b6571033a00")),
}


class Signer(Protocol):
    """A private key in whatever keeps it.

    ``sign`` may be called from any thread and must not wait for the scheduler's: a TLS handshake
    calls it in its middle.  It raises the store's own error, whose text names place and remedy.
    """

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""

    @property
    def may_block(self) -> bool:
        """Whether ``sign`` may take longer than a task should: run the caller on a worker."""

    def sign(self, data: bytes) -> bytes:
        """``data`` is the digest for ECDSA (raw r || s comes back), the message for Ed448."""


class Verifier(Protocol):
    def verify(self, public_key: bytes, data: bytes, signature: bytes) -> bool:
        """Whether a raw signature holds.

        ``public_key`` is SubjectPublicKeyInfo, DER; ``data`` is the digest for ECDSA, the message
        for Ed448.  What is no key or no signature at all is simply not true.
        """


def key_type(public_key: bytes) -> KeyType | None:
    """The kind of a SubjectPublicKeyInfo; ``None`` for all that ISO 15118 does not sign with."""
    for kind, form in FORMS.items():
        if public_key.startswith(form.spki) and len(public_key) == len(form.spki) + form.public:
            return kind
    return None


def prepared(kind: KeyType, message: bytes) -> bytes:
    """What ``sign`` and ``verify`` take for this message: its digest, or itself for Ed448."""
    name = FORMS[kind].hash
    return message if name is None else hashlib.new(name, message).digest()


def ecdsa_der(raw: bytes) -> bytes:
    """Turn r || s into the DER that TLS and certificates carry."""
    half = len(raw) // 2
    return _der(0x30, _integer(raw[:half]) + _integer(raw[half:]))


def _integer(octets: bytes) -> bytes:
    value = int.from_bytes(octets, "big")
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    return bytes((tag, 0x81, length)) + content  # 139 octets at most, for P-521
