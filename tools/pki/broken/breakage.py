"""Ways of breaking a chain that take more than changing one recipe."""

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bsw.crypto import KeyType
from keym.x509.profile import CLIENT_AUTH, SERVER_AUTH, Use
from tools.pki.broken.workshop import Maker, Workshop, changed, renamed, rsa_key
from tools.pki.maker import ROOT_OF, STEMS, root_recipe
from tools.pki.recipe import Entity, generate, issue


def evil_root(shop: Workshop) -> Entity:
    """The name of our root, another key."""
    return issue("evil", root_recipe(shop.pki.plan, ROOT_OF[shop.use]))


def foreign_root(shop: Workshop) -> Entity:
    plan = replace(shop.pki.plan, name="Foreign")
    return issue("foreign", root_recipe(plan, ROOT_OF[shop.use]))


def with_root_sent(leaf: Entity) -> tuple[bytes, ...]:
    return (*leaf.chain, leaf.root.der)


def flipped(octets: bytes, place: int = -8) -> bytes:
    return octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 or len(octets) :]


def flip_at(place: int) -> Maker:
    def make(shop: Workshop) -> tuple[bytes, ...]:
        chain = list(shop.good.chain)
        chain[place] = flipped(chain[place])
        return tuple(chain)

    return make


def without(*places: int) -> Maker:
    def make(shop: Workshop) -> tuple[bytes, ...]:
        return tuple(der for place, der in enumerate(shop.good.chain) if place not in places)

    return make


def other_branch(shop: Workshop) -> Entity:
    """Right in itself, but issued by the authority of another branch."""
    other = Use.CONTRACT if shop.use is not Use.CONTRACT else Use.PROVISIONING
    return shop.leaf_under(shop.pki[STEMS[other][1]])


def issued_by_leaf(shop: Workshop) -> Entity:
    return shop.leaf_under(shop.good)


def deep(levels: int) -> Maker:
    def make(shop: Workshop) -> Entity:
        issuer = shop.root
        recipe = shop.pki.recipe(STEMS[shop.use][0])
        for level in range(levels, 0, -1):
            subject = replace(recipe.subject, common_name=f"Deep {level}")
            step = replace(recipe, subject=subject, path_length=level - 1)
            issuer = shop.pki.issue("deep", step, issuer)
        return shop.leaf_under(issuer)

    return make


def ring(shop: Workshop) -> tuple[bytes, ...]:
    """Two authorities that certify each other, and no root anywhere."""
    plan = replace(shop.pki.plan, name="Ring")
    one = issue("one", replace(root_recipe(plan, ROOT_OF[shop.use]), path_length=None))
    two_recipe = renamed(common_name="Ring 2")(root_recipe(plan, ROOT_OF[shop.use]))
    two = issue("two", two_recipe, one)
    one_again = issue("one", root_recipe(plan, ROOT_OF[shop.use]), two, one.key)
    leaf = shop.leaf_under(one)
    return (leaf.der, one_again.der, two.der)


def crowd(shop: Workshop) -> tuple[bytes, ...]:
    return shop.good.chain * 20


def signed_by_stranger(shop: Workshop) -> tuple[bytes, ...]:
    """Names the right issuer, key identifier and all, but another key signed."""
    issuer = shop.good.issuer
    assert issuer is not None
    stranger = replace(issuer, key=generate(shop.pki.plan.key_type))
    return shop.leaf_under(stranger).chain


def misnamed_issuer(shop: Workshop) -> Entity:
    issuer = shop.pki.recipe(STEMS[shop.use][1]).subject
    return shop.grow(leaf=changed(issuer_name=replace(issuer, common_name="Somebody else")))


def wrong_key_id(shop: Workshop) -> Entity:
    named = x509.AuthorityKeyIdentifier(bytes(20), None, None)
    return shop.grow(leaf=changed(authority_key_id=False, extra=((named, False),)))


def rsa_leaf(shop: Workshop) -> Entity:
    return shop.grow(leaf=lambda recipe: recipe, key=rsa_key())


def p384_leaf(shop: Workshop) -> Entity:
    return shop.grow(leaf=lambda recipe: recipe, key=ec.generate_private_key(ec.SECP384R1()))


def other_curve_leaf(shop: Workshop) -> Entity:
    key_type = KeyType.ED448 if shop.pki.plan.key_type is KeyType.P521 else KeyType.P521
    return shop.grow(leaf=lambda recipe: recipe, key=generate(key_type))


def p256_leaf(shop: Workshop) -> Entity:
    return shop.grow(leaf=lambda recipe: recipe, key=generate(KeyType.P256))


def rsa_authority(shop: Workshop) -> Entity:
    key = rsa_key()
    recipe = shop.pki.recipe(STEMS[shop.use][1])
    authority = shop.pki.issue("rsa", recipe, STEMS[shop.use][0], key)
    return shop.leaf_under(authority)


def wrong_hash(shop: Workshop) -> Entity:
    return shop.grow(leaf=changed(signature_hash=hashes.SHA384()))


def self_signed(shop: Workshop) -> Entity:
    return issue("alone", shop.pki.recipe(shop.good.name))


def wrong_purpose(shop: Workshop) -> Entity:
    wrong = CLIENT_AUTH if shop.use is Use.SECC else SERVER_AUTH
    return shop.grow(leaf=changed(purposes=(wrong,), purposes_critical=True))


def is_ecdsa(shop: Workshop) -> bool:
    return shop.pki.plan.key_type is not KeyType.ED448
