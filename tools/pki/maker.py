"""Complete test PKIs in memory: every chain of one edition, made in a fraction of a second.

    pki = make(Edition.ISO2, at)
    pki["secc"].chain, pki["secc"].key, pki["v2g_root"].der

Names are those of ``NAMES``.  The recipes follow ``keym.profile``; ``Pki.issue`` makes a further
certificate under an authority of the PKI, which is how tests get their bad ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.x509 import UnrecognizedExtension
from cryptography.x509.oid import ObjectIdentifier

from bsw.crypto import KeyType
from bsw.os.randomness import Randomness
from csm.material import public_of
from keym.x509.edition import Edition
from keym.x509.extensions import ALTERNATE_KEY
from keym.x509.profile import (
    AUTHORITY_USAGE,
    BRANCHES,
    CLIENT_AUTH,
    OCSP_SIGNING,
    ROOT_DOMAINS,
    YEAR,
    Branch,
    KeyUse,
    RootKind,
    Use,
)
from tools.pki.recipe import HOST, Entity, Recipe, Subject, TestKey, issue

EMAID = "DE8AA001234567"
EMAID_WITH_DIGIT = "DE8AA0012345670"
PCID = "WMIP1234567890ABC9"
EVCCID = "WMIV1234567890ABCDE3"
OEM_NAME = "Test OEM"

STEMS = {
    Use.SECC: ("cpo_sub1", "cpo_sub2", "secc"),
    Use.CPS: ("cps_sub1", "cps_sub2", "cps"),
    Use.CONTRACT: ("mo_sub1", "mo_sub2", "contract"),
    Use.PROVISIONING: ("oem_sub1", "oem_sub2", "provisioning"),
    Use.VEHICLE: ("vehicle_sub1", "vehicle_sub2", "vehicle"),
}
ROOT_OF = {
    Use.SECC: RootKind.V2G,
    Use.CPS: RootKind.V2G,
    Use.CONTRACT: RootKind.MO,
    Use.PROVISIONING: RootKind.OEM,
    Use.VEHICLE: RootKind.OEM,
}
ROOTS = (RootKind.V2G, RootKind.OEM, RootKind.MO, RootKind.PRIVATE)
_COMMON_NAMES = {
    Use.SECC: "DE*PWR*E00001*1",
    Use.CPS: "Test CPS",
    Use.CONTRACT: EMAID_WITH_DIGIT,
    Use.PROVISIONING: PCID,
    Use.VEHICLE: EVCCID,
}
_NO_AGREEMENT = KeyUse.KEY_AGREEMENT | KeyUse.KEY_ENCIPHERMENT
"""Uses an Ed448 key cannot serve (RFC 8410)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a PKI is made for.

    ``single_root`` hangs every branch under the V2G root.  ``ocsp_url`` and ``crl_url`` go into
    whatever can be revoked; ``backdate`` is how long ago everything became valid, ``least_days``
    how long everything holds at least, whatever is usual for it.
    """

    edition: Edition
    key_type: KeyType
    at: datetime
    name: str = "Test"
    emaid: str = EMAID_WITH_DIGIT
    pcid: str = PCID
    evccid: str = EVCCID
    single_root: bool = False
    ocsp_url: str | None = "http://[::1]:15180/ocsp"
    crl_url: str | None = None
    backdate: timedelta = timedelta(days=1)
    least_days: int = 0


@dataclass(frozen=True, slots=True)
class Pki:
    """The entities of one edition, by name."""

    plan: Plan
    entities: dict[str, Entity] = field(default_factory=dict, repr=False)
    chance: Randomness = field(default=HOST, repr=False, compare=False)
    """Where keys and serial numbers come from."""

    def __getitem__(self, name: str) -> Entity:
        return self.entities[name]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities.values())

    @property
    def edition(self) -> Edition:
        return self.plan.edition

    @property
    def at(self) -> datetime:
        return self.plan.at

    def root(self, kind: RootKind) -> Entity:
        return self.entities[f"{kind.value}_root"]

    def roots(self) -> dict[RootKind, tuple[bytes, ...]]:
        """The anchors by kind, in DER: what a trust store is filled with."""
        return {kind: (self.root(kind).der,) for kind in ROOTS}

    def issue(
        self, name: str, recipe: Recipe, issuer: str | Entity, key: TestKey | None = None
    ) -> Entity:
        """A further certificate under an authority of this PKI; it is not kept."""
        authority = self[issuer] if isinstance(issuer, str) else issuer
        return issue(name, recipe, authority, key, self.chance)

    def recipe(self, name: str) -> Recipe:
        """The recipe of one of this PKI's certificates, to be varied with ``replace``."""
        recipe = self[name].recipe
        assert recipe is not None
        return recipe


def make(edition: Edition, at: datetime, key_type: KeyType | None = None) -> Pki:
    """A complete PKI that is valid at ``at``, with everything else as it usually is."""
    return build(Plan(edition, key_type or edition.key_types[0], at))


def build(plan: Plan, chance: Randomness = HOST) -> Pki:
    """A complete PKI after a plan of one's own; from a seed it is the same each time."""
    pki = Pki(plan, chance=chance)
    for kind in ROOTS:
        keep(pki, issue(f"{kind.value}_root", root_recipe(plan, kind), chance=chance))
    for use, branch in BRANCHES.items():
        if use is Use.VEHICLE and plan.edition is Edition.ISO2:
            continue  # -2 vehicles show no certificate in TLS
        _build_branch(pki, use, branch)
    private = replace(pki.recipe("secc"), ocsp_url=None, crl_url=None)
    keep(pki, pki.issue("private_secc", private, "private_root"))
    keep(pki, pki.issue("cpo_ocsp", ocsp_signer_recipe(plan, "CPO"), "cpo_sub2"))
    return pki


def succeed(pki: Pki) -> tuple[Pki, Entity]:
    """The PKI after a change of its V2G root, and the certificate that bridges the two.

    The new root has the old one's name and another key, and everything hangs under it anew.  The
    bridge is the new root's key certified by the old root: a station that sends it along reaches
    vehicles that know the old root only, if its chain leaves sub-CA 1 out.
    """
    fresh = build(pki.plan, pki.chance)
    recipe = replace(root_recipe(pki.plan, RootKind.V2G), path_length=1)
    return fresh, issue("v2g_bridge", recipe, pki["v2g_root"], fresh["v2g_root"].key)


def keep(pki: Pki, entity: Entity) -> Entity:
    pki.entities[entity.name] = entity
    return entity


def _build_branch(pki: Pki, use: Use, branch: Branch) -> None:
    kind = RootKind.V2G if pki.plan.single_root else ROOT_OF[use]
    issuer = pki.root(kind)
    first, second, leaf = STEMS[use]
    for level, stem in ((1, first), (2, second)):
        issuer = keep(pki, pki.issue(stem, authority_recipe(pki.plan, branch, level), issuer))
    recipe, key, agreement = leaf_recipe(pki.plan, branch), None, None
    if pki.plan.key_type is KeyType.ED448 and use is Use.CONTRACT:
        key = deliverable_ed448(pki.chance)
    if pki.plan.key_type is KeyType.ED448 and use is Use.PROVISIONING:
        agreement = X448PrivateKey.from_private_bytes(pki.chance.octets(56))
        recipe = replace(recipe, extra=((named_beside(agreement), False),))
    entity = pki.issue(leaf, recipe, issuer, key)
    keep(pki, replace(entity, agreement=agreement))


def deliverable_ed448(chance: Randomness = HOST) -> Ed448PrivateKey:
    """One that fits into the envelope of ISO 15118-20, which has no room for the last octet."""
    return Ed448PrivateKey.from_private_bytes(chance.octets(56) + b"\0")


def named_beside(key: X448PrivateKey) -> UnrecognizedExtension:
    """A second public key in a certificate (subjectAltPublicKeyInfo)."""
    return UnrecognizedExtension(
        ObjectIdentifier(ALTERNATE_KEY), public_of(key.public_key()).spki()
    )


def _span(plan: Plan, days: int) -> tuple[datetime, datetime]:
    start = (plan.at - plan.backdate).replace(microsecond=0)
    return start, start + timedelta(days=max(days, plan.least_days))


def root_recipe(plan: Plan, kind: RootKind) -> Recipe:
    start, end = _span(plan, 10 * YEAR)
    return Recipe(
        subject=Subject(
            f"{plan.name} {kind.name} Root", ROOT_DOMAINS[kind], f"{plan.name} PKI", "DE"
        ),
        valid_from=start,
        valid_until=end,
        key_type=plan.key_type,
        authority=True,
        usage=AUTHORITY_USAGE,
    )


def authority_recipe(plan: Plan, branch: Branch, level: int) -> Recipe:
    """Sub-CA 1 (under the root) or 2 (above the leaf)."""
    start, end = _span(plan, branch.authority_days[level - 1])
    title = f"{plan.name} {branch.authority_title} Sub-CA {level}"
    return Recipe(
        subject=Subject(title, branch.authority_domain, f"{plan.name} PKI", "DE"),
        valid_from=start,
        valid_until=end,
        key_type=plan.key_type,
        authority=True,
        path_length=2 - level,
        usage=AUTHORITY_USAGE,
        ocsp_url=plan.ocsp_url,
        crl_url=plan.crl_url,
    )


def leaf_recipe(plan: Plan, branch: Branch) -> Recipe:
    profile = branch.leaf
    start, end = _span(plan, profile.days)
    usage = profile.usual
    if plan.key_type is KeyType.ED448:
        usage &= ~_NO_AGREEMENT
    newer = plan.edition is Edition.ISO20
    return Recipe(
        subject=_leaf_subject(plan, branch),
        valid_from=start,
        valid_until=end,
        key_type=plan.key_type,
        usage=usage,
        purposes=(CLIENT_AUTH,) if profile.use is Use.VEHICLE else (),
        ocsp_url=plan.ocsp_url,
        crl_url=plan.crl_url,
        short_key_id=newer and profile.use is Use.CONTRACT,
    )


def _leaf_subject(plan: Plan, branch: Branch) -> Subject:
    use = branch.leaf.use
    own = {Use.CONTRACT: plan.emaid, Use.PROVISIONING: plan.pcid, Use.VEHICLE: plan.evccid}
    common_name = own.get(use, _COMMON_NAMES[use])
    if use is Use.VEHICLE:
        return Subject(common_name, organization=OEM_NAME)  # nothing else [V2G20-2598]
    return Subject(common_name, branch.leaf.domain, f"{plan.name} PKI", "DE")


def ocsp_signer_recipe(plan: Plan, title: str) -> Recipe:
    """A delegated responder; it goes under the authority whose certificates it answers for."""
    start, end = _span(plan, 90)
    return Recipe(
        subject=Subject(f"{plan.name} {title} OCSP", None, f"{plan.name} PKI", "DE"),
        valid_from=start,
        valid_until=end,
        key_type=plan.key_type,
        usage=KeyUse.DIGITAL_SIGNATURE,
        purposes=(OCSP_SIGNING,),
    )
