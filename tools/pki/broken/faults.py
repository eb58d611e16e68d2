"""The table of faults a chain can have, each with the word it has to be refused with."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.x509.oid import NameOID

from keym.judging.verdict import Reason
from keym.x509.edition import Edition
from keym.x509.profile import AUTHORITY_USAGE, KeyUse, Use
from tools.pki.broken import breakage
from tools.pki.broken.workshop import (
    CONSTRAINT,
    DAY,
    STRANGE,
    Maker,
    Workshop,
    changed,
    early,
    expired,
    extended,
    renamed,
    used,
    with_bulk,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table: how to make the chain, for which uses and editions."""

    name: str
    title: str
    reason: Reason
    make: Maker
    uses: tuple[Use, ...] = tuple(Use)
    editions: tuple[Edition, ...] = tuple(Edition)
    only: Callable[[Workshop], bool] = lambda _: True

    @property
    def profile_alone(self) -> bool:
        """RFC 5280 has nothing against it as OpenSSL reads it: what forbids it is ISO 15118."""
        return self.name in _BY_PROFILE


_AGREE_ONLY = KeyUse.KEY_AGREEMENT | KeyUse.KEY_ENCIPHERMENT
_SIGNER = KeyUse.DIGITAL_SIGNATURE
_TWICE = ((NameOID.COMMON_NAME.dotted_string, "Somebody else"),)
_BOUND = (Use.SECC, Use.CPS, Use.PROVISIONING)
_ISO2 = (Edition.ISO2,)
_ISO20 = (Edition.ISO20,)

_BY_PROFILE = frozenset(
    {
        "sub2_without_usage",
        "sub2_path_length_open",
        "sub1_path_length_large",
        "deep",
        "very_deep",
        "bottomless",
        "crowd",
        "under_root",
        "other_curve",
        "rsa_authority",
        "wrong_hash",
        "no_usage",
        "wrong_usage",
        "leaf_may_certify",
        "usage_not_critical",
        "sub2_usage_not_critical",
        "leaf_is_authority",
        "constraints_not_critical",
        "domain_missing",
        "domain_wrong",
        "domain_lower_case",
        "two_names",
        "sub1_critical_extension",
        "oversized",
        "sub2_oversized",
        "huge",
        "huge_name",
    }
)

FAULTS = (
    Fault("expired", "the leaf has expired", Reason.EXPIRED, lambda s: s.grow(leaf=expired)),
    Fault(
        "expired_by_a_second",
        "the leaf expired a second ago",
        Reason.EXPIRED,
        lambda s: s.grow(leaf=changed(valid_until=s.at.replace(microsecond=0) - DAY / 86400)),
    ),
    Fault(
        "not_yet_valid",
        "the leaf is not valid yet",
        Reason.NOT_YET_VALID,
        lambda s: s.grow(leaf=early),
    ),
    Fault("sub2_expired", "sub-CA 2 has expired", Reason.EXPIRED, lambda s: s.grow(sub2=expired)),
    Fault("sub1_expired", "sub-CA 1 has expired", Reason.EXPIRED, lambda s: s.grow(sub1=expired)),
    Fault(
        "sub1_not_yet_valid",
        "sub-CA 1 is not valid yet",
        Reason.NOT_YET_VALID,
        lambda s: s.grow(sub1=early),
    ),
    Fault(
        "wrong_root",
        "the chain ends in a root nobody knows",
        Reason.UNTRUSTED_ROOT,
        lambda s: s.grow(root=breakage.foreign_root(s)),
    ),
    Fault(
        "wrong_root_sent",
        "the unknown root is sent along",
        Reason.UNTRUSTED_ROOT,
        lambda s: breakage.with_root_sent(s.grow(root=breakage.foreign_root(s))),
    ),
    Fault(
        "evil_root",
        "a root with the name of ours and another key",
        Reason.UNTRUSTED_ROOT,
        lambda s: s.grow(root=breakage.evil_root(s)),
    ),
    Fault(
        "evil_root_sent",
        "a root with the name of ours and another key is sent along",
        Reason.UNTRUSTED_ROOT,
        lambda s: breakage.with_root_sent(s.grow(root=breakage.evil_root(s))),
    ),
    Fault("self_signed", "the leaf signed itself", Reason.UNTRUSTED_ROOT, breakage.self_signed),
    Fault("leaf_alone", "no sub-CA was sent", Reason.UNTRUSTED_ROOT, breakage.without(1, 2)),
    Fault("without_sub2", "sub-CA 2 was not sent", Reason.UNTRUSTED_ROOT, breakage.without(1)),
    Fault("without_sub1", "sub-CA 1 was not sent", Reason.UNTRUSTED_ROOT, breakage.without(2)),
    Fault("ring", "two authorities certify each other", Reason.UNTRUSTED_ROOT, breakage.ring),
    Fault("issued_by_leaf", "a leaf issued it", Reason.NOT_AUTHORITY, breakage.issued_by_leaf),
    Fault(
        "sub2_no_authority",
        "sub-CA 2 is no authority",
        Reason.NOT_AUTHORITY,
        lambda s: s.grow(sub2=changed(authority=False, path_length=None)),
    ),
    Fault(
        "sub2_no_constraints",
        "sub-CA 2 has no basic constraints",
        Reason.NOT_AUTHORITY,
        lambda s: s.grow(sub2=changed(authority=None)),
    ),
    Fault(
        "sub1_cannot_sign",
        "the key of sub-CA 1 may not sign certificates",
        Reason.WRONG_USAGE,
        lambda s: s.grow(sub1=used(KeyUse.CRL_SIGN)),
    ),
    Fault(
        "sub2_without_usage",
        "sub-CA 2 has no key usage",
        Reason.WRONG_USAGE,
        lambda s: s.grow(sub2=changed(usage=None)),
    ),
    Fault(
        "path_length",
        "sub-CA 1 has path length 0",
        Reason.PATH_LENGTH,
        lambda s: s.grow(sub1=changed(path_length=0)),
    ),
    Fault(
        "sub2_path_length_open",
        "sub-CA 2 has no path length",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(sub2=changed(path_length=None)),
    ),
    Fault(
        "sub1_path_length_large",
        "sub-CA 1 has path length 5",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(sub1=changed(path_length=5)),
    ),
    Fault("deep", "three sub-CAs", Reason.CHAIN_TOO_LONG, breakage.deep(3)),
    Fault("very_deep", "nine sub-CAs", Reason.CHAIN_TOO_LONG, breakage.deep(9)),
    Fault("bottomless", "thirty sub-CAs", Reason.CHAIN_TOO_LONG, breakage.deep(30)),
    Fault("crowd", "sixty certificates", Reason.CHAIN_TOO_LONG, breakage.crowd),
    Fault(
        "under_root",
        "the root issued the leaf itself",
        Reason.WRONG_PROFILE,
        lambda s: s.leaf_under(s.root),
    ),
    Fault(
        "leaf_flipped", "one bit of the leaf's signature", Reason.BAD_SIGNATURE, breakage.flip_at(0)
    ),
    Fault(
        "sub2_flipped", "one bit of sub-CA 2's signature", Reason.BAD_SIGNATURE, breakage.flip_at(1)
    ),
    Fault(
        "sub1_flipped", "one bit of sub-CA 1's signature", Reason.BAD_SIGNATURE, breakage.flip_at(2)
    ),
    Fault(
        "stranger", "another key signed the leaf", Reason.BAD_SIGNATURE, breakage.signed_by_stranger
    ),
    Fault(
        "misnamed", "the leaf names another issuer", Reason.NAME_MISMATCH, breakage.misnamed_issuer
    ),
    Fault(
        "key_id", "the leaf names another issuer key", Reason.WRONG_PROFILE, breakage.wrong_key_id
    ),
    Fault("rsa", "the leaf has an RSA key", Reason.WRONG_ALGORITHM, breakage.rsa_leaf),
    Fault("p384", "the leaf has a P-384 key", Reason.WRONG_ALGORITHM, breakage.p384_leaf),
    Fault(
        "other_curve",
        "the leaf has another curve",
        Reason.WRONG_ALGORITHM,
        breakage.other_curve_leaf,
    ),
    Fault(
        "p256",
        "the leaf has the key of the older edition",
        Reason.WRONG_ALGORITHM,
        breakage.p256_leaf,
        editions=_ISO20,
    ),
    Fault(
        "rsa_authority", "sub-CA 2 has an RSA key", Reason.WRONG_ALGORITHM, breakage.rsa_authority
    ),
    Fault(
        "wrong_hash",
        "signed with SHA-384",
        Reason.WRONG_ALGORITHM,
        breakage.wrong_hash,
        only=breakage.is_ecdsa,
    ),
    Fault(
        "no_usage",
        "the leaf has no key usage",
        Reason.WRONG_USAGE,
        lambda s: s.grow(leaf=changed(usage=None)),
    ),
    Fault(
        "wrong_usage",
        "the leaf's key may not sign",
        Reason.WRONG_USAGE,
        lambda s: s.grow(leaf=used(_AGREE_ONLY)),
    ),
    Fault(
        "leaf_may_certify",
        "the leaf's key may sign certificates",
        Reason.WRONG_USAGE,
        lambda s: s.grow(leaf=used(_SIGNER | KeyUse.KEY_AGREEMENT | AUTHORITY_USAGE)),
    ),
    Fault(
        "usage_not_critical",
        "the key usage is not critical",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=changed(usage_critical=False)),
    ),
    Fault(
        "sub2_usage_not_critical",
        "the key usage of sub-CA 2 is not critical",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(sub2=changed(usage_critical=False)),
    ),
    Fault(
        "leaf_is_authority",
        "the leaf is an authority",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=changed(authority=True)),
    ),
    Fault(
        "constraints_not_critical",
        "the basic constraints are not critical",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=changed(basic_critical=False)),
    ),
    Fault(
        "wrong_purpose",
        "extended key usage for something else",
        Reason.WRONG_USAGE,
        breakage.wrong_purpose,
    ),
    Fault(
        "domain_missing",
        "no domain component",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=renamed(domain=None)),
        uses=_BOUND,
        editions=_ISO2,
    ),
    Fault(
        "domain_wrong",
        "the domain component of another branch",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=renamed(domain="CPS" if s.use is not Use.CPS else "CPO")),
    ),
    Fault(
        "domain_lower_case",
        "the domain component in small letters",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(
            leaf=renamed(domain=(s.pki.recipe(s.good.name).subject.domain or "").lower())
        ),
        uses=_BOUND,
        editions=_ISO2,
    ),
    Fault(
        "two_names",
        "two common names",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=renamed(more=_TWICE)),
    ),
    Fault(
        "no_emaid",
        "the common name is no eMAID",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=renamed(common_name="Test contract")),
        uses=(Use.CONTRACT,),
    ),
    Fault(
        "vehicle_subject",
        "more than EVCCID and manufacturer in the subject",
        Reason.WRONG_PROFILE,
        lambda s: s.grow(leaf=renamed(country="DE")),
        uses=(Use.VEHICLE,),
    ),
    Fault(
        "wrong_branch",
        "issued in another branch",
        Reason.WRONG_ROOT,
        breakage.other_branch,
        uses=(Use.SECC, Use.CPS, Use.CONTRACT),
    ),
    Fault(
        "critical_extension",
        "a critical extension nobody knows",
        Reason.CRITICAL_EXTENSION,
        lambda s: s.grow(leaf=extended(STRANGE, critical=True)),
    ),
    Fault(
        "sub1_critical_extension",
        "critical name constraints in sub-CA 1",
        Reason.CRITICAL_EXTENSION,
        lambda s: s.grow(sub1=extended(CONSTRAINT, critical=True)),
    ),
    Fault(
        "oversized",
        "larger than the schema allows",
        Reason.OVERSIZED,
        lambda s: s.grow(leaf=with_bulk(s.pki.edition.largest_certificate)),
    ),
    Fault(
        "sub2_oversized",
        "sub-CA 2 is larger than the schema allows",
        Reason.OVERSIZED,
        lambda s: s.grow(sub2=with_bulk(s.pki.edition.largest_certificate)),
    ),
    Fault(
        "huge",
        "a certificate of a hundred thousand octets",
        Reason.OVERSIZED,
        lambda s: s.grow(leaf=with_bulk(100_000)),
    ),
    Fault(
        "huge_name",
        "an organization of four thousand characters",
        Reason.OVERSIZED,
        lambda s: s.grow(leaf=renamed(organization="x" * 4000)),
    ),
)
