from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from csm.handles import KeyHandle
from keym.calendar import Moment
from keym.keeping.contracts import Wish, choose
from keym.keeping.entry import Credential
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, check_digit
from keym.x509.profile import Use
from tests.keym.world import AT, pki_of
from tools.pki.broken.workshop import DAY, Workshop, renamed
from tools.pki.recipe import Recipe

NOW = Moment(AT)


def contract(
    emaid: str, *, priority: int = 100, kind: str = "iso2", days: int = 700, starts: int = -1
) -> Credential:
    shop = Workshop(pki_of(kind), Use.CONTRACT)

    def change(recipe: Recipe) -> Recipe:
        dated = replace(recipe, valid_from=AT + starts * DAY, valid_until=AT + days * DAY)
        return renamed(common_name=emaid)(dated)

    chain = tuple(map(parse, shop.grow(leaf=change).chain))
    key = KeyHandle("software", f"contract-{emaid}")
    return Credential(Use.CONTRACT, pki_of(kind).edition, chain, key, priority)


def id_of(number: int, provider: str = "DE8AA") -> str:
    text = f"{provider}{number:09}"
    return text + check_digit(text)


def test_the_first_in_the_drivers_order_is_taken() -> None:
    second, first = contract(id_of(1), priority=2), contract(id_of(2), priority=1)
    choice = choose((second, first), Wish(Edition.ISO2), NOW)
    assert choice.contract == first
    assert not choice.renew


def test_of_equals_the_one_that_lasts_longest_is_taken() -> None:
    short, long = contract(id_of(1), days=30), contract(id_of(2), days=300)
    assert choose((short, long), Wish(Edition.ISO2), NOW).contract == long


def test_the_contract_the_driver_names_is_taken_or_none() -> None:
    contracts = contract(id_of(1)), contract(id_of(2))
    wish = Wish(Edition.ISO2, emaid=Emaid.parse("de-8aa-000000002"))
    assert choose(contracts, wish, NOW).contract == contracts[1]
    other = Wish(Edition.ISO2, emaid=Emaid.parse(id_of(3)))
    choice = choose(contracts, other, NOW)
    assert choice.contract is None
    assert {one.why for one in choice.passed_over} == {"another contract is wanted"}


@pytest.mark.parametrize("listed", [("NLTNM", "DE8AA"), ("DE-8AA",), ("de8aa",), ("8AA",)])
def test_only_providers_the_station_serves_are_used(listed: tuple[str, ...]) -> None:
    mine, other = contract(id_of(1), priority=9), contract(id_of(1, "FRXYZ"), priority=1)
    assert choose((mine, other), Wish(Edition.ISO2, listed), NOW).contract == mine


def test_an_empty_list_of_providers_serves_nobody_and_no_list_everybody() -> None:
    mine = contract(id_of(1))
    assert choose((mine,), Wish(Edition.ISO2, ()), NOW).contract is None
    assert choose((mine,), Wish(Edition.ISO2, None), NOW).contract == mine


def test_the_contract_under_the_stations_root_comes_first() -> None:
    pki = pki_of("iso2")
    mine, other = contract(id_of(1), priority=9), contract(id_of(2), priority=1)
    shop = Workshop(pki, Use.CONTRACT)
    under_v2g = pki.issue("sub1", pki.recipe("mo_sub1"), "v2g_root")
    sub2 = pki.issue("sub2", pki.recipe("mo_sub2"), under_v2g)
    chain = tuple(map(parse, shop.leaf_under(sub2, renamed(common_name=id_of(1))).chain))
    mine = replace(mine, chain=chain)
    roots = (parse(pki["v2g_root"].der),)
    assert choose((mine, other), Wish(Edition.ISO2, roots=roots), NOW).contract == mine
    assert choose((mine, other), Wish(Edition.ISO2), NOW).contract == other


PASSED: list[tuple[Callable[[], Credential], str]] = [
    (lambda: contract(id_of(1), days=0), "expired"),
    (lambda: contract(id_of(1), starts=1), "not valid yet"),
    (lambda: contract(id_of(1), kind="iso20-p521"), "keys are of iso20"),
    (lambda: contract("none"), "no eMAID"),
]


@pytest.mark.parametrize(("made", "why"), PASSED)
def test_what_cannot_be_used_is_passed_over_with_a_reason(
    made: Callable[[], Credential], why: str
) -> None:
    moment = Moment(AT + timedelta(seconds=1))
    choice = choose((made(),), Wish(Edition.ISO2), moment)
    assert choice.contract is None
    assert why in choice.passed_over[0].why


def test_a_contract_near_its_end_wants_renewal() -> None:
    ending = contract(id_of(1), days=20)
    assert choose((ending,), Wish(Edition.ISO2), NOW).renew
    assert not choose((ending,), Wish(Edition.ISO2), NOW, renew_within=10 * DAY).renew


def test_without_trusted_time_the_station_has_to_judge_the_dates() -> None:
    old = contract(id_of(1), days=0)
    choice = choose((old,), Wish(Edition.ISO2), Moment(AT + 9 * DAY, trusted=False))
    assert choice.contract == old
    assert not choice.renew


def test_no_contracts_are_no_choice() -> None:
    choice = choose((), Wish(Edition.ISO20), NOW)
    assert (choice.contract, choice.passed_over) == (None, ())
