"""The two forms of an answer about revocation, read strictly: OCSP responses and CRLs.

Reading says nothing about belief.  ``keym.revocation`` checks who signed an answer, for whom it
was made and until when it holds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bsw import der
from bsw.der import DerError, Element, Reader
from keym.x509 import extensions, name
from keym.x509.certificate import Certificate, Malformed, parse, signature_algorithm, signed_object
from keym.x509.extensions import Extension

LARGEST_RESPONSE = 32 * 1024
LARGEST_LIST = 4 * 1024 * 1024
MOST_ANSWERS = 16
_BASIC = "1.3.6.1.5.5.7.48.1.1"
NONCE = "1.3.6.1.5.5.7.48.1.2"
CRL_NUMBER = "2.5.29.20"
_HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_REFUSALS = {
    1: "malformed request",
    2: "internal error",
    3: "try later",
    5: "signature required",
    6: "unauthorized",
}


class State(Enum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertId:
    """How OCSP names a certificate: two hashes of its issuer, and its serial number."""

    hash: str
    name_hash: bytes
    key_hash: bytes
    serial: int

    @classmethod
    def of(
        cls, certificate: Certificate, issuer: Certificate, hash_name: str = "sha256"
    ) -> "CertId":
        return cls(
            hash_name,
            hash_of(hash_name, certificate.issuer.der),
            hash_of(hash_name, issuer.key_octets),
            certificate.serial,
        )

    def means(self, certificate: Certificate, issuer: Certificate) -> bool:
        return self == CertId.of(certificate, issuer, self.hash)


def hash_of(hash_name: str, octets: bytes) -> bytes:
    return hashlib.new(hash_name, octets, usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about one certificate, and from when to when."""

    about: CertId
    state: State
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class Response:
    """A basic OCSP response.  ``responder`` is a name's DER or a SHA-1 of a key."""

    tbs: bytes = field(repr=False)
    signature_oid: str
    signature: bytes = field(repr=False)
    responder: bytes
    answers: tuple[Answer, ...]
    certificates: tuple[Certificate, ...]
    nonce: bytes | None = None

    def is_by(self, certificate: Certificate) -> bool:
        own = (certificate.subject.der, hash_of("sha1", certificate.key_octets))
        return self.responder in own


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A complete CRL of one authority: serial number and moment of each revocation."""

    tbs: bytes = field(repr=False)
    signature_oid: str
    signature: bytes = field(repr=False)
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime] = field(repr=False)


def read_response(octets: bytes) -> Response:
    """Read an OCSP response.  Raises ``Malformed`` for all but a successful basic one."""
    if len(octets) > LARGEST_RESPONSE:
        raise Malformed(f"{len(octets)} octets are too many for an OCSP response")
    try:
        return _basic(_shell(octets))
    except DerError as error:
        raise Malformed(str(error)) from None


def _shell(octets: bytes) -> bytes:
    outer = der.single(octets, der.SEQUENCE, "the OCSP response").inside("the OCSP response")
    status = der.integer(outer.take(der.ENUMERATED))
    if status:
        raise Malformed(f"the responder gave no answer: {_REFUSALS.get(status, str(status))}")
    wrapped = outer.take(0xA0)
    outer.end()
    inner = der.single(wrapped.content, der.SEQUENCE, "the OCSP answer").inside("the OCSP answer")
    if der.oid(inner.take(der.OID)) != _BASIC:
        raise Malformed("the OCSP response is of an unknown kind")
    content = inner.take(der.OCTET_STRING).content
    inner.end()
    return content


def _basic(octets: bytes) -> Response:
    what = "the basic OCSP response"
    outer = der.single(octets, der.SEQUENCE, what).inside(what)
    tbs = outer.take(der.SEQUENCE)
    signature_oid = signature_algorithm(outer.take(der.SEQUENCE))
    signature = der.bit_string(outer.take(der.BIT_STRING))
    enclosed = outer.maybe(0xA0)
    outer.end()
    data = tbs.inside("the OCSP response data")
    if data.maybe(0xA0) is not None:
        raise DerError("the OCSP response has a version that does not exist")
    responder = _responder(data.any())
    der.time(data.take(der.GENERALIZED_TIME))
    answers = _answers(data.take(der.SEQUENCE).inside("the OCSP answers"))
    more = data.maybe(0xA1)
    data.end()
    return Response(
        tbs.whole,
        signature_oid,
        signature,
        responder,
        answers,
        () if enclosed is None else _enclosed(enclosed),
        None if more is None else _nonce(_listed(more)),
    )


def _responder(element: Element) -> bytes:
    if element.tag == 0xA1:
        return name.parse(der.single(element.content, der.SEQUENCE, "the responder's name")).der
    if element.tag == 0xA2:
        return der.single(element.content, der.OCTET_STRING, "the responder's key").content
    raise DerError("the responder is named in an unknown way")


def _enclosed(element: Element) -> tuple[Certificate, ...]:
    members = der.single(element.content, der.SEQUENCE, "the responder's certificates")
    reader = members.inside("the responder's certificates")
    found: list[Certificate] = []
    while reader.more:
        found.append(parse(reader.take(der.SEQUENCE).whole))
        if len(found) > MOST_ANSWERS:
            raise DerError("the OCSP response encloses too many certificates")
    return tuple(found)


def _answers(reader: Reader) -> tuple[Answer, ...]:
    found: list[Answer] = []
    while reader.more:
        found.append(_answer(reader.take(der.SEQUENCE).inside("an OCSP answer")))
        if len(found) > MOST_ANSWERS:
            raise DerError("the OCSP response has too many answers")
    return tuple(found)


def _answer(reader: Reader) -> Answer:
    about = _cert_id(reader.take(der.SEQUENCE).inside("a certificate id"))
    state = _STATES.get(reader.next_tag() or 0)
    if state is None:
        raise DerError("an OCSP answer has a state that does not exist")
    reader.any()
    this_update = der.time(reader.take(der.GENERALIZED_TIME))
    end = reader.maybe(0xA0)
    next_update = (
        None
        if end is None
        else der.time(der.single(end.content, der.GENERALIZED_TIME, "the next update"))
    )
    more = reader.maybe(0xA1)
    reader.end()
    if more is not None:
        _refuse_critical(_listed(more), "an OCSP answer", frozenset())
    return Answer(about, state, this_update, next_update)


_STATES = {0x80: State.GOOD, 0xA1: State.REVOKED, 0x82: State.UNKNOWN}


def _cert_id(reader: Reader) -> CertId:
    oid, _ = der.algorithm(reader.take(der.SEQUENCE))
    name_hash = reader.take(der.OCTET_STRING).content
    key_hash = reader.take(der.OCTET_STRING).content
    serial = der.integer(reader.take(der.INTEGER))
    reader.end()
    if oid not in _HASHES:
        raise DerError(f"a certificate id uses the unknown hash {oid}")
    return CertId(_HASHES[oid], name_hash, key_hash, serial)


def _listed(element: Element) -> tuple[Extension, ...]:
    return extensions.listed(der.single(element.content, der.SEQUENCE, "the extensions"))


def _nonce(listed: tuple[Extension, ...]) -> bytes | None:
    _refuse_critical(listed, "the OCSP response", frozenset({NONCE}))
    found = next((extension.value for extension in listed if extension.oid == NONCE), None)
    if found is None:
        return None
    try:
        return der.single(found, der.OCTET_STRING, "the nonce").content
    except DerError:
        return found  # older responders put the bare octets there


def _refuse_critical(listed: tuple[Extension, ...], what: str, understood: frozenset[str]) -> None:
    strange = [item.oid for item in listed if item.critical and item.oid not in understood]
    if strange:
        raise DerError(f"{what} has the critical extension {strange[0]}, which is not understood")


def read_list(octets: bytes) -> RevocationList:
    """Read a CRL.  Raises ``Malformed`` for anything but a complete list of one authority."""
    if len(octets) > LARGEST_LIST:
        raise Malformed(f"{len(octets)} octets are too many for a CRL")
    try:
        return _list(octets)
    except DerError as error:
        raise Malformed(str(error)) from None


def _list(octets: bytes) -> RevocationList:
    tbs, signature_oid, signature = signed_object(octets, "the CRL")
    inner = tbs.inside("the CRL")
    version = inner.maybe(der.INTEGER)
    if version is not None and der.integer(version) != 1:
        raise DerError("the CRL has a version that does not exist")
    if signature_algorithm(inner.take(der.SEQUENCE)) != signature_oid:
        raise DerError("the CRL names two different signature algorithms")
    issuer = name.parse(inner.take(der.SEQUENCE)).der
    this_update = der.time(inner.any())
    next_update = der.time(inner.any()) if inner.next_tag() in _TIMES else None
    revoked = inner.maybe(der.SEQUENCE)
    more = inner.maybe(0xA0)
    inner.end()
    if more is not None:
        known = frozenset({CRL_NUMBER, extensions.AUTHORITY_KEY_ID})
        _refuse_critical(_listed(more), "the CRL", known)
    entries = {} if revoked is None else _entries(revoked.inside("the revoked certificates"))
    return RevocationList(
        tbs.whole, signature_oid, signature, issuer, this_update, next_update, entries
    )


_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)


def _entries(reader: Reader) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    while reader.more:
        entry = reader.take(der.SEQUENCE).inside("a revoked certificate")
        serial, since = der.integer(entry.take(der.INTEGER)), der.time(entry.any())
        if entry.more:
            listed = extensions.listed(entry.take(der.SEQUENCE))
            _refuse_critical(listed, "a revoked certificate", frozenset())
        entry.end()
        found[serial] = since
    return found
