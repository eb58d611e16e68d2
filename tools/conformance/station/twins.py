"""Further cases by the same rules: the other mode, payment and waker, and every place in turn.

Generated, so that a rule that holds in one set-up is asked in all of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final

from bsw.chrgm.protocols import protocol
from tools.conformance.bench import AC, DC, Setup
from tools.conformance.station import din as din_station
from tools.conformance.station import iso2 as iso2_station
from tools.conformance.station.cases import EV_ERRORS, Case, Row, case
from tools.conformance.station.iso2 import (
    DEPARTURE,
    ELSEWHERE,
    ENTRIES,
    NO_CONTRACT,
    NOT_VALID,
    SEQUENCE,
    UNKNOWN,
    parameters,
)
from tools.conformance.station.walk import path

MODES: Final = (AC, DC)
WAKERS: Final = ("vehicle", "station")
CONTRACT: Final = Setup(tls=True, contract=True)
AUTHORITY: Final = "FAILED|FAILED_NoCertificateAvailable|FAILED_CertificateNotAllowedAtThisEVSE"
CHAIN: Final = "FAILED_CertChainError"
SIGNATURE: Final = "FAILED_SignatureError"


def both(setup: Setup) -> Iterator[Setup]:
    for mode in MODES:
        yield replace(setup, mode=mode)


def everywhere(setup: Setup) -> Iterator[Row]:
    """At each place: another request, another session id, silence, and the good request."""
    exchanges = protocol(setup.protocol).table.exchanges
    early = next(one for one in ("Authorization", "CableCheck") if one in exchanges) + "Req"
    for place in dict.fromkeys(path(setup)):
        other = f"{early} instead" if place == "ServiceDiscovery" else ELSEWHERE
        yield Row(place, other, SEQUENCE, setup=setup)
        yield Row(place, "silence", "", setup=setup)
        yield Row(place, setup=setup)
        if place != "SessionSetup":
            yield Row(place, "foreign session id", UNKNOWN, setup=setup)


def places() -> Iterator[Row]:
    plain = (Setup(), Setup(welding=False), Setup(pilot="D"), Setup(renegotiated=True))
    for setup in plain:
        for one in both(setup):
            yield from everywhere(one)
    secure = (
        replace(CONTRACT, detail=True, receipts=True),
        replace(CONTRACT, certificates="install"),
        replace(CONTRACT, certificates="update"),
        Setup(tls=True, detail=True),
    )
    for setup, mode in zip(secure, (DC, AC, DC, AC), strict=True):
        yield from everywhere(replace(setup, mode=mode))
    yield from everywhere(din_station.DIN)


def pauses() -> Iterator[Row]:
    new, old = ("opens a new session",), ("joins the old session",)
    for waker in WAKERS:
        for setup in (*both(Setup(resumed=waker)), replace(CONTRACT, resumed=waker)):
            yield Row("SessionSetup", "another session id", "OK", new, setup)
            yield Row("SessionSetup", "session id zero", "OK", new, setup)
            yield Row("SessionSetup", "stored session id", "OK", old, setup)
            yield Row("ServiceDiscovery", checks=("offers the earlier choice",), setup=setup)
            yield Row("Stop", setup=setup)


def schedules() -> Iterator[Row]:
    ways = (Setup(), Setup(renegotiated=True), *(Setup(resumed=waker) for waker in WAKERS))
    switches = product(MODES, ways, (None, ENTRIES), (None, DEPARTURE), (False, True))
    for mode, way, entries, departure, tariff in switches:
        yield parameters(
            replace(way, mode=mode, entries=entries, departure=departure, tariff=tariff)
        )
    for setup in both(replace(CONTRACT, tariff=True, entries=ENTRIES)):
        yield parameters(setup)
        yield parameters(replace(setup, renegotiated=True))


def ongoing() -> Iterator[Row]:
    for name in ("Authorization", "ChargeParameterDiscovery", "CableCheck"):
        for setup in (*both(Setup(slow=name)), *both(replace(CONTRACT, slow=name))):
            if name == "CableCheck" and setup.ac:
                continue
            yield Row(name, checks=("Ongoing first", "Finished"), setup=setup)
            for_ever = replace(setup, slow=f"{name} for ever")
            yield Row(name, "Ongoing for ever", "FAILED", setup=for_ever)
    yield Row(
        "Authorization",
        "Ongoing for ever",
        "FAILED",
        setup=replace(din_station.DIN, slow="Authorization for ever"),
    )


CHAINS: Final = {
    "leaf of another PKI": CHAIN,
    "sub-CA 1 of another PKI": CHAIN,
    "sub-CA 2 of another PKI": CHAIN,
    "another eMAID in the body": NO_CONTRACT,
    "wrong eMAID in the certificate": NO_CONTRACT,
    "changed domain component": NO_CONTRACT,
    "expired certificate": "FAILED_CertificateExpired",
    "expired sub-CA 1": AUTHORITY,
    "expired sub-CA 2": AUTHORITY,
}
SIGNED: Final = {
    "altered after signing": SIGNATURE,
    "signed with a wrong key": SIGNATURE,
    "not signed": SIGNATURE,
}


def contracts() -> Iterator[Row]:
    update, install = (replace(CONTRACT, certificates=way) for way in ("update", "install"))
    for stimulus, codes in CHAINS.items():
        yield Row("PaymentDetails", stimulus, codes, setup=CONTRACT)
        yield Row("CertificateUpdate", stimulus, codes, setup=update)
    for stimulus, codes in SIGNED.items():
        yield Row("CertificateUpdate", stimulus, codes, setup=update)
        yield Row("CertificateInstallation", stimulus, codes, setup=install)
        yield Row("Authorization", stimulus, codes, setup=CONTRACT)
        yield Row("Authorization", stimulus, codes, setup=install)
        for setup in both(replace(CONTRACT, receipts=True)):
            yield Row("Receipt", stimulus, NOT_VALID, setup=setup)
    for setup in both(replace(CONTRACT, receipts=True)):
        yield Row("Receipt", "changed MeterReading", NOT_VALID, setup=setup)
        yield Row("Loop", checks=("receipt demanded", "MeterInfo", "MeterReading"), setup=setup)
    yield Row("Authorization", "wrong GenChallenge", "FAILED_ChallengeInvalid", setup=install)
    for stimulus, codes in (
        ("provisioning certificate of another PKI", CHAIN),
        ("expired provisioning certificate", "FAILED_CertificateExpired"),
        ("changed domain component", NO_CONTRACT),
    ):
        yield Row("CertificateInstallation", stimulus, codes, setup=install)
    yield Row("Authorization", checks=("Finished",), setup=install)
    yield Row("PaymentDetails", checks=("GenChallenge of 16 octets",), setup=install)


def services() -> Iterator[Row]:
    for setup in (Setup(tls=True, detail=True), replace(CONTRACT, detail=True)):
        yield Row("ServiceDetail", "unknown service", "FAILED_ServiceIDInvalid", setup=setup)
        internet = replace(setup, internet=True)
        yield Row("ServiceDetail", checks=("Internet access offered",), setup=internet)
        wrong = "FAILED_ServiceSelectionInvalid"
        yield Row("PaymentServiceSelection", "unknown service", wrong, setup=setup)
        missing = "FAILED_NoChargeServiceSelected"
        yield Row("PaymentServiceSelection", "no charge service", missing, setup=setup)
    invalid = "FAILED_PaymentSelectionInvalid"
    for setup in (*both(Setup()), replace(CONTRACT, only_contract=True), din_station.DIN):
        yield Row("PaymentServiceSelection", "payment option not offered", invalid, setup=setup)


def power() -> Iterator[Row]:
    wrong = "FAILED_WrongChargeParameter"
    place = "ChargeParameterDiscovery"
    for setup in both(Setup()):
        yield Row(place, "mode not offered", "FAILED_WrongEnergyTransferMode", setup=setup)
        yield Row(place, "negative maximum current", wrong, setup=setup)
        yield Row(place, "negative maximum voltage", wrong, setup=setup)
        yield Row(place, "parameters of the other current", wrong, setup=setup)
        yield Row("Start", "profile above PMax", "FAILED_ChargingProfileInvalid", setup=setup)
        yield Row("Start", "unknown tuple", "FAILED_TariffSelectionInvalid", setup=setup)
        yield Row("Start", "early Renegotiate", "FAILED", setup=setup)
    for code in EV_ERRORS:
        yield Row("Stop", f"stop with {code}")
    yield Row("Start", "pilot stays in B", "FAILED|FAILED_ContactorError", setup=Setup(mode=AC))
    for setup in (Setup(), replace(din_station.DIN)):
        yield Row("CableCheck", "pilot stays in B", "FAILED", setup=setup)
        yield Row("WeldingDetection", "pilot stays in C", "FAILED", setup=setup)
        for one in (setup, replace(setup, welding=False)):
            yield Row("SessionStop", "pilot stays in C", "FAILED", setup=one)
            yield Row("SessionStop", "endurance", setup=one)
    yield Row("SessionStop", "endurance", setup=Setup(mode=AC))
    yield Row("SessionStop", checks=("leaves the network",), setup=Setup(mode=AC))
    yield Row("SessionStop", checks=("leaves the network",), setup=Setup(welding=False))
    yield Row("WeldingDetection", "several times")
    yield Row(place, "negative maximum current", wrong, setup=din_station.DIN)


AREAS: Final = {
    "PLACE": places,
    "PAUSE": pauses,
    "SCHEDULE": schedules,
    "ONGOING": ongoing,
    "CONTRACT": contracts,
    "SERVICE": services,
    "POWER": power,
}


def cases() -> list[Case]:
    """All of them, but not what the listed cases already say."""
    seen = {*iso2_station.ROWS.values(), *din_station.ROWS.values()}
    found = []
    for area, rows in AREAS.items():
        fresh = [row for row in dict.fromkeys(rows()) if row not in seen]
        seen.update(fresh)
        found += [
            case(f"TWIN-{area}-{number:03}", row) for number, row in enumerate(fresh, start=1)
        ]
    return found
