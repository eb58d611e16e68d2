"""Plug & Charge of ISO 15118-2 over TLS: pay, install, update, receipts, and what goes wrong."""

from dataclasses import dataclass, replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from csm.errors import TokenRemoved
from keym.x509.profile import RootKind
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.session.schedules import Plan, Step
from tests.net import worlds
from tools.bench.world.network import NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today

MODES = ["DC_extended", "AC_three_phase_core"]
BOTH = (PaymentOption.CONTRACT, PaymentOption.EXTERNAL)


class Shop:
    """A rig with everything Plug & Charge needs, on simulated sockets with real TLS."""

    def __init__(self, mode: str = "DC_extended", *, contract: bool = True) -> None:
        self.world = worlds.simulated()
        today = Today(self.world.scheduler)
        self.crypto = Crypto(today, self.world.worker, contract=contract)
        self.options = Options(
            mode=mode,
            vehicle_tls=self.crypto.vehicle_tls,
            station_tls=self.crypto.station_tls,
            wallet=self.crypto.wallet,
            desk=self.crypto.desk,
            payment=BOTH,
            certificate_service=True,
        )

    def run(self) -> NetRig:
        rig = NetRig(self.world, self.options)
        rig.plug_in()
        rig.full_after(20 * S)
        rig.run()
        rig.outlet.close()
        rig.electronics.stop()
        return rig


@pytest.mark.parametrize("mode", MODES)
def test_a_contract_pays(mode: str) -> None:
    rig = Shop(mode).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert "PaymentDetailsReq" in rig.names()
    assert rig.charger.last("require_auth_pnc").id_token.value.startswith("DE8AA")
    assert rig.charger.last("selected_payment_option") is PaymentOption.CONTRACT
    assert rig.charger.last("ev_info").tls


UNKNOWN_ROOT = (RootKind.OEM,)


@pytest.mark.parametrize("central", [True, False])
def test_a_contract_of_an_unknown_root_is_judged_elsewhere_where_that_is_allowed(
    *,
    central: bool,
) -> None:
    shop = Shop("AC_three_phase_core")
    shop.crypto.desk.judge = shop.crypto.judge(*UNKNOWN_ROOT)
    rig = NetRig(shop.world, replace(shop.options, central_validation=central))
    rig.plug_in()
    rig.full_after(20 * S)
    rig.run()
    token = rig.charger.last("require_auth_pnc")
    if central:
        assert rig.ending("vehicle") is Ending.TERMINATED
        assert token.certificate.count("BEGIN CERTIFICATE") == 3
        assert rig.charger.last("selected_payment_option") is PaymentOption.CONTRACT
    else:
        assert rig.ending("vehicle") is Ending.REFUSED
        assert rig.results[-1].code == "FAILED_CertChainError"
        assert token is None


def test_what_is_judged_elsewhere_can_still_be_refused_there() -> None:
    shop = Shop("AC_three_phase_core")
    shop.crypto.desk.judge = shop.crypto.judge(*UNKNOWN_ROOT)
    rig = NetRig(shop.world, replace(shop.options, central_validation=True))
    rig.customer_after = None
    rig.charger.subscribe(
        "require_auth_pnc",
        lambda _token: rig.charger.authorization_response(
            authorization_status=AuthorizationStatus.INVALID,
            certificate_status=CertificateStatus.CERTIFICATE_REVOKED,
        ),
    )
    rig.plug_in()
    rig.run()
    assert rig.results[-1].code == "FAILED_CertificateRevoked"


def test_the_chain_stays_here_unless_central_validation_is_allowed() -> None:
    rig = Shop("AC_three_phase_core").run()
    assert rig.charger.last("require_auth_pnc").certificate is None


@pytest.mark.parametrize("mode", MODES)
def test_external_payment_over_tls(mode: str) -> None:
    shop = Shop(mode)
    shop.options = replace(shop.options, payment=(PaymentOption.EXTERNAL,))
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert "PaymentDetailsReq" not in rig.names()


def test_without_tls_no_contract_is_offered_or_chosen() -> None:
    shop = Shop()
    shop.options = replace(shop.options, vehicle_tls=None, station_tls=None)
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert "PaymentDetailsReq" not in rig.names()


@pytest.mark.parametrize("mode", MODES)
def test_a_vehicle_without_a_contract_gets_one_and_pays_with_it(mode: str) -> None:
    shop = Shop(mode, contract=False)
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    order = [name for name in rig.names() if name.startswith(("Cert", "Payment", "Auth"))]
    assert order[:3] == [
        "PaymentServiceSelectionReq",
        "CertificateInstallationReq",
        "PaymentDetailsReq",
    ]
    assert shop.crypto.wallet.contract() is not None
    assert len(shop.crypto.desks.given) == 1


def test_a_contract_that_ends_soon_is_renewed_first() -> None:
    shop = Shop(contract=False)
    shop.crypto.desks.days = 3
    first = shop.run()
    assert first.ending("vehicle") is Ending.TERMINATED
    before = shop.crypto.wallet.contract()
    shop.crypto.desks.days = 700
    shop.options = replace(
        shop.options,
        vehicle_profile=replace(shop.options.vehicle_profile, update_before=2 * 86_400),
    )
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert "CertificateUpdateReq" in rig.names()
    after = shop.crypto.wallet.contract()
    assert before is not None
    assert after is not None
    assert after.expires > before.expires


def test_no_contract_for_this_vehicle_means_external_payment_the_next_time() -> None:
    shop = Shop(contract=False)
    shop.crypto.desks.known = False
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.REFUSED
    assert rig.results[0].code == "FAILED_NoCertificateAvailable"
    rig.state.prefer_contract = False
    rig.electronics.start()
    rig.charger.dlink_ready(value=True)
    rig.drive()
    rig.full_after(20 * S)
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED


@pytest.mark.parametrize("mode", MODES)
def test_receipts_are_demanded_signed_and_verified(mode: str) -> None:
    shop = Shop(mode)
    rig = NetRig(shop.world, shop.options)
    rig.plug_in()
    for seconds in (10, 13, 16):
        rig.scheduler.after(
            seconds * S,
            lambda: rig.charger.receipt_is_required(receipt_required=True),
            name="receipt",
        )
    rig.full_after(20 * S)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.names().count("MeteringReceiptReq") == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (CertificateStatus.CERTIFICATE_REVOKED, "FAILED_CertificateRevoked"),
        (CertificateStatus.CONTRACT_CANCELLED, "FAILED_ContractCanceled"),
        (CertificateStatus.ACCEPTED, "FAILED"),
    ],
)
def test_the_back_end_refuses_the_contract(status: CertificateStatus, code: str) -> None:
    shop = Shop()
    rig = NetRig(shop.world, shop.options)
    rig.customer_after = None
    rig.charger.subscribe(
        "require_auth_pnc",
        lambda _token: rig.charger.authorization_response(
            authorization_status=AuthorizationStatus.BLOCKED, certificate_status=status
        ),
    )
    rig.plug_in()
    rig.run()
    assert rig.results[0].code == code
    assert str(rig.charger.last("hlc_session_failed")) == "AuthorizationFailed"


@dataclass
class Gone:
    """A signer whose token was pulled out."""

    public_key: bytes
    may_block: bool = True

    def sign(self, _data: bytes) -> bytes:
        raise TokenRemoved("pkcs11:vehicle/contract", "put the token back")


def test_a_token_that_breaks_is_named_and_the_session_ends_at_once() -> None:
    shop = Shop()
    good = shop.crypto.wallet.signer_of
    shop.crypto.wallet.signer_of = lambda handle: Gone(good(handle).public_key)
    rig = shop.run()
    assert rig.ending("vehicle") is Ending.KEY_FAULT
    assert "pkcs11:vehicle/contract" in rig.results[0].detail
    assert rig.names()[-1] == "PaymentDetailsReq"


def test_cheap_hours_are_used_when_the_operator_signed_the_prices() -> None:
    shop = Shop("AC_three_phase_core")
    rig = NetRig(shop.world, shop.options)
    rig.schedules.plans = (Plan(1, (Step(0, 11_000.0), Step(7_200, 0.0)), 86_400),)
    rig.plug_in()
    rig.full_after(10 * S)
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
