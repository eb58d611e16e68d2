from typing import get_args

import pytest
from pydantic import ValidationError

from bsw.os.clock import S
from csm.handles import KeyHandle
from keym.config import DemandName, JudgeConfig, KeymConfig, OcspConfig, ToleratedRule
from keym.faults import NotFit
from keym.judging.judge import Question
from keym.judging.revocation import Demand
from keym.judging.verdict import FIELD, TOLERABLE, Rule
from keym.wiring import policies
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tests.keym.bench import Bench
from tests.keym.world import pki_of
from tools.pki.broken.workshop import Workshop, renamed


def test_the_names_in_a_file_are_those_of_the_rules() -> None:
    assert {Rule(name) for name in get_args(ToleratedRule)} == TOLERABLE
    assert {Demand(name) for name in get_args(DemandName)} == set(Demand)


def test_the_defaults_are_the_norms() -> None:
    config = KeymConfig()
    chosen = policies(config)
    assert set(chosen) == set(Use)
    assert chosen[Use.SECC].revocation is Demand.STRICT
    assert all(policy.revocation is not Demand.OFF for policy in chosen.values())
    assert not any(policy.tolerate for policy in chosen.values())
    assert config.ocsp.within == 5 * S


def test_the_field_profile_tolerates_its_rules_for_every_use() -> None:
    config = KeymConfig(peers="field", secc=JudgeConfig(tolerate=("domain",)))
    chosen = policies(config)
    assert chosen[Use.SECC].tolerate == FIELD | {Rule.DOMAIN}
    assert chosen[Use.VEHICLE].tolerate == FIELD


@pytest.mark.parametrize(
    "values",
    [
        {"secc": {"tolerate": ["signature"]}},
        {"secc": {"revocation": "maybe"}},
        {"ocsp": {"responder": "https://example.invalid"}},
        {"ocsp": {"within": "1 h"}},
        {"renew_contract_days": -1},
        {"fodler": "x"},
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KeymConfig.model_validate(values)


def test_durations_are_written_with_their_unit() -> None:
    assert OcspConfig.model_validate({"within": "250 ms"}).within == S // 4


def test_what_is_tolerated_from_peers_is_tolerated_in_the_store() -> None:
    pki = pki_of("iso20-p521")
    odd = Workshop(pki, Use.VEHICLE).grow(leaf=renamed(domain="OEM")).chain
    key = KeyHandle("software", "vehicle")
    with pytest.raises(NotFit, match="V2G20-2598"):
        Bench((pki,)).keym.store.add(Use.VEHICLE, Edition.ISO20, odd, key)
    lenient = Bench((pki,), config=KeymConfig(peers="field")).keym
    assert lenient.store.add(Use.VEHICLE, Edition.ISO20, odd, key).ders == odd
    assert lenient.judge.judge(Question(Use.VEHICLE, Edition.ISO20, odd)).trusted
