"""Every planted violation is found by its rule; the conversation it was planted into is silent."""

from collections import Counter

import pytest

from tests.monitor.planted import KINDS, PLANTS, Plant, Talk, good
from tools.monitor.judge import Judge
from tools.monitor.words import RULES, SOURCES, sources


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Talk]:
    return {kind: good(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


def rules(talk: Talk) -> Counter[str]:
    return Counter(one.rule for _, found in Judge().judged(talk) for one in found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_conversation_breaks_no_rule(kind: str, talks: dict[str, Talk]) -> None:
    """But for answers that came late: the busy foreign package really took that long."""
    assert set(rules(talks[kind])) <= ({"answer"} if kind not in {"contract", "iso20"} else set())


@pytest.mark.parametrize("plant", PLANTS, ids=lambda one: one.name)
def test_a_planted_violation_is_found(plant: Plant, talks: dict[str, Talk]) -> None:
    talk = talks[plant.kind]
    more = rules(plant.change(talk)) - rules(talk)
    assert more[plant.rule] > 0, more


def test_there_are_plants_of_every_rule() -> None:
    assert len({plant.name for plant in PLANTS}) == len(PLANTS) > 60
    assert set(RULES) == {plant.rule for plant in PLANTS}


def test_every_rule_says_where_it_comes_from() -> None:
    assert set(SOURCES) == set(RULES)
    assert all(SOURCES.values())
    assert sources("order", "iso2") == ("V2G2-538", "V2G2-539")
    assert sources("order", "iso20.dc") == ("V2G20-459",)
    assert sources("order", "din") == ("V2G-DC-390", "V2G-DC-665")
    assert sources("interval", "") == ("V2G2-159", "V2G2-161")
