"""The page of cases is the one the tests make, and each case has a test or a reason."""

from tools.dev.ocpp import PAGE, named_in_tests, page, reason


def test_the_page_is_the_one_the_tests_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tools.dev.ocpp"


def test_a_name_in_a_list_of_parameters_counts() -> None:
    assert any("starts_at_its_point" in each for each in named_in_tests()["TC_E_09_CS"])


def test_the_longest_prefix_gives_the_reason() -> None:
    known = {"B": "short", "B09": "long"}
    assert reason("B09.FR.01", known) == "long"
    assert reason("B10.FR.01", known) == "short"
    assert not reason("C01.FR.01", known)
