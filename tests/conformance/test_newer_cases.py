"""ISO 15118-20: our own cases of both roles by their ids, and each place's twins."""

import pytest

from tools.conformance.catalogue import newer
from tools.conformance.station.cases import Case

CASES = newer()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_of_iso_15118_20(case: Case) -> None:
    case.play()


def test_all_cases_by_their_ids() -> None:
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
    assert {one for one in ids if one.startswith("PX-")} == {
        *(f"PX-SECC20-{number:03}" for number in range(2, 32, 2)),
        *(f"PX-EVCC20-{number:03}" for number in range(2, 24, 2)),
    }
