"""Where contracts alone pay, nobody charges without one: no plain TCP, no DIN, no way around."""

from dataclasses import replace
from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from bsw.sdp.messages import Security
from secc.api.literals import PaymentOption
from secc.config import SeccConfig
from tests.session.visits import Visits, ask, authorize, leave, set_up
from tools.conformance.bench import AC, DC, Deviation, Setup
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

ALONE = Setup(mode=AC, tls=True, contract=True, only_contract=True)
BOTH_PROFILES = pytest.mark.parametrize("profile", ["conformance", "field"])


def told(visits: Visits, *options: PaymentOption) -> None:
    visits.lab.charger.session_setup(
        payment_options=list(options),
        supported_certificate_service=False,
        central_contract_validation_allowed=False,
    )


def plain_port(visits: Visits) -> int | None:
    offer = visits.lab.outlet.offer
    assert offer is not None
    return offer.plain


@BOTH_PROFILES
def test_plain_tcp_is_not_served(profile: str) -> None:
    visits = Visits(ALONE, profile)
    offer = visits.lab.outlet.offer
    assert offer is not None
    assert (offer.plain, offer.tls is not None) == (None, True)
    found = VehicleTester(visits.lab).discover(Security.NONE)
    assert found is not None
    assert found.security is Security.TLS


@BOTH_PROFILES
@pytest.mark.parametrize("protocol", ["iso2", "din"])
def test_a_connection_that_is_there_already_pays_nothing(protocol: str, profile: str) -> None:
    visits = Visits(Setup(mode=DC, protocol=protocol), profile)
    walk = visits.come()
    set_up(walk)
    told(visits, PaymentOption.CONTRACT)
    assert ask(walk, "ServiceDiscovery") == "FAILED"
    assert visits.lab.outlet.results[-1].code == "FAILED"


@BOTH_PROFILES
@pytest.mark.parametrize("protocol", ["iso2", "din"])
def test_what_was_offered_before_cannot_be_selected_any_more(protocol: str, profile: str) -> None:
    visits = Visits(Setup(mode=DC, protocol=protocol), profile)
    walk = visits.come()
    set_up(walk)
    ask(walk, "ServiceDiscovery")
    told(visits, PaymentOption.CONTRACT)
    assert ask(walk, "PaymentServiceSelection") == "FAILED_PaymentSelectionInvalid"


@BOTH_PROFILES
def test_over_tls_external_payment_is_not_to_be_had(profile: str) -> None:
    visits = Visits(ALONE, profile)
    walk = visits.come()
    set_up(walk)
    ask(walk, "ServiceDiscovery")
    offered = walk.iso2.heard["ServiceDiscovery"].payment_option_list.payment_option
    assert [one.value for one in offered] == ["Contract"]
    visits.lab.setup = replace(visits.lab.setup, contract=False)
    other = Walk(visits.lab, walk.tester)
    other.iso2.heard = walk.iso2.heard
    assert ask(other, "PaymentServiceSelection") == "FAILED_PaymentSelectionInvalid"


def test_din_is_not_agreed_where_contracts_alone_pay() -> None:
    visits = Visits(Setup(mode=DC))
    visits.lab.charger.state.payment_options = (PaymentOption.CONTRACT,)
    with pytest.raises(Deviation, match="the protocol din was not agreed"):
        visits.come(Setup(mode=DC, protocol="din"))


def test_the_doors_follow_what_the_back_end_offers() -> None:
    visits = Visits(replace(ALONE, only_contract=False))
    outlet = visits.lab.outlet
    walk = visits.come()
    set_up(walk)
    told(visits, PaymentOption.CONTRACT)
    assert plain_port(visits) is None
    assert outlet.session is not None, "a session that runs stays"
    assert authorize(walk) == "Ongoing"
    leave(walk)
    told(visits, PaymentOption.EXTERNAL)
    assert plain_port(visits) is not None
    assert visits.come().tester.discover(Security.NONE) is not None


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("payment: [Contract]", "session.payment", "contracts need TLS"),
        ("payment: [Contract], tls: true, plain: true", "session.plain", "they need TLS"),
        (
            "payment: [Contract], tls: true, protocols: [din]",
            "session.protocols",
            "DIN 70121 knows no contracts",
        ),
        ("plain: false", "session.plain", "neither plain TCP nor TLS is served"),
    ],
)
def test_check_says_what_contradicts(text: str, key: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "secc.yaml"
    path.write_text(f"session: {{{text}}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(SeccConfig, (path,))
    assert key in str(caught.value)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("payment: [Contract], tls: true", False),
        ("payment: [Contract, ExternalPayment], tls: true", True),
        ("payment: [ExternalPayment], tls: true, plain: false", False),
        ("tls: false", True),
    ],
)
def test_plain_tcp_follows_the_payment(text: str, *, plain: bool, tmp_path: Path) -> None:
    path = tmp_path / "secc.yaml"
    path.write_text(f"session: {{{text}}}\n", encoding="utf-8")
    assert load(SeccConfig, (path,)).config.session.serves_plain is plain
