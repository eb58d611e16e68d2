"""The extensions of certificates, responses and lists: what they say, not whether it is right."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bsw import der
from bsw.der import DerError, Element, Reader
from keym.x509.profile import KeyUse

BASIC_CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"
SUBJECT_KEY_ID = "2.5.29.14"
AUTHORITY_KEY_ID = "2.5.29.35"
AUTHORITY_ACCESS = "1.3.6.1.5.5.7.1.1"
CRL_POINTS = "2.5.29.31"
INFO_ACCESS = "1.3.6.1.5.5.7.1.11"
ALTERNATE_KEY = "2.5.29.72"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
OF_A_CONTRACT = frozenset(
    {
        BASIC_CONSTRAINTS,
        KEY_USAGE,
        EXTENDED_KEY_USAGE,
        SUBJECT_KEY_ID,
        AUTHORITY_KEY_ID,
        AUTHORITY_ACCESS,
        CRL_POINTS,
    }
)
"""What a contract of ISO 15118-20 may carry."""
_OCSP_ACCESS = "1.3.6.1.5.5.7.48.1"
_URI, _CONTEXT = 0x86, 0x80
MOST_EXTENSIONS = 32


@dataclass(frozen=True, slots=True)
class Extension:
    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a certificate says about itself besides names, dates and key.

    ``authority`` is ``None`` when there are no basic constraints at all.
    ``alternate_key`` is a second public key of the subject's, as SubjectPublicKeyInfo.
    ``not_understood`` are the critical ones that nothing here knows how to obey.
    """

    authority: bool | None = None
    path_length: int | None = None
    usage: KeyUse | None = None
    purposes: tuple[str, ...] = ()
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    ocsp_urls: tuple[str, ...] = ()
    crl_urls: tuple[str, ...] = ()
    alternate_key: bytes | None = None
    present: frozenset[str] = frozenset()
    critical: frozenset[str] = frozenset()

    @property
    def not_understood(self) -> tuple[str, ...]:
        return tuple(sorted(self.critical - _UNDERSTOOD.keys()))


def listed(element: Element) -> tuple[Extension, ...]:
    """The members of an ``Extensions`` sequence; none may stand there twice."""
    members = element.inside("the list of extensions")
    found: list[Extension] = []
    while members.more:
        found.append(_extension(members.take(der.SEQUENCE)))
        if len(found) > MOST_EXTENSIONS:
            raise DerError(f"there are more than {MOST_EXTENSIONS} extensions")
    if not found:
        raise DerError("the list of extensions is empty")
    if len({extension.oid for extension in found}) < len(found):
        raise DerError("an extension stands there twice")
    return tuple(found)


def _extension(element: Element) -> Extension:
    inner = element.inside("an extension")
    oid = der.oid(inner.take(der.OID))
    flag = inner.maybe(der.BOOLEAN)
    value = inner.take(der.OCTET_STRING).content
    inner.end()
    if flag is not None and not der.boolean(flag):
        raise DerError("an extension spells out that it is not critical")
    return Extension(oid, flag is not None, value)


def understood(extensions: tuple[Extension, ...]) -> Extensions:
    found = Extensions(
        present=frozenset(extension.oid for extension in extensions),
        critical=frozenset(extension.oid for extension in extensions if extension.critical),
    )
    for extension in extensions:
        reader = _UNDERSTOOD.get(extension.oid)
        if reader is not None:
            found = reader(found, extension.value)
    return found


def _basic_constraints(so_far: Extensions, value: bytes) -> Extensions:
    inner = der.single(value, der.SEQUENCE, "basicConstraints").inside("basicConstraints")
    flag = inner.maybe(der.BOOLEAN)
    limit = inner.maybe(der.INTEGER)
    inner.end()
    if flag is not None and not der.boolean(flag):
        raise DerError("basicConstraints spells out that it is no authority")
    authority = flag is not None
    path_length = None if limit is None else der.integer(limit)
    if path_length is not None and (path_length < 0 or not authority):
        raise DerError("basicConstraints has a path length that makes no sense")
    return replace(so_far, authority=authority, path_length=path_length)


def _key_usage(so_far: Extensions, value: bytes) -> Extensions:
    bits = der.named_bits(der.single(value, der.BIT_STRING, "keyUsage"))
    if bits >= 1 << 9:
        raise DerError("keyUsage has bits that mean nothing")
    return replace(so_far, usage=KeyUse(bits))


def _purposes(so_far: Extensions, value: bytes) -> Extensions:
    inner = der.single(value, der.SEQUENCE, "extKeyUsage").inside("extKeyUsage")
    found: list[str] = []
    while inner.more:
        found.append(der.oid(inner.take(der.OID)))
    if not found:
        raise DerError("extKeyUsage names no purpose")
    return replace(so_far, purposes=tuple(found))


def _subject_key_id(so_far: Extensions, value: bytes) -> Extensions:
    octets = der.single(value, der.OCTET_STRING, "subjectKeyIdentifier").content
    return replace(so_far, subject_key_id=octets)


def _authority_key_id(so_far: Extensions, value: bytes) -> Extensions:
    inner = der.single(value, der.SEQUENCE, "authorityKeyIdentifier").inside("the key identifier")
    key_id = inner.maybe(0x80)
    inner.maybe(0xA1)
    inner.maybe(0x82)
    inner.end()
    return replace(so_far, authority_key_id=None if key_id is None else key_id.content)


def _authority_access(so_far: Extensions, value: bytes) -> Extensions:
    inner = der.single(value, der.SEQUENCE, "authorityInfoAccess").inside("authorityInfoAccess")
    urls: list[str] = []
    while inner.more:
        access = inner.take(der.SEQUENCE).inside("an access description")
        method = der.oid(access.take(der.OID))
        place = access.any()
        access.end()
        if place.tag & 0xC0 != _CONTEXT:
            raise DerError("an access description has a place that is no name")
        if method == _OCSP_ACCESS and place.tag == _URI:
            urls.append(_url(place))
    return replace(so_far, ocsp_urls=tuple(urls))


def _crl_points(so_far: Extensions, value: bytes) -> Extensions:
    inner = der.single(value, der.SEQUENCE, "cRLDistributionPoints").inside("the CRL points")
    urls: list[str] = []
    while inner.more:
        point = inner.take(der.SEQUENCE).inside("a CRL point")
        place = point.maybe(0xA0)
        full = place.inside("a CRL point").maybe(0xA0) if place is not None else None
        if full is not None:
            urls.extend(_urls(full.inside("the names of a CRL point")))
    return replace(so_far, crl_urls=tuple(urls))


def _info_access(so_far: Extensions, value: bytes) -> Extensions:
    """Where else something about an authority may be found: nothing we have to obey."""
    der.single(value, der.SEQUENCE, "subjectInfoAccess")
    return so_far


def _alternate_key(so_far: Extensions, value: bytes) -> Extensions:
    der.single(value, der.SEQUENCE, "subjectAltPublicKeyInfo")
    return replace(so_far, alternate_key=value)


def _urls(names: Reader) -> list[str]:
    found: list[str] = []
    while names.more:
        name = names.any()
        if name.tag == _URI:
            found.append(_url(name))
    return found


def _url(element: Element) -> str:
    try:
        return element.content.decode("ascii")
    except UnicodeDecodeError:
        raise DerError("an address is not plain ASCII") from None


_UNDERSTOOD: dict[str, Callable[[Extensions, bytes], Extensions]] = {
    BASIC_CONSTRAINTS: _basic_constraints,
    KEY_USAGE: _key_usage,
    EXTENDED_KEY_USAGE: _purposes,
    SUBJECT_KEY_ID: _subject_key_id,
    AUTHORITY_KEY_ID: _authority_key_id,
    AUTHORITY_ACCESS: _authority_access,
    CRL_POINTS: _crl_points,
    INFO_ACCESS: _info_access,
    ALTERNATE_KEY: _alternate_key,
}
