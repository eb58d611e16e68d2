"""Everything wrong at once, each with place, wrong value, and an example of a right one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.ecuc.part import Part
from bsw.ecuc.tree import ConfigurationError
from tests.config.models import Model, Required


def problems(text: str, tmp_path: Path, model: type[Part] = Model) -> list[str]:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(model, (path,))
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def sayings() -> Iterator[tuple[str, str]]:
    """Blocks of ``problems.txt``: what stands in a file, and after ``=>`` what is said."""
    for block in (Path(__file__).parent / "problems.txt").read_text().split("\n\n"):
        text, _, said = block.strip().partition("\n=> ")
        yield text, said


@pytest.mark.parametrize(("text", "said"), list(sayings()))
def test_one_mistake_gives_one_message(text: str, said: str, tmp_path: Path) -> None:
    assert problems(text + "\n", tmp_path) == [said]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "lable: x\ntimeout: 1\nports:\n  - {nam: a}\n  - {mac: b}\nretries: x\n"
    assert [line.split(": ")[0] for line in problems(text, tmp_path)] == [
        "c.yaml:1:1",
        "c.yaml:2:10",
        "c.yaml:4:6",
        "c.yaml:5:11",
        "c.yaml:6:10",
    ]


def test_a_missing_value_says_what_it_could_be(tmp_path: Path) -> None:
    assert problems("port: {name: x}\n", tmp_path, Required) == [
        "c.yaml:1:1: interface: is missing; for example: eth1"
    ]


@pytest.mark.parametrize("text", ["pin: [hunter2]", "unlock: hunter2", "unlock: [hunter2]"])
def test_what_may_be_a_secret_is_not_repeated(text: str, tmp_path: Path) -> None:
    (said,) = problems(f"keys:\n  kind: pkcs11\n  {text}\n", tmp_path)
    assert "what stands there (not shown)" in said
    assert "hunter2" not in said


def test_problems_of_all_files_and_settings_come_together(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("label: x\n")
    bad.write_text("label: [\n")
    with pytest.raises(ConfigurationError) as caught:
        load(Model, (good, bad, tmp_path / "none.yaml"), ("x",))
    assert len(caught.value.problems) == 3


def test_a_mistake_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("label: x\nretries: y\n")
    assert problems("include: inner.yaml\n", tmp_path) == [
        "inner.yaml:2:10: retries: a whole number is wanted, not 'y'; for example: 3"
    ]


def test_a_wrong_setting_names_the_setting() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(Model, (), ("port.number=high",))
    assert str(caught.value) == (
        "--set port.number: port.number: a whole number is wanted, not 'high'; for example: 15118"
    )
