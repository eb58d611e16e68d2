"""The conformance cases, one test each, and the table of them in the documentation."""

from pathlib import Path

import pytest

from tools.conformance.catalogue import further, listed, newer
from tools.conformance.page import PASSED, page
from tools.conformance.station.cases import Case

ROOT = Path(__file__).parents[2]
HALF_A = ROOT / "tests/data/conformance/half_a.tsv"
LISTED = listed()
NEWER = newer()


@pytest.mark.parametrize("case", LISTED, ids=[case.id for case in LISTED])
def test_a_listed_case(case: Case) -> None:
    case.play()


def test_every_id_of_the_developers_half_is_a_case() -> None:
    lines = HALF_A.read_text(encoding="utf-8").splitlines()
    wanted = {line.split("\t")[0]: line.split("\t")[1] for line in lines}
    assert len(wanted) == 199
    assert {case.id: case.title for case in LISTED} == wanted


def test_the_page_lists_every_case() -> None:
    results = dict.fromkeys((case.id for case in [*LISTED, *further(), *NEWER]), PASSED)
    written = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    assert written == page(LISTED, further(), NEWER, results), "run: v2g conformance page"


def test_no_two_cases_have_one_id() -> None:
    ids = [case.id for case in [*LISTED, *further(), *NEWER]]
    assert len(set(ids)) == len(ids)
