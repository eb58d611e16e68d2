"""Choosing cases: by id, by how ids look, by topic, by feature, by requirement.

``TC_SECC_CMN_*,topic:timing,requirement:V2G2-538`` is everything that one of them names.  A word
that names nothing is an error, with the nearest that does.
"""

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from bsw.program.parser import did_you_mean
from tools.conformance.bench import Setup
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.station.cases import Case
from tools.tester.applicable import role_of
from tools.tester.topics import requirements, topics

SHOWN: Final = 60
"""So many names of a kind are told at most."""


class UnknownWord(Exception):
    """It names no case; the text says which is near."""


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


KINDS: Final[dict[str, Callable[[Case], set[str]]]] = {
    "topic": topics,
    "feature": features,
    "requirement": requirements,
}


def _named(cases: Iterable[Case], word: str) -> set[str]:
    kind, colon, value = word.partition(":")
    if not colon:
        return {one.id for one in cases if fnmatchcase(one.id, word)}
    if kind not in KINDS:
        return set()
    return {one.id for one in cases if fnmatch_any(KINDS[kind](one), value)}


def fnmatch_any(names: Iterable[str], shape: str) -> bool:
    return any(fnmatchcase(name, shape) for name in names)


def _nearest(cases: Sequence[Case], word: str) -> str:
    kind, colon, value = word.partition(":")
    if not colon:
        return did_you_mean(word, [case.id for case in cases])
    if kind not in KINDS:
        near = did_you_mean(kind, KINDS)
        return f"{near}; an id, {', '.join(f'{one}:X' for one in KINDS)}"
    there = sorted({one for case in cases for one in KINDS[kind](case)})
    shown = there if len(there) <= SHOWN else [*there[:SHOWN], "..."]
    return f"{did_you_mean(value, there)} ({', '.join(shown)})"
