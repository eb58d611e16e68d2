"""What cases are about: a grouping of our own, and the requirement ids that name them as proof.

Clauses of the norms are in none of our sources; requirement ids are.
"""

import re
from functools import cache
from typing import Final

from tools.conformance.requirements import cases_by_id
from tools.conformance.station.cases import Case

_SAME: Final = {
    "start": "power-delivery",
    "stop": "power-delivery",
    "renegotiate": "power-delivery",
    "receipt": "metering-receipt",
    "current-demand": "loop",
    "charging-status": "loop",
    "charge-loop": "loop",
    "service-payment-selection": "payment-service-selection",
    "contract-authentication": "authorization",
}
"""Names of places, and those of DIN 70121, that are about the same."""
_STIMULI: Final = {
    r"silence|set-up time|for ever|withheld": "timing",
    r"instead|early|^wrong$|other type": "sequence",
    r"sign": "signature",
    r"certificate|CA [12] of another|leaf of another": "certificate",
    r"session id|session ids|^session$|^id$|id zero": "session-id",
    r"SDP|nobody answers|bad answer first": "discovery",
    r"V2GTP": "transport",
    r"negotiation|never offered|minor deviation": "negotiation",
    r"electrical|pilot|protective earth": "electrical",
}
_TOLD: Final = {
    r"TCP|half a header": "transport",
    r"station certificate": "certificate",
    r"paus|joined|resumed|new session|SessionSetup": "session-setup",
    r"[Rr]e-?[Nn]egotiat|another service": "renegotiation",
    r"foreign session id": "session-id",
    r"ontract|GenChallenge|EIM pending|EIM refused|external payment|grant": "authorization",
    r"installation": "certificate-installation",
    r"ranked": "negotiation",
    r"charge service|energy service|detail of|one charge": "service-discovery",
    r"StopCharging|Terminate|Stop|schedule|Start": "power-delivery",
    r"tuple|control mode|window": "schedule-exchange",
    r"MeterInfo|MeteringConfirmation": "metering-receipt",
    r"loop": "loop",
    r"within|after \d|ten minutes": "timing",
    r"state B|contactor|residual current|danger|object": "electrical",
    r"parameters|BPT|without unit|clearance": "charge-parameter-discovery",
    r"welding": "welding-detection",
    r"pantograph|WPT|pairing|misaligned|test's power": "positioning",
}
"""By its title, what no place and no stimulus tells."""
_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_NAME: Final = re.compile(r"^[A-Z][A-Za-z_]+$")


def topics(case: Case) -> set[str]:
    """The exchanges it is about, and what is done there."""
    found = {_topic(word) for word in case.about if _NAME.match(word)}
    text = [*case.about]
    found |= {
        topic for shape, topic in _STIMULI.items() if any(re.search(shape, word) for word in text)
    }
    return (found - {""}) or {
        topic for shape, topic in _TOLD.items() if re.search(shape, case.title)
    }


def _topic(word: str) -> str:
    words = [one.lower() for one in _WORDS.findall(word.removesuffix("Res"))]
    while words and words[0] in {"ac", "dc", "acdp", "wpt"}:
        words = words[1:]
    name = "-".join(words)
    if name in {"sdp", "v2gtp", "v-gtp"}:
        return ""
    return _SAME.get(name, name)


@cache
def _by_requirement() -> dict[str, frozenset[str]]:
    return {name: frozenset(cases) for name, cases in cases_by_id().items()}


def requirements(case: Case) -> set[str]:
    """``V2G2-538``, for what our tables of requirements name this case as proof."""
    return {name for name, cases in _by_requirement().items() if case.id in cases}
