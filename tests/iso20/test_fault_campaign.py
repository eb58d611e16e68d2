"""Sessions of every service of ISO 15118-20 with faults by seed: in time, safe, with a reason."""

import pytest

from tests.iso20.campaign import CASES, Newer, verdict

SEEDS, CHUNKS = 1_000, 10


@pytest.mark.parametrize("seed", range(0, 400, 25))
def test_a_session_with_faults_ends_safely(seed: int) -> None:
    found = verdict(seed)
    assert not found.broken, found


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sessions_with_faults_end_safely(chunk: int) -> None:
    found = [verdict(seed) for seed in range(chunk, SEEDS, CHUNKS)]
    assert [one for one in found if one.broken] == []


def test_a_seed_gives_the_same_session_again() -> None:
    first, second = Newer(31).run().rig, Newer(31).run().rig
    assert first.results == second.results
    assert first.said == second.said


def test_every_service_has_its_turn() -> None:
    seen = {(one.protocol, one.mode) for one in map(Newer, range(60))}
    assert seen == set(CASES)
