"""One rule for every path of both roles: relative to the file it is written in."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from bsw.ecuc import shape
from bsw.ecuc.load import load
from bsw.ecuc.references import BesideItsFile
from evcc.config import EvccConfig
from secc.config import SeccConfig


def paths(hint: shape.Hint, place: str, beside: bool = False) -> Iterator[tuple[str, bool]]:  # noqa: FBT001, FBT002
    """Every key that holds a path, and whether it carries the mark."""
    inner, notes = shape.bare(hint)
    beside = beside or any(isinstance(note, BesideItsFile) for note in notes)
    model = shape.model_of(inner)
    if model is not None:
        for name, field in shape.hints(model).items():
            yield from paths(field, f"{place}.{name}")
    elif inner is Path:
        yield place, beside
    for argument in get_args(inner):
        yield from paths(argument, place, beside)


@pytest.mark.parametrize("role", [EvccConfig, SeccConfig])
def test_no_key_of_a_path_is_without_the_mark(role: type[BaseModel]) -> None:
    found = list(paths(role, role.__name__))
    assert len(found) > 10
    assert [place for place, beside in found if not beside] == []


@pytest.mark.parametrize("role", [EvccConfig, SeccConfig])
def test_keys_and_secrets_lie_beside_the_file_that_names_them(
    role: type[EvccConfig] | type[SeccConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "car").mkdir()
    file = tmp_path / "car" / "c.yaml"
    file.write_text(
        "csm:\n"
        "  software: {folder: keys, unlock: {file: unlock}}\n"
        "  pkcs11: {module: token.so, pin: {file: /run/pin}}\n"
    )
    monkeypatch.chdir(tmp_path)
    csm = load(role, (Path("car/c.yaml"),), outside=False).config.csm
    assert csm.software.folder == Path("car/keys")
    assert not isinstance(csm.software.unlock, str)
    assert csm.software.unlock.file == Path("car/unlock")
    assert csm.pkcs11.module == Path("car/token.so")
    assert csm.pkcs11.pin is not None
    assert csm.pkcs11.pin.file == Path("/run/pin")
