"""Of the stations that were heard, which one is at the other end of the cable.

The station averages what its modem heard of each sound, per carrier group; the vehicle averages
the groups and ranks the stations.  Pure functions: no messages, no time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bsw.slac.config import Validation, VehiclePolicy

HIGHEST = 255


def average_profile(
    profiles: Sequence[bytes], *, offset: int = 0, round_half_up: bool = False
) -> bytes:
    """The mean attenuation of each carrier group over all sounds heard."""
    count = len(profiles)
    half = count // 2 if round_half_up else 0
    means = ((sum(group) + half) // count + offset for group in zip(*profiles, strict=True))
    return bytes(min(max(mean, 0), HIGHEST) for mean in means)


def mean(groups: bytes) -> float:
    return sum(groups) / len(groups)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A station that has reported how it hears us."""

    station: bytes
    attenuation: float


class Nearness(Enum):
    FOUND = "on this cable"
    POSSIBLE = "perhaps on this cable"
    OUT = "not on this cable"


def nearness(attenuation: float, policy: VehiclePolicy) -> Nearness:
    if attenuation <= policy.signalattn_direct:
        return Nearness.FOUND
    if attenuation <= policy.signalattn_indirect:
        return Nearness.POSSIBLE
    return Nearness.OUT


@dataclass(frozen=True, slots=True)
class Ranking:
    """The stations that may be the one, best first, and whether one must prove itself."""

    candidates: tuple[Candidate, ...]
    validate: bool


def rank(candidates: Iterable[Candidate], policy: VehiclePolicy) -> Ranking:
    near = sorted(
        (one for one in candidates if nearness(one.attenuation, policy) is not Nearness.OUT),
        key=lambda one: (one.attenuation, one.station),
    )
    if policy.validation is Validation.NEVER:
        found = (one for one in near if nearness(one.attenuation, policy) is Nearness.FOUND)
        return Ranking(tuple(found), validate=False)
    always = policy.validation is Validation.ALWAYS
    return Ranking(tuple(near), validate=always or _ambiguous(near, policy))


def _ambiguous(ranked: Sequence[Candidate], policy: VehiclePolicy) -> bool:
    if not ranked:
        return False
    if nearness(ranked[0].attenuation, policy) is Nearness.POSSIBLE:
        return True
    gap = ranked[1].attenuation - ranked[0].attenuation if len(ranked) > 1 else HIGHEST
    return gap < policy.ambiguity_margin
