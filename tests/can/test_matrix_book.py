"""A book of matrices says what the files say, and is never believed about any other file."""

from pathlib import Path
from shutil import copyfile

import pytest

from can_adapter.matrix.book import EDITION, NAME, digest, recall, written
from can_adapter.matrix.model import SHIPPED, SHIPPED_PLUG, SHIPPED_STATION, load, shipped_matrix
from can_adapter.matrix.reader import read
from can_adapter.matrix.specs import MatrixError
from tools.dbc.book import book, put

ALL = (*SHIPPED, *SHIPPED_STATION, *SHIPPED_PLUG)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One matrix of an integrator's, not among the shipped ones."""
    text = shipped_matrix("ems.dbc").read_text(encoding="utf-8").replace("EMS_", "MY_")
    (tmp_path / "my.dbc").write_text(text, encoding="utf-8")
    return tmp_path


def asked(path: Path) -> object:
    return recall(path, path.read_bytes(), (path.parent,))


@pytest.mark.parametrize("name", ALL)
def test_the_shipped_book_says_what_cantools_reads(name: str) -> None:
    path = shipped_matrix(name)
    known = asked(path)
    assert known == read(path)
    assert repr(known) == repr(read(path))  # an integer stays one, which equality does not see


def test_the_shipped_book_is_what_the_tool_writes() -> None:
    folder = shipped_matrix("")
    assert (folder / NAME).read_text(encoding="utf-8") == book(folder), "run v2g dbc book"


def test_a_copy_of_a_shipped_matrix_is_known_wherever_it_lies(tmp_path: Path) -> None:
    copy = tmp_path / "renamed.dbc"
    copyfile(shipped_matrix("bms.dbc"), copy)
    matrix = load([copy])
    assert {spec.origin for spec in matrix} == {"renamed.dbc"}
    assert [spec.name for spec in matrix] == [spec.name for spec in read(copy)]


def test_an_integrators_own_matrices_get_a_book_of_their_own(folder: Path) -> None:
    path = folder / "my.dbc"
    assert asked(path) is None
    put(folder)
    known = recall(path, path.read_bytes(), (folder / "elsewhere", folder))
    assert known == read(path)


def test_a_matrix_that_was_changed_since_is_read_anew(folder: Path) -> None:
    put(folder)
    path = folder / "my.dbc"
    changed = path.read_text(encoding="utf-8").replace("MY_", "MINE_")
    path.write_text(changed, encoding="utf-8")
    assert asked(path) is None
    assert all(spec.name.startswith("MINE_") for spec in load([path]))


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("MY_", "NO_"),
        lambda text: text.replace(EDITION, "pilotwire matrices 0"),
        lambda _text: "",
        lambda _text: "{}",
        lambda _text: EDITION,
    ],
    ids=["cut off", "changed", "of another edition", "empty", "without a head", "only a head"],
)
def test_a_damaged_book_is_as_good_as_none(folder: Path, damage: object) -> None:
    assert callable(damage)
    path = put(folder)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert asked(folder / "my.dbc") is None
    assert load([folder / "my.dbc"]).messages == tuple(read(folder / "my.dbc"))


@pytest.mark.parametrize("octets", [b"\xff\xfe\x00book", bytes(4096)])
def test_a_book_of_other_octets_is_as_good_as_none(folder: Path, octets: bytes) -> None:
    (folder / NAME).write_bytes(octets)
    assert asked(folder / "my.dbc") is None


def test_a_folder_in_the_place_of_a_book_is_as_good_as_none(folder: Path) -> None:
    (folder / NAME).mkdir()
    assert asked(folder / "my.dbc") is None


def test_what_cannot_be_read_gets_no_book(folder: Path) -> None:
    (folder / "broken.dbc").write_text("BO_ nonsense", encoding="utf-8")
    with pytest.raises(MatrixError, match="broken"):
        put(folder)
    assert not (folder / NAME).exists()


def test_a_book_holds_each_file_once() -> None:
    path = shipped_matrix("inlet.dbc")
    text = written({digest(path.read_bytes()): read(path)})
    assert text.count("INLET_State") == text.count('["INLET_State"')
