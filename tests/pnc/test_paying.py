"""What a vehicle of ISO 15118-20 tries to pay with, and what after each refusal."""

from dataclasses import dataclass, field

from evcc.session.paying import UNKNOWN_PROVIDER, Offer, Paying, Step
from evcc.session.ports import ContractFacts

ALL = Offer(contract=True, external=True, installation=True)
FIRST, SECOND = (ContractFacts(f"DE8AA00000000{n}", (bytes((n,)),), 0) for n in (1, 2))


@dataclass
class Car:
    contracts: list[ContractFacts] = field(default_factory=list)
    soon: set[str] = field(default_factory=set)
    ordered: bool = False

    def paying(self, offer: Offer = ALL) -> Paying:
        return Paying(
            offer,
            lambda: tuple(self.contracts),
            lambda one: one.emaid in self.soon,
            lambda: self.ordered,
        )


def test_a_contract_pays_where_it_is_offered() -> None:
    assert Car([FIRST, SECOND]).paying().next() == (Step.CONTRACT, FIRST)
    without = Offer(external=True, installation=True)
    assert Car([FIRST]).paying(without).next() == (Step.EXTERNAL, None)


def test_each_contract_is_tried_once_then_new_ones_are_asked_for_then_a_person_pays() -> None:
    car = Car([FIRST, SECOND])
    paying = car.paying()
    paying.contract_refused(FIRST, "WARNING_CertificateExpired")
    assert paying.next() == (Step.CONTRACT, SECOND)
    paying.contract_refused(SECOND, "WARNING_CertificateRevoked")
    assert paying.next() == (Step.INSTALL, None)
    paying.asked_for_contracts()
    assert paying.next() == (Step.EXTERNAL, None)
    paying.external_refused()
    assert paying.next() == (Step.NOTHING, None)


def test_what_was_installed_pays() -> None:
    car = Car()
    paying = car.paying()
    assert paying.next() == (Step.INSTALL, None)
    paying.asked_for_contracts()
    car.contracts.append(FIRST)
    assert paying.next() == (Step.CONTRACT, FIRST)


def test_a_contract_that_ends_soon_or_an_order_asks_for_another_first() -> None:
    car = Car([FIRST], soon={FIRST.emaid})
    paying = car.paying()
    assert paying.next() == (Step.INSTALL, None)
    paying.asked_for_contracts()
    assert paying.next() == (Step.CONTRACT, FIRST)
    assert Car([FIRST], ordered=True).paying().next() == (Step.INSTALL, None)
    without = Offer(contract=True, external=True)
    assert Car([FIRST], ordered=True).paying(without).next() == (Step.CONTRACT, FIRST)


def test_an_unknown_provider_allows_one_more_installation() -> None:
    """[V2G20-2224]; once, or the two would go round for ever."""
    car = Car([FIRST], soon={FIRST.emaid})
    paying = car.paying()
    paying.asked_for_contracts()
    paying.contract_refused(FIRST, UNKNOWN_PROVIDER)
    assert paying.next() == (Step.INSTALL, None)
    paying.asked_for_contracts()
    car.contracts.append(SECOND)
    paying.contract_refused(SECOND, UNKNOWN_PROVIDER)
    assert paying.next() == (Step.EXTERNAL, None)


def test_without_anything_offered_nothing_is_tried() -> None:
    assert Car([FIRST]).paying(Offer()).next() == (Step.NOTHING, None)
    assert Car().paying(Offer(contract=True)).next() == (Step.NOTHING, None)
