"""The page of cases is the one the tests make, and each case has a test or a reason."""

import pytest

from tools.dev.ocpp import PAGE, Reasons, found_in, named_in_tests, page


def test_the_page_is_the_one_the_tests_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tools.dev.ocpp"


def test_a_name_in_a_list_of_parameters_counts() -> None:
    assert any("starts_at_its_point" in each.name for each in named_in_tests()["TC_E_09_CS"])


def test_the_longest_prefix_gives_the_reason() -> None:
    known = Reasons([["B", "short", "open"], ["B09", "long", "not here"], ["D", "bare"]])
    assert (known.why("B09.FR.01"), known.is_elsewhere("B09.FR.01")) == ("long", True)
    assert (known.why("B10.FR.01"), known.is_elsewhere("B10.FR.01")) == ("short", False)
    assert (known.why("D01.FR.01"), known.is_elsewhere("D01.FR.01")) == ("bare", False)
    assert not known.why("C01.FR.01")


@pytest.mark.parametrize(
    ("source", "versions"),
    [
        ("@ALL\ndef test_x(version): ...", {"1.6", "2.0.1", "2.1"}),
        ("@SINCE_2\ndef test_x(version): site(Version.V16)", {"2.0.1", "2.1"}),
        ('@p("version", [Version.V21])\ndef test_x(version): ...', {"2.1"}),
        ('@p("version", Version)\ndef test_x(version): ...', {"1.6", "2.0.1", "2.1"}),
        ('MINE = p("version", [Version.V16])\n@MINE\ndef test_x(version): ...', {"1.6"}),
        ("def test_x(folder): site(folder, Version.V201)", {"2.0.1"}),
        ("def test_x(): compute()", {"1.6", "2.0.1", "2.1"}),
    ],
)
def test_a_test_counts_for_the_versions_it_runs_in(source: str, versions: set[str]) -> None:
    [(test, _)] = found_in(source)
    assert set(test.versions) == versions
