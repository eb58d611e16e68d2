"""A request for a certificate (PKCS#10) whose key signs somewhere else, in a token for instance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from csm.driver import Hash
from csm.handles import KeyKind, PublicKey
from csm.public import digest, raw_to_der
from keym.x509.certificate import Certificate
from keym.x509.name import COUNTRY, ORGANIZATION

Sign = Callable[[bytes], bytes]
"""Of a digest for ECDSA, of the message for Ed448; raw."""
_HASHES: Final[dict[KeyKind, tuple[Hash, hashes.SHA256 | hashes.SHA512]]] = {
    KeyKind.P256: (Hash.SHA256, hashes.SHA256()),
    KeyKind.P521: (Hash.SHA512, hashes.SHA512()),
}


class NoRequest(Exception):
    """There is nothing that a certificate could be asked for with."""


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a certificate is for; what is empty is not said."""

    common: str = ""
    organization: str = ""
    country: str = ""

    def filled_from(self, leaf: Certificate) -> "Names":
        """What is not said here, as it is in this certificate."""
        subject = leaf.subject
        return Names(
            self.common or subject.common_name or "",
            self.organization or next(iter(subject.all(ORGANIZATION)), ""),
            self.country or next(iter(subject.all(COUNTRY)), ""),
        )


def certificate_request(names: Names, domain: str, public: PublicKey, sign: Sign) -> str:
    """In PEM.  Raises ``NoRequest`` without a name, or for a key that signs nothing."""
    if not names.common:
        raise NoRequest("no SeccId is set and no certificate is here to take the name from")
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(names, domain))
    if public.kind is KeyKind.ED448:
        made = builder.sign(_Ed448(public, sign), None)
    elif public.kind in _HASHES:
        made = builder.sign(_Ec(public, sign), _HASHES[public.kind][1])
    else:
        raise NoRequest(f"a key of kind {public.kind.value} signs no request")
    return made.public_bytes(Encoding.PEM).decode()


def _subject(names: Names, domain: str) -> x509.Name:
    pairs = (
        (NameOID.COMMON_NAME, names.common),
        (NameOID.ORGANIZATION_NAME, names.organization),
        (NameOID.COUNTRY_NAME, names.country),
        (NameOID.DOMAIN_COMPONENT, domain),
    )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])


class _Elsewhere:
    """As much of a private key as a request takes: it signs, and is never seen."""

    def __init__(self, public: PublicKey, sign: Sign) -> None:
        self._public = public
        self._sign = sign

    def public_key(self) -> Any:  # noqa: ANN401 - of either kind
        return load_der_public_key(self._public.spki())

    def _unseen(self, *_: object) -> NoReturn:
        raise NoRequest("the key does not leave its driver")

    exchange = private_numbers = private_bytes = private_bytes_raw = _unseen
    __copy__ = __deepcopy__ = _unseen


class _Ec(_Elsewhere, ec.EllipticCurvePrivateKey):
    @property
    def curve(self) -> ec.EllipticCurve:
        return self.public_key().curve  # type: ignore[no-any-return]

    @property
    def key_size(self) -> int:
        return self.curve.key_size

    def sign(self, data: Any, signature_algorithm: object) -> bytes:  # noqa: ANN401 - a buffer
        del signature_algorithm  # that of the curve
        kind = self._public.kind
        return raw_to_der(kind, self._sign(digest(_HASHES[kind][0], bytes(data))))


class _Ed448(_Elsewhere, ed448.Ed448PrivateKey):
    def sign(self, data: Any) -> bytes:  # noqa: ANN401 - a buffer
        return self._sign(bytes(data))
