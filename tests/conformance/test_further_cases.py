"""The further cases: the other mode, payment and waker, and each fault at each place."""

import pytest

from tools.conformance.catalogue import further
from tools.conformance.station.cases import Case

FURTHER = further()


@pytest.mark.parametrize("case", FURTHER, ids=[case.id for case in FURTHER])
def test_a_further_case(case: Case) -> None:
    case.play()
