"""Vehicles with a bad contract certificate: a station refuses it in PaymentDetailsRes."""

from functools import partial
from typing import Final

from bsw.chrgm.record import Said, code_of, refused
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.conformance import judge
from tools.conformance.bench import Deviation, Setup
from tools.conformance.station.cases import Case, reached
from tools.conformance.station.words import details
from tools.conformance.vehicle.chains import kind_of
from tools.pki.broken.faults import FAULTS, Fault
from tools.pki.broken.variants import variant
from tools.pki.maker import EMAID_WITH_DIGIT

PNC: Final = Setup(tls=True, contract=True)
PLACE: Final = "PaymentDetails"
CONTROL: Final = "TC_SECC_CMN_VTB_PaymentDetails_001"
NOT_CARRIED: Final = {
    *("very_deep", "bottomless", "crowd"),  # more than four certificates above the leaf
    *("oversized", "sub2_oversized", "huge", "huge_name"),  # more than 800 octets
}
"""The schema has no room for them."""


def refuses(fault: Fault, setup: Setup) -> None:
    walk = reached(PLACE, setup)
    crypto = walk.lab.crypto
    assert crypto is not None
    bad = variant(crypto.pki, Use.CONTRACT, fault)
    answer = walk.tester.ask(Said(details(bad.chain, EMAID_WITH_DIGIT)))
    if answer is None:
        raise Deviation(f"{PLACE}: no answer")
    name, code = type(answer.body).__name__, code_of(answer.body)
    judge.require(name == f"{PLACE}Res" and refused(code), f"answered with {name} {code}")
    judge.closes(walk)


def cases() -> list[Case]:
    return [
        Case(
            f"NEG-SECC-CONTRACT-{fault.name}",
            f"contract certificate: {fault.title} -> refused",
            partial(refuses, fault),
            PNC,
            (PLACE, "certificate", fault.name),
            control=CONTROL,
            kind=f"contract certificate: {kind_of(fault)}",
        )
        for fault in FAULTS
        if Use.CONTRACT in fault.uses
        and Edition.ISO2 in fault.editions
        and fault.name not in NOT_CARRIED
    ]
