"""The envelope around a contract key, in the three forms there are.

Who may open it is settled by the session key, on which sender and receiver agree with an ephemeral
key of the one and a lasting key of the other.  AES-CBC of ISO 15118-2 proves nothing, so an opened
key counts only after ``prove`` has compared it with its certificate.
"""

from dataclasses import dataclass
from typing import Final

from csm import material
from csm.driver import ISO2_KDF, ISO20_KDF, Cbc, ConcatKdf, Gcm
from csm.errors import BadData, BadKey
from csm.handles import KeyKind, PublicKey, PublicKeyError
from csm.secret import PrivateKey, Secret
from keym.provisioning.faults import Fault, ProvisioningError

ISO2_IV: Final = 16
NONCE: Final = 12
TAG: Final = 16
P521_SIZE: Final = NONCE + 66 + TAG
X448_SIZE: Final = NONCE + 56 + TAG
X448_KEY: Final = 56
DH_FIELD: Final = 133
"""Octets of the field for the ephemeral public key: a P-521 point; the schema has no shorter."""


@dataclass(frozen=True, slots=True)
class EnvelopeRules:
    """How the session key is derived and what is authenticated.

    The defaults are what most implementations agree on.  The others are known from single
    projects and are for the laboratory: ``bare_kdf`` derives without OtherInfo, ``no_aad`` leaves
    the identities out of AES-GCM.
    """

    lab_bare_kdf: bool = False
    lab_no_aad: bool = False

    @property
    def iso2_kdf(self) -> ConcatKdf:
        return self._kdf(ISO2_KDF)

    @property
    def iso20_kdf(self) -> ConcatKdf:
        return self._kdf(ISO20_KDF)

    def _kdf(self, normal: ConcatKdf) -> ConcatKdf:
        return ConcatKdf(normal.hash, b"", normal.length) if self.lab_bare_kdf else normal

    def aad(self, pcid: str, subject_key_id: bytes) -> bytes:
        """PCID and key identifier, both as text: 18 and (as a rule) 16 characters."""
        if self.lab_no_aad:
            return b""
        plain = "".join(c for c in pcid.upper() if c.isascii() and c.isalnum())
        return (plain + subject_key_id.hex().upper()).encode()


NORMAL: Final = EnvelopeRules()


def seal_iso2(session_key: Secret, iv: bytes, key: PrivateKey) -> bytes:
    """IV and scalar: 48 octets.  Only P-256."""
    if key.kind is not KeyKind.P256:
        raise ProvisioningError(Fault.UNSUPPORTED, f"a {key.kind.value} key in ISO 15118-2")
    return iv + material.encrypt(session_key, Cbc(iv), key.secret.reveal())


def open_iso2(session_key: Secret, blob: bytes) -> PrivateKey:
    if len(blob) != ISO2_IV + 32:
        raise ProvisioningError(Fault.ENVELOPE, f"{len(blob)} octets, {ISO2_IV + 32} are due")
    secret = material.decrypt(session_key, Cbc(blob[:ISO2_IV]), blob[ISO2_IV:])
    return PrivateKey(KeyKind.P256, secret)


def seal_p521(session_key: Secret, nonce: bytes, key: PrivateKey, aad: bytes) -> bytes:
    """Nonce, seven zero bits and scalar, tag: 94 octets."""
    if key.kind is not KeyKind.P521:
        raise ProvisioningError(Fault.UNSUPPORTED, f"a {key.kind.value} key agreed on P-521")
    return nonce + material.encrypt(session_key, Gcm(nonce, aad), key.secret.reveal())


def open_p521(session_key: Secret, blob: bytes, aad: bytes) -> PrivateKey:
    secret = _open_gcm(session_key, blob, P521_SIZE, aad)
    if secret.reveal()[0] & 0xFE:
        raise ProvisioningError(Fault.ENVELOPE, "the leading bits are not zero [V2G20-2678]")
    return PrivateKey(KeyKind.P521, secret)


def seal_x448(session_key: Secret, nonce: bytes, octets: Secret, aad: bytes) -> bytes:
    """Nonce, 56 octets of key, tag: 84 octets."""
    if len(octets) != X448_KEY:
        raise ProvisioningError(Fault.UNSUPPORTED, f"{len(octets)} octets in an X448 envelope")
    return nonce + material.encrypt(session_key, Gcm(nonce, aad), octets.reveal())


def open_x448(session_key: Secret, blob: bytes, aad: bytes) -> Secret:
    return _open_gcm(session_key, blob, X448_SIZE, aad)


def shortened_ed448(key: PrivateKey) -> Secret:
    """An Ed448 key for the X448 envelope, which has one octet too few for it.

    Nobody says what becomes of the 57th.  Here it has to be zero, which a provider that makes the
    key can see to; the receiver puts it back and compares with the certificate, so a peer with
    another reading is refused and never misunderstood.
    """
    if key.kind is not KeyKind.ED448 or key.secret.reveal()[X448_KEY:] != b"\0":
        raise ProvisioningError(Fault.UNSUPPORTED, "only an Ed448 key that ends in a zero octet")
    return Secret(key.secret.reveal()[:X448_KEY])


def completed_ed448(octets: Secret) -> PrivateKey:
    return PrivateKey(KeyKind.ED448, Secret(octets.reveal() + b"\0"))


def prove(key: PrivateKey, public: PublicKey) -> None:
    """Raise unless this is the private half of the certificate's key [V2G2-823], [V2G20-2507]."""
    try:
        half = material.public_half(key)
    except BadKey:
        raise ProvisioningError(Fault.WRONG_KEY, "what was enclosed is no private key") from None
    if half != public:
        raise ProvisioningError(Fault.WRONG_KEY, "it makes another public key")


def ephemeral_p256(octets: bytes) -> PublicKey:
    return _point(KeyKind.P256, octets)


def ephemeral_p521(octets: bytes) -> PublicKey:
    return _point(KeyKind.P521, octets)


def ephemeral_x448(field: bytes) -> PublicKey:
    """The key in a field that is longer: 57 octets in one reading, 133 in the schema's.

    The filler is zeros, before or behind; which one is for the key itself to show.
    """
    filler = len(field) - X448_KEY
    if filler < 0:
        raise ProvisioningError(Fault.BAD_POINT, f"{len(field)} octets are no X448 key")
    if not any(field[:filler]):
        return _point(KeyKind.X448, field[filler:])
    if not any(field[X448_KEY:]):
        return _point(KeyKind.X448, field[:X448_KEY])
    raise ProvisioningError(Fault.BAD_POINT, "what stands around the X448 key is not zero")


def dh_field(public: PublicKey) -> bytes:
    """The ephemeral key as the message carries it: at its start, zeros behind."""
    return public.octets.ljust(DH_FIELD, b"\0")


def _point(kind: KeyKind, octets: bytes) -> PublicKey:
    try:
        return PublicKey(kind, octets)
    except PublicKeyError as error:
        raise ProvisioningError(Fault.BAD_POINT, str(error)) from None


def _open_gcm(session_key: Secret, blob: bytes, size: int, aad: bytes) -> Secret:
    if len(blob) != size:
        raise ProvisioningError(Fault.ENVELOPE, f"{len(blob)} octets, {size} are due")
    try:
        return material.decrypt(session_key, Gcm(blob[:NONCE], aad), blob[NONCE:])
    except BadData as error:
        raise ProvisioningError(Fault.ENVELOPE, str(error)) from None
