"""What a profile lets pass of the PKIs in the field, and what is refused in every profile."""

from pathlib import Path
from typing import Literal

import pytest

from bsw.base_config import TraceConfig
from bsw.base_host import open_base
from bsw.stbm import Quality, TimeBase
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.port import Credential as TlsCredential
from bsw.tls.port import TlsProfile, TlsReason, TlsState
from bsw.tls.station import StationTls
from csm.config import CsmConfig, SoftwareConfig
from ecu.host import HostDoors
from evcc.config import EvccConfig, SessionConfig
from evcc.contract.keys import VehicleKeys
from keym.config import JudgeConfig, KeymConfig
from keym.judging.judge import Policy, Question
from keym.judging.revocation import Demand
from keym.judging.trust import TlsTrust
from keym.judging.verdict import FIELD, Rule
from keym.keeping.shelf import FolderShelf
from keym.keeping.store import CertificateStore
from keym.wiring import Habits, policies
from keym.x509.profile import RootKind, Use
from tests.keym.bench import signer_of
from tests.keym.test_branches import desk
from tests.keym.test_tls_trust import settle
from tests.keym.world import AT, judge_of, pki_of
from tools.pki.broken.workshop import Workshop, renamed
from tools.pki.maker import EMAID_WITH_DIGIT, STEMS
from tools.pki.status import Status, ocsp_response

STRICT = Policy(revocation=Demand.OFF)
LENIENT = Policy(revocation=Demand.OFF, tolerate=FIELD)
SHOWN = [Use.CONTRACT, Use.CPS, Use.PROVISIONING]


@pytest.mark.parametrize("use", SHOWN)
@pytest.mark.parametrize("kind", ["iso2", "iso20-p521"])
def test_sub_cas_stand_in_the_order_of_issuing(kind: str, use: Use) -> None:
    pki = pki_of(kind)
    leaf, second, first = pki[STEMS[use][2]].chain
    question = Question(use, pki.edition, (leaf, first, second))
    strict, lenient = (judge_of(pki, policy=one).judge(question) for one in (STRICT, LENIENT))
    assert [finding.rule for finding in strict.findings] == [Rule.ORDER]
    assert lenient.trusted
    assert Rule.ORDER in {finding.rule for finding in lenient.remarks}


def test_a_chain_too_many_in_the_right_order_is_none_of_disorder() -> None:
    pki = pki_of("iso2")
    leaf, second, first = pki["contract"].chain
    sent = (leaf, second, pki["oem_sub1"].der, first)
    question = Question(Use.CONTRACT, pki.edition, sent)
    assert judge_of(pki, policy=STRICT).judge(question).trusted


@pytest.mark.parametrize("country", ["NL", "DE", "de", None])
def test_a_contract_of_another_country_than_its_emaid(country: str | None) -> None:
    pki = pki_of("iso2")
    leaf = Workshop(pki, Use.CONTRACT).grow(leaf=renamed(country=country))
    question = Question(Use.CONTRACT, pki.edition, leaf.chain)
    found = [one.rule for one in judge_of(pki, policy=STRICT).judge(question).findings]
    assert found == ([Rule.COUNTRY] if country == "NL" else [])
    assert judge_of(pki, policy=LENIENT).judge(question).trusted


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"common_name": "Test contract"}, "FAILED_NoCertificateAvailable"),
        ({"common_name": "DE8AA00123456"}, "FAILED_NoCertificateAvailable"),
        ({"country": "NL"}, "FAILED_NoCertificateAvailable"),
        ({"domain": "CPO"}, "FAILED_NoCertificateAvailable"),
    ],
)
def test_a_contract_named_for_nothing_has_a_code_of_its_own(
    change: dict[str, str], code: str
) -> None:
    pki = pki_of("iso2")
    leaf = Workshop(pki, Use.CONTRACT).grow(leaf=renamed(**change))
    judge = judge_of(pki, policy=STRICT)
    assert desk(judge).judge_contract(leaf.chain, EMAID_WITH_DIGIT).code == code


def test_a_disordered_contract_is_a_fault_of_the_chain() -> None:
    pki = pki_of("iso2")
    leaf, second, first = pki["contract"].chain
    told = desk(judge_of(pki, policy=STRICT))
    assert told.judge_contract((leaf, first, second), EMAID_WITH_DIGIT).code.endswith("ChainError")


# Staples


@pytest.mark.parametrize("kind", ["iso2", "iso20-p521"])
@pytest.mark.parametrize(
    ("staple", "strict", "stapled"),
    [
        ("good", None, None),
        ("none", TlsReason.NO_STAPLE, None),
        ("of another", TlsReason.BAD_STAPLE, TlsReason.BAD_STAPLE),
        ("revoked", TlsReason.REVOKED, TlsReason.REVOKED),
    ],
)
def test_a_staple_may_be_missing_but_what_is_shown_has_to_hold(
    kind: str, staple: str, strict: TlsReason | None, stapled: TlsReason | None
) -> None:
    pki = pki_of(kind)
    octets = {
        "good": ocsp_response(pki["secc"], AT),
        "none": None,
        "of another": ocsp_response(pki["cps"], AT),
        "revoked": ocsp_response(pki["secc"], AT, Status.REVOKED),
    }[staple]
    profile = TlsProfile.ISO2 if kind == "iso2" else TlsProfile.ISO20
    for demand, wanted in ((Demand.STRICT, strict), (Demand.STAPLED, stapled)):
        trust = TlsTrust(judge_of(pki, policy=Policy(demand)), Use.SECC)
        assert trust.judge_chain(profile, pki["secc"].chain) is None
        told = trust.judge_status(profile, pki["secc"].chain, octets)
        assert (told.reason if told else None) is wanted


def test_the_refusal_names_a_key_that_there_is() -> None:
    pki = pki_of("iso2")
    trust = TlsTrust(judge_of(pki, policy=Policy()), Use.SECC)
    told = trust.judge_status(TlsProfile.ISO2, pki["secc"].chain, None)
    assert told is not None
    assert "keym.secc.revocation: stapled" in told.detail
    KeymConfig.model_validate({"secc": {"revocation": "stapled"}})


# Where the profile is followed


@pytest.mark.parametrize("tolerant", [True, False])
def test_what_the_configuration_says_outweighs_the_profile(*, tolerant: bool) -> None:
    habits = Habits(lenient_chains=tolerant, accept_missing_staple=tolerant)
    config = KeymConfig(peers="conformance", secc=JudgeConfig(revocation="strict"))
    assert policies(config, habits) == policies(config)
    field = policies(KeymConfig(peers="field"), habits)
    assert all(policy.tolerate == FIELD for policy in field.values())


@pytest.mark.parametrize(("profile", "reached"), [("conformance", False), ("field", True)])
def test_a_station_without_a_staple_is_met_by_the_vehicles_profile(
    profile: Literal["conformance", "field"],
    *,
    reached: bool,
    tmp_path: Path,
) -> None:
    pki = pki_of("iso2")
    config = EvccConfig(
        trace=TraceConfig(file=None),
        session=SessionConfig(profile=profile),
        keym=KeymConfig(folder=tmp_path / "certificates"),
        csm=CsmConfig(software=SoftwareConfig(folder=tmp_path / "keys")),
    )
    store = CertificateStore(FolderShelf(config.keym.folder))
    store.add_root(RootKind.V2G, pki.root(RootKind.V2G).der)
    base = open_base(config)
    calendar = TimeBase(base.clock.now)
    calendar.set(int(AT.timestamp()), Quality.HOST)
    car = VehicleKeys(base, config, calendar, _quiet, HostDoors(base, config)).tls(["iso2"])
    shown = TlsCredential(TlsProfile.ISO2, pki["secc"].chain, signer_of(pki["secc"]))
    config_tls = TlsConfig(profiles=(TlsProfile.ISO2,))
    post = StationTls(config_tls, TlsTrust(judge_of(pki), Use.VEHICLE), [shown]).engine()
    assert isinstance(car, Engine)
    settle(car, post)
    assert (car.state is TlsState.OPEN) is reached, car.failure


def _quiet(fault: object, *, failed: bool, detail: str) -> None:
    """No store fails here."""
