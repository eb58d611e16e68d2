"""What the live fuzz strikes with: from a seed, of every sort, readable where it means to be."""

import random

import pytest

from bsw.chrgm.messages.model import problems
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import dialect_of, protocol
from bsw.chrgm.record import Said
from bsw.v2gtp import HEADER_SIZE
from tools.fuzz.blows.hostile import Hostile
from tools.fuzz.blows.vary import varied

SESSION = bytes(range(8))


@pytest.mark.parametrize("name", ["din", "iso2", "iso20"])
@pytest.mark.parametrize("side", ["request", "response"])
def test_varied_messages_keep_to_the_schema_and_differ(name: str, side: str) -> None:
    rng = random.Random(1)
    for exchange in protocol(name).table.exchanges.values():
        message = smallest(getattr(exchange, side))
        made = [varied(rng, message) for _ in range(100)]
        assert [trouble for one in made for trouble in problems(one)] == []
        assert not type(message).__fields__ or len(set(made)) > 1


@pytest.mark.parametrize(
    ("name", "request_of", "more"),
    [
        ("din", "PreCharge", set()),
        ("iso2", "PreCharge", set()),
        ("iso20-dc", "DC_PreCharge", {"stream"}),
    ],
)
def test_the_same_seed_strikes_the_same_and_every_sort_comes(
    name: str, request_of: str, more: set[str]
) -> None:
    exchanges, dialect = protocol(name).table.exchanges, dialect_of(name)
    kinds = [one.request for one in exchanges.values()]
    said = Said(smallest(exchanges[request_of].request))

    def blows(seed: int) -> list[tuple[str, tuple[bytes, ...]]]:
        hostile = Hostile(random.Random(seed), dialect, kinds)
        made = [hostile.blow(SESSION, said) for _ in range(1_000)]
        return [(one.name, one.pieces) for one in made]

    assert blows(7) == blows(7) != blows(8)
    assert {sort for sort, _ in blows(7)} == {
        *("fields", "bits", "order", "session", "twice", "header"),
        *("tail", "noise", "oversize", "cut", "slow", "mute"),
        *more,
    }


def test_changed_fields_reach_the_code_behind_the_codec() -> None:
    spoken = protocol("iso2")
    request = spoken.table.exchanges["CurrentDemand"].request
    hostile = Hostile(random.Random(3), spoken.dialect, [request])
    said = Said(smallest(request))
    blows = [hostile.blow(SESSION, said) for _ in range(300)]
    read = [
        spoken.dialect.decode(0, one.pieces[0][HEADER_SIZE:]).body
        for one in blows
        if one.name == "fields"
    ]
    assert len(read) > 100
    assert len(set(read)) > 50
    assert {type(body) for body in read} == {request}
