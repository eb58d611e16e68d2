"""The table of certificate profiles, in the words and numbers of the norms."""

import pytest

from bsw.crypto import KeyType
from keym.asking import fetch
from keym.x509.edition import Edition
from keym.x509.profile import (
    BRANCH_DOMAINS,
    BRANCHES,
    MOST_AUTHORITIES,
    PURPOSES,
    ROOT_DOMAINS,
    KeyUse,
    NameRule,
    RootKind,
    Use,
    branch_is_binding,
    domain_is_binding,
)

SIGN, AGREE = KeyUse.DIGITAL_SIGNATURE, KeyUse.KEY_AGREEMENT
WHOLE_CONTRACT = SIGN | KeyUse.NON_REPUDIATION | KeyUse.KEY_ENCIPHERMENT | AGREE
V2G, OEM, MO, CPS, PRIVATE = RootKind
LEAVES = {
    Use.SECC: ("CPO", SIGN, SIGN | AGREE, NameRule.TEXT, 60, "1.3.6.1.5.5.7.3.1"),
    Use.CPS: ("CPS", SIGN, SIGN, NameRule.TEXT, 90, None),
    Use.CONTRACT: ("MO", SIGN, WHOLE_CONTRACT, NameRule.EMAID, 730, None),
    Use.PROVISIONING: ("OEM", SIGN | AGREE, SIGN | AGREE, NameRule.PCID, 1460, None),
    Use.VEHICLE: ("OEM", SIGN, SIGN, NameRule.EVCCID, 1460, "1.3.6.1.5.5.7.3.2"),
}
ABOVE = {
    Use.SECC: ("V2G", (1460, 365), (V2G, PRIVATE), frozenset({"V2G", "CPO"})),
    Use.CPS: ("CPS", (1460, 730), (V2G, CPS), frozenset({"CPS"})),
    Use.CONTRACT: ("MO", (1460, 1460), (MO, V2G), frozenset({"MO"})),
    Use.PROVISIONING: ("OEM", (2920, 2190), (OEM, V2G), frozenset({"OEM"})),
    Use.VEHICLE: ("OEM", (2920, 2190), (OEM, V2G), frozenset({"OEM"})),
}


def test_the_bits_of_key_usage_stand_in_the_order_of_rfc_5280() -> None:
    assert [one.value for one in KeyUse] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert [one.name for one in KeyUse] == [
        *("DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT"),
        *("KEY_AGREEMENT", "KEY_CERT_SIGN", "CRL_SIGN", "ENCIPHER_ONLY", "DECIPHER_ONLY"),
    ]


@pytest.mark.parametrize("use", Use)
def test_a_leaf_is_as_the_norm_has_it(use: Use) -> None:
    leaf = BRANCHES[use].leaf
    assert leaf.use is use
    facts = (leaf.domain, leaf.demanded, leaf.usual, leaf.common_name, leaf.days, leaf.purpose)
    assert facts == LEAVES[use]


@pytest.mark.parametrize("use", Use)
def test_an_authority_is_as_the_norm_has_it(use: Use) -> None:
    branch = BRANCHES[use]
    facts = (branch.authority_domain, branch.authority_days, branch.anchors, branch.own_domains)
    assert facts == ABOVE[use]


def test_a_chain_has_at_most_two_authorities_and_roots_say_what_they_are() -> None:
    assert MOST_AUTHORITIES == 2
    assert {kind.name: domain for kind, domain in ROOT_DOMAINS.items()} == {
        **{name: name for name in ("V2G", "OEM", "MO", "CPS")},
        "PRIVATE": None,
    }
    assert {"V2G", "CPO", "CPS", "OEM", "MO"} == BRANCH_DOMAINS
    assert len(PURPOSES) == 6


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("edition", Edition)
def test_who_signs_for_money_or_a_vehicle_says_so_in_either_edition(
    use: Use, edition: Edition
) -> None:
    older = edition is Edition.ISO2
    assert domain_is_binding(edition) is older
    assert branch_is_binding(use, edition) is (older or use is not Use.SECC)


def test_sizes_and_keys_of_both_editions() -> None:
    older, newer = Edition.ISO2, Edition.ISO20
    assert (older.largest_certificate, newer.largest_certificate) == (800, 1600)
    assert older.key_types == (KeyType.P256,)
    assert newer.key_types == (KeyType.P521, KeyType.ED448)
    assert [Edition.of(kind) for kind in (KeyType.P256, KeyType.P521, KeyType.ED448)] == [
        older,
        newer,
        newer,
    ]
    assert (fetch.MOST_ADDRESSES, fetch.LONGEST_ADDRESS, fetch.NONCE_OCTETS) == (4, 200, 16)
