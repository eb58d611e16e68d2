"""Whole sessions of ISO 15118-20 that pay by contract: what is tried, what each finding answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from operator import and_, or_
from types import SimpleNamespace
from typing import Any

import pytest

from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.endings import Ending
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.messages.model import Message
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from bsw.crypto import KeyType
from bsw.north.command import CommandError
from bsw.os.clock import MS, S
from csm.handles import KeyHandle
from csm.randomness import SeededRandomness
from csm.signing import KeySigner
from evcc.schedules import choosing
from evcc.session.ports import ContractFacts
from keym.judging.verdict import Finding, Rule
from keym.judging.verdict import Verdict as ChainVerdict
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.session.handlers.iso20.authorization import Authorization as StationAuthorization
from tests.pnc.messages import ISO20_MESSAGES, schedules
from tests.pnc.newer import Sides, judge
from tests.pnc.world import HEADER, World
from tools.bench.world.direct import Rig

FIRST, SECOND = "DE8AA000000001", "DE8AA000000002"
BOTH = (PaymentOption.CONTRACT, PaymentOption.EXTERNAL)
Forge = Callable[[Heard], Heard]


class Town:
    """A rig whose vehicle has keys and whose station has a desk."""

    def __init__(
        self,
        application: str = "iso20-dc",
        mode: str = "DC",
        *,
        world: World | None = None,
        payment: tuple[PaymentOption, ...] = BOTH,
        service: bool = True,
        providers: tuple[str, ...] = (),
    ) -> None:
        self.rig = rig = Rig(application, mode=mode, secure=True)
        self.sides = Sides(world, scheduler=rig.scheduler, providers=providers)
        rig.car.newer_wallet = self.sides.wallet
        self.sides.wallet.listen(lambda detail: rig.car.fail(Ending.KEY_FAULT, detail))
        rig.station.newer_desk = self.sides.desk
        rig.charger.session_setup(
            payment_options=list(payment),
            supported_certificate_service=service,
            central_contract_validation_allowed=False,
        )
        self.answer: tuple[AuthorizationStatus, CertificateStatus] | None = (
            AuthorizationStatus.ACCEPTED,
            CertificateStatus.ACCEPTED,
        )
        self.asked: list[Any] = []
        rig.charger.subscribe("require_auth_pnc", self._ask_back_end)

    def _ask_back_end(self, token: Any) -> None:  # noqa: ANN401 - a variable of the interface
        self.asked.append(token)
        if self.answer is None:
            return
        status, certificate = self.answer

        def verdict() -> None:
            self.rig.charger.authorization_verdict(
                request_id=token.request_id,
                authorization_status=status,
                certificate_status=certificate,
            )

        self.rig.scheduler.after(300 * MS, verdict, name="back end")

    def run(self, full: int = 30 * S) -> "Town":
        self.rig.at(full, lambda: setattr(self.rig.state, "charging_complete", True))
        self.rig.run()
        return self

    @property
    def codes(self) -> list[str]:
        """What the station answered to AuthorizationReq, without repetitions of Ongoing."""
        return [
            body.response_code.value
            for body in self.rig.bodies("AuthorizationRes")
            if body.evse_processing is Processing.FINISHED
        ]

    @property
    def payments(self) -> list[str]:
        """How the vehicle wanted to pay, one after the other."""
        wanted = [
            body.selected_authorization_service.value
            for body in self.rig.bodies("AuthorizationReq")
        ]
        return [one for place, one in enumerate(wanted) if wanted[:place][-1:] != [one]]

    def charged(self) -> bool:
        endings = {self.rig.ending("vehicle"), self.rig.ending("station")}
        loops = [name for name in self.rig.names("vehicle") if name.endswith("ChargeLoopReq")]
        return endings == {Ending.TERMINATED} and len(loops) > 20


@pytest.mark.parametrize(
    ("application", "mode"), [("iso20-dc", "DC"), ("iso20-ac", "AC_three_phase_core")]
)
def test_a_contract_pays(application: str, mode: str) -> None:
    town = Town(application, mode)
    town.sides.own()
    town.run()
    assert town.charged()
    assert town.codes == ["OK"]
    assert town.payments == ["PnC"]
    (token,) = town.asked
    assert token.id_token.value == town.sides.wallet.contracts(None)[0].emaid
    # leaf, sub-CA 2, and sub-CA 1, whose issuer is our root
    assert len(token.iso15118CertificateHashData) == 3
    assert town.rig.car.paid_by == town.sides.wallet.contracts(None)[0]
    assert town.rig.view.payment == "Contract"


def test_it_is_signed_once_and_repeated_unaltered_but_for_its_time() -> None:
    """[V2G20-1582]"""
    town = Town()
    town.sides.own()
    town.run()
    requests = town.rig.bodies("AuthorizationReq")
    assert len(requests) > 2
    still = {replace_time(one) for one in requests}
    assert len(still) == 1


def replace_time(request: common.AuthorizationReq) -> common.AuthorizationReq:
    return request.replace(header=request.header.replace(time_stamp=0))


def test_an_ed448_contract_pays() -> None:
    town = Town(world=World(edition=Edition.ISO20, key_type=KeyType.ED448))
    town.sides.own()
    assert town.run().charged()
    signature = town.rig.bodies("AuthorizationReq")[0].header.signature
    assert signature.signed_info.signature_method.algorithm.endswith(":xmldsig#Ed448")


def test_the_set_up_says_what_is_offered() -> None:
    """[V2G20-2568], [V2G20-2567]: one element or the other, never both."""
    for payment, names, installs in (
        (BOTH, ["PnC", "EIM"], True),
        ((PaymentOption.EXTERNAL,), ["EIM"], False),
        ((PaymentOption.CONTRACT,), ["PnC"], True),
    ):
        town = Town(payment=payment, providers=("DE8AA",))
        town.sides.own()
        (response,) = town.run().rig.bodies("AuthorizationSetupRes")
        assert town.charged()
        assert [one.value for one in response.authorization_services] == names
        assert response.certificate_installation_service is installs
        pnc = response.pnc_as_res_authorization_mode
        assert (pnc is None) is (response.eim_as_res_authorization_mode is not None)
        if pnc is not None:
            assert len(pnc.gen_challenge) == 16
            assert pnc.supported_providers.provider_id == ("DE8AA",)


def test_no_challenge_comes_twice() -> None:
    """[V2G20-2608], [V2G20-2108]: 128 bits of the ECU's generator, and each bit is used."""
    station = Town().rig.station
    authorization = StationAuthorization(station)
    request = Heard(bytes(8), None)
    drawn = [
        authorization.answer_authorization_setup(request).body.pnc_as_res_authorization_mode
        for _ in range(500)
    ]
    challenges = {one.gen_challenge for one in drawn}
    assert len(challenges) == 500
    seen = [int.from_bytes(one, "big") for one in challenges]
    assert reduce(or_, seen) == 2**128 - 1
    assert reduce(and_, seen) == 0


# Contracts from the station


def test_a_vehicle_without_contracts_fetches_all_and_pays_with_one() -> None:
    town = Town()
    offered = town.sides.offer(FIRST, SECOND)
    town.run()
    assert town.charged()
    names = town.rig.names("vehicle")
    assert names.count("CertificateInstallationReq") == 2
    assert town.payments == ["PnC"]
    kept = {one.ders for one in town.sides.keym.store.credentials(Use.CONTRACT)}
    assert kept == {one.chain for one in offered}


def test_without_a_contract_for_it_the_vehicle_pays_by_external_means() -> None:
    town = Town().run()
    (response,) = town.rig.bodies("CertificateInstallationRes")
    assert response.response_code is ResponseCode.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND
    assert town.payments == ["EIM"]
    assert town.charged()


def test_a_delivery_that_is_not_believed_costs_the_contract_and_not_the_charge() -> None:
    town = Town()
    town.sides.offer(FIRST)

    def twist(heard: Heard) -> Heard:
        if not isinstance(heard.body, common.CertificateInstallationRes):
            return heard
        data = heard.body.signed_installation_data
        blob = bytes(94) if data.secp521_encrypted_private_key else b""
        changed = data.replace(secp521_encrypted_private_key=blob)
        return replace(heard, body=heard.body.replace(signed_installation_data=changed))

    town.rig.twist = twist
    town.run()
    assert town.charged()
    assert town.payments == ["EIM"]
    assert town.sides.wallet.contracts(None) == ()


def test_without_anything_else_to_pay_with_it_ends_the_session() -> None:
    town = Town(payment=(PaymentOption.CONTRACT,))
    town.run()
    assert town.rig.results["vehicle"].ending is Ending.REFUSED
    assert "AuthorizationReq" not in town.rig.names("vehicle")


class SlowDesk:
    """A back end that takes its time, or never answers."""

    def __init__(self, town: Town, after: int | None) -> None:
        self.town, self.after, self.asked = town, after, 0
        self._inner = town.sides.desk

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all but one go on to the desk
        return getattr(self._inner, name)

    def install(self, heard: Heard) -> Later[Said]:
        self.asked += 1
        promise: Later[Said] = Later()

        def now() -> None:
            self._inner.install(heard).then(promise.resolve)

        if self.after is not None:
            self.town.rig.scheduler.after(self.after, now, name="slow back end")
        return promise


@pytest.mark.parametrize("seconds", [3, 5, 20])
def test_a_slow_back_end_is_asked_once_and_waited_for(seconds: int) -> None:
    """[V2G20-1972]"""
    town = Town()
    town.sides.offer(FIRST)
    desk = SlowDesk(town, seconds * S)
    town.rig.station.newer_desk = desk
    town.run()
    assert town.charged()
    assert desk.asked == 1
    ongoing = [
        body
        for body in town.rig.bodies("CertificateInstallationRes")
        if body.evse_processing is Processing.ONGOING
    ]
    assert bool(ongoing) is (seconds > 4)
    assert town.payments == ["PnC"]


def test_a_back_end_that_never_answers_ends_in_a_warning_and_the_session_goes_on() -> None:
    """[V2G20-2207]"""
    town = Town()
    town.rig.station.newer_desk = SlowDesk(town, None)
    town.run(full=90 * S)
    last = town.rig.bodies("CertificateInstallationRes")[-1]
    assert last.response_code is ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE
    assert last.evse_processing is Processing.FINISHED
    assert town.payments == ["EIM"]
    assert town.charged()


# What the station finds


def test_a_contract_out_of_date_is_followed_by_the_next_one() -> None:
    """The station's clock is ahead of the vehicle's."""
    town = Town(service=False)
    ends = town.sides.world.calendar.at + timedelta(hours=1)
    town.sides.own(town.sides.contract(FIRST, valid_until=ends), priority=1)
    town.sides.own(town.sides.contract(SECOND), priority=2)
    ahead = World(edition=Edition.ISO20)
    ahead.calendar.at += timedelta(hours=2)
    town.sides.desk.judge = judge(ahead, RootKind.V2G, RootKind.MO)
    town.run()
    assert town.charged()
    assert town.payments == ["PnC"]
    assert town.codes == ["WARNING_CertificateExpired", "OK"]
    assert len(town.asked) == 1, "the back end is asked about what the station believes"


def test_one_that_ends_soon_pays_and_is_told() -> None:
    town = Town(service=False)
    ends = town.sides.world.calendar.at + timedelta(days=5)
    town.sides.own(town.sides.contract(FIRST, valid_until=ends))
    town.run()
    assert town.charged()
    assert town.codes == ["OK_CertificateExpiresSoon"]


@pytest.mark.parametrize("service", [True, False])
def test_a_contract_of_a_provider_nobody_serves_gives_way(*, service: bool) -> None:
    """[V2G20-2224]: contracts may be asked for; without them the customer pays."""
    town = Town(service=service)
    town.sides.own(town.sides.contract(SECOND))
    town.sides.desk.judge = judge(town.sides.world, RootKind.V2G, RootKind.OEM)
    town.run()
    assert town.charged()
    assert town.payments == ["PnC", "EIM"]
    assert town.codes == ["WARNING_eMSPUnknown", "OK"]
    assert ("CertificateInstallationReq" in town.rig.names("vehicle")) is service


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (CertificateStatus.ACCEPTED, "WARNING_GeneralPnCAuthorizationError"),
        (CertificateStatus.CERTIFICATE_REVOKED, "WARNING_CertificateRevoked"),
        (CertificateStatus.CERTIFICATE_EXPIRED, "WARNING_CertificateExpired"),
        (CertificateStatus.NO_CERTIFICATE_AVAILABLE, "WARNING_NoCertificateAvailable"),
        (CertificateStatus.CERT_CHAIN_ERROR, "WARNING_CertificateValidationError"),
        (CertificateStatus.SIGNATURE_ERROR, "WARNING_CertificateValidationError"),
        (CertificateStatus.CONTRACT_CANCELLED, "WARNING_GeneralPnCAuthorizationError"),
    ],
)
def test_what_the_back_end_refuses_is_a_warning_and_the_customer_pays(
    certificate: CertificateStatus, code: str
) -> None:
    town = Town(service=False)
    town.sides.own()
    town.answer = AuthorizationStatus.INVALID, certificate
    town.run()
    assert town.charged()
    assert town.payments == ["PnC", "EIM"]
    assert town.codes == [code, "OK"]


def test_a_back_end_that_is_silent_ends_the_session_before_the_vehicle_does() -> None:
    """[V2G20-2102]"""
    town = Town(service=False)
    town.sides.own()
    town.answer = None
    town.run(full=90 * S)
    assert town.rig.bodies("AuthorizationRes")[-1].response_code is ResponseCode.FAILED
    assert town.rig.ending("station") is Ending.ONGOING_TIMEOUT


@pytest.mark.parametrize("revoked", [True, False])
def test_responders_are_asked_before_a_contract_is_granted(*, revoked: bool) -> None:
    """[V2G20-1240]: the chain is sound; whether it was taken back is known a second later."""
    town = Town(service=False)
    town.sides.own()
    desk, scheduler = town.sides.desk, town.rig.scheduler
    taken_back = ChainVerdict(Use.CONTRACT, (Finding(Rule.REVOCATION, 0, "taken back"),))
    asked: list[ChainVerdict] = []

    def find_out(verdict: ChainVerdict, done: Callable[[], None]) -> None:
        asked.append(verdict)

        def answered() -> None:
            if revoked:
                desk.judge = SimpleNamespace(judge=lambda *_asked: taken_back)  # type: ignore[assignment]
            done()

        scheduler.after(2 * S, answered, name="responder")

    desk.find_out = find_out
    town.run()
    assert town.charged()
    assert len(asked) == 1
    assert asked[0].trusted
    codes = ["WARNING_CertificateRevoked", "OK"] if revoked else ["OK"]
    assert town.codes == codes
    assert town.payments == (["PnC", "EIM"] if revoked else ["PnC"])


# Hostile vehicles


def authorization(change: Callable[[common.AuthorizationReq], common.AuthorizationReq]) -> Forge:
    """Changes every AuthorizationReq on the way."""

    def forge(heard: Heard) -> Heard:
        if not isinstance(heard.body, common.AuthorizationReq):
            return heard
        return replace(heard, body=change(heard.body))

    return forge


def mode_with(request: common.AuthorizationReq, **changes: Any) -> common.AuthorizationReq:  # noqa: ANN401
    mode = request.pnc_a_req_authorization_mode
    assert mode is not None
    return request.replace(pnc_a_req_authorization_mode=mode.replace(**changes))


def other_chain(request: common.AuthorizationReq) -> common.AuthorizationReq:
    leaf, *above = World(edition=Edition.ISO20).fresh_contract().chain
    return mode_with(
        request,
        contract_certificate_chain=common.ContractCertificateChain(
            certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(above))
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda request: mode_with(request, gen_challenge=bytes(16)),
        lambda request: request.replace(header=request.header.replace(signature=None)),
        lambda request: mode_with(request, id="id2"),
        other_chain,
    ],
    ids=["another challenge", "no signature", "another id", "another contract"],
)
def test_what_was_not_signed_ends_the_session(
    change: Callable[[common.AuthorizationReq], common.AuthorizationReq],
) -> None:
    """[V2G20-461]"""
    town = Town()
    town.sides.own()
    town.rig.forge = authorization(change)
    town.run()
    assert town.codes == ["FAILED_SignatureError"]
    assert town.rig.ending("station") is town.rig.ending("vehicle") is Ending.REFUSED
    assert town.asked == []


def test_a_challenge_that_was_not_ours_is_a_warning() -> None:
    """[V2G20-2216]: the vehicle signed what somebody in between told it."""
    town = Town()
    town.sides.own()

    def twist(heard: Heard) -> Heard:
        pnc = getattr(heard.body, "pnc_as_res_authorization_mode", None)
        if pnc is None:
            return heard
        changed = pnc.replace(gen_challenge=bytes(16))
        return replace(heard, body=heard.body.replace(pnc_as_res_authorization_mode=changed))

    town.rig.twist = twist
    town.run()
    assert town.codes[0] == "WARNING_ChallengeInvalid"
    assert town.payments == ["PnC", "EIM"]
    assert town.charged()


def test_a_request_of_an_earlier_session_does_not_count() -> None:
    before = Town()
    before.sides.own()
    old = before.run().rig.bodies("AuthorizationReq")[0]
    town = Town(service=False)
    town.sides.own()
    town.rig.station.chance = SeededRandomness("another session")
    pnc = common.Authorization.PNC
    town.rig.forge = authorization(
        lambda request: old if request.selected_authorization_service is pnc else request
    )
    town.run()
    assert town.codes[0] == "WARNING_ChallengeInvalid"
    assert town.asked == []


def test_another_session_id_is_unknown() -> None:
    town = Town()
    town.sides.own()
    town.rig.forge = lambda heard: (
        replace(heard, session_id=bytes(7) + b"\1")
        if isinstance(heard.body, common.AuthorizationReq)
        else heard
    )
    town.run()
    assert town.codes == ["FAILED_UnknownSession"]
    assert town.rig.ending("station") is Ending.UNKNOWN_SESSION


def test_a_provisioning_certificate_does_not_pay_whatever_it_signs() -> None:
    town = Town(service=False)
    town.rig.car.newer_wallet = Crooked(town)
    town.run()
    assert town.codes == ["WARNING_CertificateValidationError", "OK"]
    assert town.asked == []
    assert town.charged()


class Crooked:
    """Shows the provisioning certificate where a contract is due, and signs with its key."""

    def __init__(self, town: Town) -> None:
        self._wallet = town.sides.wallet
        self._own = town.sides.keym.store.credentials(Use.PROVISIONING)[0]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all but two go on to the wallet
        return getattr(self._wallet, name)

    def contracts(self, _providers: object) -> tuple[ContractFacts, ...]:
        return (ContractFacts("", self._own.ders, 1 << 40),)

    def ends_soon(self, _contract: ContractFacts) -> bool:
        return False

    def signed(self, body: Any, _contract: ContractFacts) -> Later[Said]:  # noqa: ANN401
        promise: Later[Said] = Later()
        signer = self._wallet.signer_of(self._own.key)
        promise.resolve(Said(body, sign(SCHEME, signed_elements(body), signer)))
        return promise


@pytest.mark.parametrize("change", ["method", "contract"])
def test_a_verdict_counts_for_the_request_it_was_asked_for(change: str) -> None:
    """While the back end thinks, the vehicle slips in something else."""
    town = Town()
    town.sides.own()
    eim = common.EIMAReqAuthorizationMode()

    def other(request: common.AuthorizationReq) -> common.AuthorizationReq:
        if not town.asked:
            return request
        if change == "contract":
            return other_chain(request)
        return request.replace(
            selected_authorization_service=common.Authorization.EIM,
            eim_a_req_authorization_mode=eim,
            pnc_a_req_authorization_mode=None,
            header=request.header.replace(signature=None),
        )

    town.rig.forge = authorization(other)
    town.run()
    assert town.codes == ["FAILED_SequenceError"]
    assert town.rig.station.authorized is False


def test_a_late_verdict_about_a_contract_does_not_admit_the_customer() -> None:
    town = Town(service=False)
    town.sides.own()
    town.answer = AuthorizationStatus.INVALID, CertificateStatus.ACCEPTED
    town.rig.customer_after = None
    refused: list[str] = []

    def late() -> None:
        with pytest.raises(CommandError) as raised:
            town.rig.charger.authorization_verdict(
                request_id=town.asked[0].request_id,
                authorization_status=AuthorizationStatus.ACCEPTED,
                certificate_status=CertificateStatus.ACCEPTED,
            )
        refused.append(str(raised.value))

    town.rig.at(10 * S, late)
    town.run(full=90 * S)
    assert len(refused) == 1
    assert town.payments == ["PnC", "EIM"]
    assert town.rig.station.authorized is False


def test_a_granted_contract_is_the_sessions() -> None:
    """[V2G20-2702]"""
    town = Town()
    town.sides.own()
    tolerant = frozenset({Tolerance.AUTHORIZATION_AGAIN})
    for record in (town.rig.car.record, town.rig.station.record):
        record.agreed = replace(record.agreed, tolerated=tolerant)
    others: list[Heard] = []

    def forge(heard: Heard) -> Heard:
        """One more request by another contract, instead of the one that is due."""
        if not isinstance(heard.body, common.ServiceDiscoveryReq) or others:
            return heard
        request = other_chain(town.rig.bodies("AuthorizationReq")[0])
        others.append(replace(heard, body=request))
        return others[0]

    town.rig.forge = forge
    town.run()
    assert town.codes[:2] == ["OK", "WARNING_GeneralPnCAuthorizationError"]
    assert town.rig.station.record.agreed.authorized
    assert town.rig.station.authorized


def test_a_refused_customer_is_told_at_once_and_may_try_another_card() -> None:
    """[V2G20-2219], [V2G20-2230]"""
    town = Town(payment=(PaymentOption.EXTERNAL,))
    town.rig.customer_after = None
    town.rig.at(2 * S, lambda: verdict(AuthorizationStatus.INVALID))

    def verdict(status: AuthorizationStatus) -> None:
        town.rig.charger.authorization_response(
            authorization_status=status, certificate_status=CertificateStatus.ACCEPTED
        )

    town.run()
    times = [
        at for at, _, heard in town.rig.said if heard.body in town.rig.bodies("AuthorizationRes")
    ]
    assert town.codes == ["WARNING_EIMAuthorizationFailure"]
    assert times[-1] - 2 * S < 1500 * MS
    assert town.rig.ending("vehicle") is Ending.REFUSED
    assert "SessionStopReq" in town.rig.names("vehicle")


# Signed schedules and metering


def with_prices(town: Town, signer: str) -> Forge:
    """The station's schedules with prices that this authority of the PKI signed."""
    handle = town.sides.world.put(signer, town.sides.world.pki[signer])
    keys = town.sides.world.keys

    def twist(heard: Heard) -> Heard:
        body = heard.body
        if not isinstance(body, common.ScheduleExchangeRes) or body.header.signature is not None:
            return heard
        mode = body.scheduled_se_res_control_mode
        assert mode is not None
        (only,) = mode.schedule_tuple
        levels = common.PriceLevelSchedule(
            id="p1",
            time_anchor=only.charging_schedule.power_schedule.time_anchor,
            price_schedule_id=1,
            number_of_price_levels=2,
            price_level_schedule_entries=common.PriceLevelScheduleEntryList(
                price_level_schedule_entry=(
                    common.PriceLevelScheduleEntry(duration=86_400, price_level=1),
                )
            ),
        )
        charging = only.charging_schedule.replace(
            absolute_price_schedule=None, price_level_schedule=levels
        )
        made = mode.replace(schedule_tuple=(only.replace(charging_schedule=charging),))
        priced = body.replace(scheduled_se_res_control_mode=made)
        signature = sign(
            SCHEME,
            signed_elements(priced),
            KeySigner(handle, keys.public_key(handle), keys.sign),
        )
        signed = priced.replace(header=body.header.replace(signature=signature))
        return replace(heard, body=signed, signature=signature)

    return twist


@pytest.mark.parametrize(("signer", "believed"), [("mo_sub2", True), ("oem_sub2", False)])
def test_signed_prices_count_when_the_contracts_operator_signed_them(
    signer: str,
    *,
    believed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offers: list[Any] = []

    def noted(offered: Any, *more: Any) -> Any:  # noqa: ANN401 - hands through
        offers.append(offered)
        return choosing(offered, *more)

    monkeypatch.setattr("evcc.session.handlers.iso20.schedule.choosing", noted)
    town = Town(service=False)
    town.sides.own()
    town.rig.twist = with_prices(town, signer)
    assert town.run().charged()
    assert [one.prices is not None for one in offers[0]] == [believed]


def test_after_a_contract_the_customer_pays_and_nothing_is_left_of_it() -> None:
    town = Town(service=False)
    town.sides.own()
    town.answer = AuthorizationStatus.INVALID, CertificateStatus.ACCEPTED
    town.run()
    assert town.charged()
    assert town.rig.station.emaid == ""
    assert town.rig.station.contract == ()
    assert town.rig.car.paid_by is None


def test_a_metering_confirmation_is_signed_by_the_contract_and_checked() -> None:
    sides = Sides()
    sides.own()
    best = sides.wallet.contracts(None)[0]
    request = ISO20_MESSAGES["MeteringConfirmationReq"]
    said = sides.now(sides.wallet.signed(request, best))
    signed = common.MeteringConfirmationReq(
        header=said.body.header.replace(signature=said.signature),
        signed_metering_data=said.body.signed_metering_data,
    )
    assert sides.desk.verify(signed, best.chain[0]).good
    data = signed.signed_metering_data
    other = signed.replace(signed_metering_data=data.replace(session_id=bytes(7) + b"\1"))
    assert sides.desk.verify(other, best.chain[0]).code == "FAILED_SignatureError"


def test_prices_are_believed_when_the_contracts_issuer_signed_them_all() -> None:
    sides = Sides()
    sides.own()
    best = sides.wallet.contracts(None)[0]
    issuer = sides.world.put("mo_sub2", sides.world.pki["mo_sub2"])
    keys = sides.world.keys
    prices = schedules("p1", "p2")

    def signed(body: Message, key: KeyHandle) -> common.ScheduleExchangeRes:
        signer = KeySigner(key, keys.public_key(key), keys.sign)
        signature = sign(SCHEME, signed_elements(body), signer)
        made = body.replace(header=HEADER.replace(signature=signature))
        assert isinstance(made, common.ScheduleExchangeRes)
        return made

    good = signed(prices, issuer)
    assert sides.wallet.prices_genuine(good, best)
    unsigned = good.replace(header=HEADER)
    assert not sides.wallet.prices_genuine(unsigned, best)
    assert not sides.wallet.prices_genuine(signed(prices, sides.world.handle("contract")), best)
    fewer = schedules("p1").replace(header=good.header)
    assert isinstance(fewer, common.ScheduleExchangeRes)
    assert not sides.wallet.prices_genuine(fewer, best)
    plain = schedules(None)
    assert isinstance(plain, common.ScheduleExchangeRes)
    assert not sides.wallet.prices_genuine(plain, best), "nothing in it was meant to be signed"
