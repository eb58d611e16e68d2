"""ISO 15118-20: our own cases of both roles by their ids, and each place's twins."""

import pytest

from tools.conformance.catalogue import newer
from tools.conformance.station.cases import Case

CASES = newer()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_of_iso_15118_20(case: Case) -> None:
    case.play()


def test_the_cases_of_a_contract_are_known_to_be_missing() -> None:
    """PX-EVCC20-018 and PX-SECC20-012 need one."""
    ids = {case.id for case in CASES}
    assert not ids & {"PX-EVCC20-018", "PX-SECC20-012"}
    assert len([one for one in ids if one.startswith("PX-")]) == 24
