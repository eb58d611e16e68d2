"""Choosing cases: by id, by how ids look, by clause, by feature.

``TC_SECC_CMN_*,clause:8.7,feature:pnc`` is everything that one of them names.  A word that names
nothing is an error, with the nearest that does.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from bsw.chrgm.protocols import ISO2
from bsw.program.parser import did_you_mean
from tools.conformance.bench import Setup
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.station.cases import Case
from tools.tester.applicable import role_of

_MESSAGES: Final = {
    "SessionSetup": "8.4.3.2",
    "ServiceDiscovery": "8.4.3.3",
    "ServiceDetail": "8.4.3.4",
    "PaymentServiceSelection": "8.4.3.5",
    "PaymentDetails": "8.4.3.6",
    "Authorization": "8.4.3.7",
    "ChargeParameterDiscovery": "8.4.3.8",
    "Start": "8.4.3.9",
    "Stop": "8.4.3.9",
    "Renegotiate": "8.4.3.9",
    "CertificateUpdate": "8.4.3.10",
    "CertificateInstallation": "8.4.3.11",
    "SessionStop": "8.4.3.12",
    "Receipt": "8.4.3.13",
    "CableCheck": "8.4.5.2",
    "PreCharge": "8.4.5.3",
    "Loop": "8.4.4",
    "WeldingDetection": "8.4.5.5",
}
_STIMULI: Final = {
    "silence": "8.7",
    "set-up time": "8.7",
    "for ever": "8.7",
    "instead": "8.8",
    "early": "8.8",
    "signed": "7.9.2",
    "signing": "7.9.2",
    "SDP": "7.10.1",
    "V2GTP": "7.8.3",
    "negotiation": "8.2",
}
"""Clauses of ISO 15118-2 by a word in what the case does."""


class UnknownWord(Exception):
    """It names no case; the text says which is near."""


def clauses(case: Case) -> set[str]:
    """Of ISO 15118-2; cases of other protocols have none here."""
    if case.setup.protocol != ISO2.name:
        return set()
    found = {_MESSAGES[word] for word in case.about if word in _MESSAGES}
    text = " ".join(case.about)
    return found | {clause for word, clause in _STIMULI.items() if word in text}


def features(case: Case) -> set[str]:
    setup = case.setup
    if isinstance(setup, NewerSetup):
        return _newer(case, setup)
    found = {
        setup.protocol,
        "ac" if setup.ac else "dc",
        "tls" if setup.tls else "plain",
        "pnc" if setup.contract else "eim",
        *case.needs,
    }
    if "certificate" in case.about:
        found.add("bad-certificate")
    if setup.certificates:
        found |= {"certificates", setup.certificates}
    return found | (_of_station(case, setup) if isinstance(setup, Setup) else set())


def _newer(case: Case, setup: NewerSetup) -> set[str]:
    found = {"iso20", setup.service.lower(), "ac" if setup.ac else "dc", "eim", *case.needs}
    found.add("inside" if setup.inside else "tls")
    if setup.can:
        found.add(setup.can)
    if "silence" in case.about:
        found.add("timing")
    if not {"valid", "status"} & set(case.about) and role_of(case) == "secc":
        found.add("negative")
    return found


def _of_station(case: Case, setup: Setup) -> set[str]:
    switches = {
        "services": setup.detail,
        "internet": setup.internet,
        "receipts": setup.receipts,
        "tariff": setup.tariff,
        "slow": setup.slow != "",
        "pause": setup.resumed != "",
        "renegotiation": setup.renegotiated,
        "timing": bool({"silence", "set-up time"} & set(case.about)),
        "negative": not {"valid", "endurance", "several times"} & set(case.about),
    }
    return {name for name, holds in switches.items() if holds}


def chosen(cases: Sequence[Case], words: str) -> list[Case]:
    """In their own order; an empty text is all of them."""
    if not words.strip():
        return list(cases)
    wanted: set[str] = set()
    for word in (one.strip() for one in words.split(",")):
        found = _named(cases, word)
        if not found:
            raise UnknownWord(f"{word!r} names no case{_nearest(cases, word)}")
        wanted |= found
    return [case for case in cases if case.id in wanted]


def _named(cases: Iterable[Case], word: str) -> set[str]:
    kind, colon, value = word.partition(":")
    if not colon:
        return {one.id for one in cases if fnmatchcase(one.id, word)}
    if kind == "clause":
        return {one.id for one in cases if any(_within(had, value) for had in clauses(one))}
    if kind == "feature":
        return {one.id for one in cases if value in features(one)}
    return set()


def _within(clause: str, wanted: str) -> bool:
    return clause == wanted or clause.startswith(f"{wanted}.")


def _nearest(cases: Sequence[Case], word: str) -> str:
    kind, colon, value = word.partition(":")
    if not colon:
        return did_you_mean(word, [case.id for case in cases])
    known: dict[str, Any] = {"clause": clauses, "feature": features}
    if kind not in known:
        return "; an id, clause:X or feature:X"
    there = sorted({one for case in cases for one in known[kind](case)})
    return f"{did_you_mean(value, there)} ({', '.join(there)})"
