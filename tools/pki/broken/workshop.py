"""Growing a chain anew with something changed in it: the bench on which bad chains are made."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ObjectIdentifier

from keym.x509.profile import KeyUse, Use
from tools.pki.maker import STEMS, Pki
from tools.pki.recipe import Entity, Recipe, TestKey

DAY = timedelta(days=1)
Change = Callable[[Recipe], Recipe]


@dataclass(frozen=True, slots=True)
class Workshop:
    """Makes chains for one use of one PKI."""

    pki: Pki
    use: Use

    @property
    def at(self) -> datetime:
        return self.pki.at

    @property
    def root(self) -> Entity:
        return self.good.root

    @property
    def good(self) -> Entity:
        return self.pki[STEMS[self.use][2]]

    def grow(
        self,
        *,
        leaf: Change | None = None,
        sub2: Change | None = None,
        sub1: Change | None = None,
        root: Entity | None = None,
        key: TestKey | None = None,
    ) -> Entity:
        """The chain anew from the highest change down; returns its leaf."""
        issuer = root or self.root
        fresh = root is not None
        for stem, change in zip(STEMS[self.use], (sub1, sub2, leaf), strict=True):
            recipe = self.pki.recipe(stem)
            fresh = fresh or change is not None
            last = stem == STEMS[self.use][2]
            if not fresh and not last:
                issuer = self.pki[stem]
            else:
                changed = change(recipe) if change is not None else recipe
                issuer = self.pki.issue(stem, changed, issuer, key if last else None)
        return issuer

    def leaf_under(self, issuer: Entity, change: Change | None = None) -> Entity:
        recipe = self.pki.recipe(self.good.name)
        return self.pki.issue("leaf", change(recipe) if change else recipe, issuer)


Maker = Callable[[Workshop], Entity | tuple[bytes, ...]]
"""Gives the leaf of a chain, or the chain as it shall be sent."""


def expired(recipe: Recipe) -> Recipe:
    return replace(recipe, valid_until=recipe.valid_from + timedelta(hours=1))


def early(recipe: Recipe) -> Recipe:
    return replace(recipe, valid_from=recipe.valid_from + 30 * DAY)


def changed(**fields: object) -> Change:
    def apply(recipe: Recipe) -> Recipe:
        return replace(recipe, **fields)  # type: ignore[arg-type]  # named by the caller's table

    return apply


def renamed(**fields: object) -> Change:
    def apply(recipe: Recipe) -> Recipe:
        subject = replace(recipe.subject, **fields)  # type: ignore[arg-type]  # as above
        return replace(recipe, subject=subject)

    return apply


def used(usage: KeyUse) -> Change:
    return changed(usage=usage)


def extended(extension: x509.ExtensionType, *, critical: bool) -> Change:
    return changed(extra=((extension, critical),))


def with_bulk(octets: int) -> Change:
    """A harmless private extension that makes the certificate large."""
    bulk = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), bytes(octets))
    return extended(bulk, critical=False)


STRANGE = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.2"), b"\x05\x00")
CONSTRAINT = x509.NameConstraints([x509.DNSName("example.invalid")], None)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One for all: making it takes longer than a whole PKI."""
    return rsa.generate_private_key(65537, 2048)
