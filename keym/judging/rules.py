"""Certificates held against their profile.  Each check is a small function over one certificate.

The table of profiles is ``keym.profile``.  How certificates hang together - names, signatures,
depth - is the business of ``keym.path``; time and revocation are looked at by ``keym.judge``.
"""

from collections.abc import Iterator

from bsw.crypto import KeyType
from keym.calendar import Moment
from keym.judging.verdict import Finding, Rule
from keym.x509 import extensions
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, Evccid, IdError, Pcid
from keym.x509.name import COMMON_NAME, COUNTRY, ORGANIZATION, Name, shown
from keym.x509.profile import (
    ANY_PURPOSE,
    BRANCH_DOMAINS,
    BRANCHES,
    PURPOSES,
    WHOLE,
    Branch,
    KeyUse,
    LeafProfile,
    NameRule,
    Use,
    domain_is_binding,
)

_AGREEMENT = KeyUse.KEY_AGREEMENT | KeyUse.KEY_ENCIPHERMENT
_LONGEST_SERIAL = 20
_V3 = 2

Found = Iterator[Finding]


def any_certificate(place: int, certificate: Certificate, edition: Edition) -> Found:
    """What holds for leaf and authorities alike."""
    size = len(certificate.der)
    if size > edition.largest_certificate:
        yield Finding(Rule.SIZE, place, f"{size} octets; {edition.largest_certificate} at most")
    if certificate.version != _V3:
        yield Finding(Rule.VERSION, place, f"X.509 version {certificate.version + 1}, not 3")
    octets = certificate.serial.bit_length() // 8 + 1
    if certificate.serial <= 0 or octets > _LONGEST_SERIAL:
        yield Finding(Rule.SERIAL, place, "the serial number is not between 1 and 20 octets")
    for oid in certificate.extensions.not_understood:
        yield Finding(Rule.CRITICAL, place, f"extension {oid} must be understood and is not")
    if certificate.key_type not in edition.key_types:
        wanted = " or ".join(key_type.value for key_type in edition.key_types)
        yield Finding(Rule.KEY_TYPE, place, f"the key is {certificate.key_name}, not {wanted}")
    if certificate.extensions.subject_key_id is None:
        yield Finding(Rule.KEY_ID, place, "there is no subject key identifier")


def leaf(certificate: Certificate, use: Use, edition: Edition) -> Found:
    profile = BRANCHES[use].leaf
    found = certificate.extensions
    if found.authority:
        yield Finding(Rule.LEAF, 0, "it is an authority, not a leaf")
    if found.authority is None:
        yield Finding(Rule.BASIC_PRESENT, 0, "there are no basic constraints")
    elif extensions.BASIC_CONSTRAINTS not in found.critical:
        yield Finding(Rule.BASIC_CRITICAL, 0, "the basic constraints are not critical")
    yield from _leaf_usage(certificate, profile)
    yield from _domain(certificate, profile, edition)
    yield from _common_name(certificate, profile)
    if use is Use.CONTRACT:
        yield from _country(certificate)
    if use is Use.CONTRACT and edition is Edition.ISO20:
        yield from _newer_contract(certificate)
    if use is Use.VEHICLE:
        yield from _vehicle_subject(certificate)


def _leaf_usage(certificate: Certificate, profile: LeafProfile) -> Found:
    usage = certificate.extensions.usage
    unable = _AGREEMENT if certificate.key_type is KeyType.ED448 else KeyUse(0)
    demanded, usual = profile.demanded & ~unable, profile.usual & ~unable
    if usage is None:
        yield Finding(Rule.KEY_USAGE, 0, "there is no key usage")
        return
    if missing := demanded & ~usage:
        yield Finding(Rule.KEY_USAGE, 0, f"the key may not be used for {spelled(missing)}")
    if excess := usage & (KeyUse.KEY_CERT_SIGN | KeyUse.CRL_SIGN):
        yield Finding(Rule.KEY_USAGE, 0, f"a leaf's key may be used for {spelled(excess)}")
    if extensions.KEY_USAGE not in certificate.extensions.critical:
        yield Finding(Rule.USAGE_CRITICAL, 0, "the key usage is not critical")
    if not missing and (unusual := usual & ~usage):
        yield Finding(Rule.USUAL_USAGE, 0, f"the key usage lacks {spelled(unusual)}")
    yield from _purpose(certificate, profile)


def _purpose(certificate: Certificate, profile: LeafProfile) -> Found:
    """Purposes restrict a key even where they are not critical (RFC 5280, 4.2.1.12).

    Signing for a contract or a vehicle has no purpose of its own, so there a purpose nobody
    knows is let pass unless it is critical; one that is known to be another is not.
    """
    purposes = certificate.extensions.purposes
    if not purposes or ANY_PURPOSE in purposes or profile.purpose in purposes:
        return
    critical = extensions.EXTENDED_KEY_USAGE in certificate.extensions.critical
    if profile.purpose is not None or critical or PURPOSES.keys() >= set(purposes):
        listed = ", ".join(PURPOSES.get(oid, oid) for oid in purposes)
        yield Finding(Rule.PURPOSE, 0, f"its key is for another purpose: {listed}")


def _domain(certificate: Certificate, profile: LeafProfile, edition: Edition) -> Found:
    domains = certificate.subject.domains
    if profile.use is Use.CONTRACT:
        contradicting = BRANCH_DOMAINS.intersection(domains) - {profile.domain, "V2G"}
    elif domain_is_binding(edition):
        if profile.domain not in domains or len(domains) > 1:
            seen = ", ".join(map(shown, domains)) or "none"
            yield Finding(Rule.DOMAIN, 0, f"domain component {profile.domain} wanted, {seen} found")
        return
    else:
        contradicting = BRANCH_DOMAINS.intersection(domains) - {profile.domain}
    for domain in sorted(contradicting):
        yield Finding(Rule.DOMAIN, 0, f"its domain component {domain} says it is something else")


def _common_name(certificate: Certificate, profile: LeafProfile) -> Found:
    common_name = certificate.subject.common_name
    if common_name is None:
        yield Finding(Rule.COMMON_NAME, 0, "the subject does not have exactly one common name")
        return
    try:
        fits = _read_id(common_name, profile.common_name)
    except IdError:
        serious = profile.common_name is NameRule.EMAID
        rule = Rule.COMMON_NAME if serious else Rule.ID_FORM
        yield Finding(rule, 0, f"the common name is not {profile.common_name.value}")
        return
    if not fits:
        yield Finding(Rule.CHECK_DIGIT, 0, "the check digit of the common name does not fit")


def _newer_contract(certificate: Certificate) -> Found:
    """What ISO 15118-20 asks of a contract beyond what ISO 15118-2 does."""
    found = certificate.extensions
    if not certificate.subject.all(ORGANIZATION):
        yield Finding(Rule.SUBJECT, 0, "its subject names no mobility operator [V2G20-2589]")
    if not (found.ocsp_urls or found.crl_urls):
        told = "it names neither a responder nor a list of revocations [V2G20-2590]"
        yield Finding(Rule.POINTER, 0, told)
    for oid in sorted(found.present - extensions.OF_A_CONTRACT):
        yield Finding(Rule.EXTENSIONS, 0, f"extension {oid} is not in its profile [V2G20-2686]")


def _country(certificate: Certificate) -> Found:
    """A subject that names a country names that of the contract's eMAID."""
    try:
        emaid = Emaid.parse(certificate.subject.common_name or "")
    except IdError:
        return  # told as what it is
    named = {text.upper() for text in certificate.subject.all(COUNTRY)}
    if named - {emaid.country}:
        yield Finding(Rule.COUNTRY, 0, "its country is not that of the eMAID in its name")


def _read_id(text: str, rule: NameRule) -> bool:
    """Whether the check digit fits.  Raises ``IdError`` if the text is no such id at all."""
    if rule is NameRule.EMAID:
        return Emaid.parse(text).digit_fits
    if rule is NameRule.PCID:
        return Pcid.parse(text).digit_fits
    if rule is NameRule.EVCCID:
        return Evccid.parse(text).digit_fits
    return True


def _vehicle_subject(certificate: Certificate) -> Found:
    kinds = sorted(oid for oid, _ in certificate.subject.attributes)
    if kinds != sorted((COMMON_NAME, ORGANIZATION)):
        yield Finding(
            Rule.SUBJECT, 0, "the subject is not EVCCID and manufacturer alone [V2G20-2598]"
        )


def authority(place: int, certificate: Certificate, below: int) -> Found:
    """Any issuer in the path, our root included; ``below`` counts the authorities under it."""
    found = certificate.extensions
    if not found.authority:
        yield Finding(Rule.AUTHORITY, place, "it issued a certificate but is no authority")
        return
    if found.usage is None or KeyUse.KEY_CERT_SIGN not in found.usage:
        yield Finding(Rule.KEY_USAGE, place, "its key may not sign certificates")
    if extensions.BASIC_CONSTRAINTS not in found.critical:
        yield Finding(Rule.BASIC_CRITICAL, place, "the basic constraints are not critical")
    if found.usage is not None and extensions.KEY_USAGE not in found.critical:
        yield Finding(Rule.USAGE_CRITICAL, place, "the key usage is not critical")
    if found.path_length is not None and found.path_length < below:
        yield Finding(
            Rule.PATH_LENGTH,
            place,
            f"its path length is {found.path_length}, but {below} authorities stand below it",
        )


def sub_authority(place: int, certificate: Certificate, below: int, branch: Branch) -> Found:
    """What a sub-CA has to be beyond any authority: of this branch, and at its level."""
    strange = BRANCH_DOMAINS.intersection(certificate.subject.domains) - branch.own_domains
    for domain in sorted(strange - {WHOLE}):
        yield Finding(Rule.BRANCH, place, f"it belongs to the {domain} branch of the PKI")
    if WHOLE in strange:
        detail = f"its domain component {WHOLE} is that of the stations' branch"
        yield Finding(Rule.UNNAMED_BRANCH, place, detail)
    if certificate.extensions.authority and certificate.extensions.path_length is None:
        yield Finding(Rule.LEVELS, place, f"it has no path length; {below} belongs here")
    elif (certificate.extensions.path_length or 0) > below:
        yield Finding(
            Rule.LEVELS,
            place,
            f"its path length is {certificate.extensions.path_length}; {below} belongs here",
        )


def branch_named(place: int, name: Name, branch: Branch) -> Found:
    """A sub-CA whose root serves several branches has to say which one is its own."""
    if not BRANCH_DOMAINS.intersection(name.domains):
        wanted = " or ".join(sorted(branch.own_domains))
        detail = f"it does not say its branch; domain component {wanted} wanted"
        yield Finding(Rule.UNNAMED_BRANCH, place, detail)


def issuer_named(name: Name, branch: Branch) -> Found:
    """Of a leaf whose issuer was not sent there is still the issuer's name."""
    strange = BRANCH_DOMAINS.intersection(name.domains) - branch.own_domains
    for domain in sorted(strange):
        rule = Rule.UNNAMED_BRANCH if domain == WHOLE else Rule.BRANCH
        yield Finding(rule, 0, f"its issuer belongs to the {domain} branch of the PKI")
    if not strange:
        yield from branch_named(0, name, branch)


def key_ids(place: int, certificate: Certificate, issuer: Certificate) -> Found:
    named, own = certificate.extensions.authority_key_id, issuer.extensions.subject_key_id
    if named is not None and own is not None and named != own:
        yield Finding(
            Rule.AUTHORITY_KEY_ID, place, "its authority key identifier names another key"
        )


def dates(place: int, certificate: Certificate, moment: Moment) -> Found:
    if moment.at > certificate.not_after:
        yield Finding(Rule.EXPIRY, place, f"valid until {certificate.not_after:%Y-%m-%d %H:%M} UTC")
    if moment.at < certificate.not_before:
        yield Finding(Rule.START, place, f"valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC")


def spelled(usage: KeyUse) -> str:
    return ", ".join(word for bit, word in _WORDS.items() if bit in usage) or "nothing"


_WORDS = {
    KeyUse.DIGITAL_SIGNATURE: "signing",
    KeyUse.NON_REPUDIATION: "non-repudiation",
    KeyUse.KEY_ENCIPHERMENT: "key encipherment",
    KeyUse.DATA_ENCIPHERMENT: "data encipherment",
    KeyUse.KEY_AGREEMENT: "key agreement",
    KeyUse.KEY_CERT_SIGN: "signing certificates",
    KeyUse.CRL_SIGN: "signing CRLs",
    KeyUse.ENCIPHER_ONLY: "enciphering only",
    KeyUse.DECIPHER_ONLY: "deciphering only",
}
