"""ARXML as other tools write it: the same said in another way is read the same."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from can_adapter.matrix.model import load as load_matrix
from evcc.config import EvccConfig
from tests.arxml.test_broken import GOOD

BUS = (Path(__file__).parents[2] / "arxml" / "station_bus.arxml").read_text(encoding="utf-8")
EVCC = GOOD.replace("ROLE", "evcc")


def prefixed(text: str) -> str:
    return re.sub(r"<(/?)([A-Z])", r"<\1ar:\2", text).replace("xmlns=", "xmlns:ar=", 1)


def prefixed_among_others(text: str) -> str:
    """With a default namespace that nobody uses, and quotes of the other kind."""
    return prefixed(text).replace("<ar:AUTOSAR ", "<ar:AUTOSAR xmlns='urn:other' ", 1)


def without_location(text: str) -> str:
    return re.sub(r'\s+xsi:schemaLocation="[^"]*"', "", text, count=1)


def without_header(text: str) -> str:
    return text.partition("?>")[2].lstrip()


def utf_16(text: str) -> bytes:
    return text.replace('encoding="utf-8"', 'encoding="UTF-16"', 1).encode("utf-16")


def utf_16_without_mark(text: str) -> bytes:
    return text.encode("utf-16-be")


def all_at_once(text: str) -> bytes:
    return utf_16(prefixed(without_location(text)))


WAYS: list[Callable[[str], str | bytes]] = [
    prefixed,
    prefixed_among_others,
    without_location,
    without_header,
    utf_16,
    utf_16_without_mark,
    all_at_once,
]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_configuration_is_read(way: Callable[[str], str | bytes], tmp_path: Path) -> None:
    loaded = load(EvccConfig, (written(tmp_path / "c.arxml", way(EVCC)),))
    assert loaded.config == load(EvccConfig, (written(tmp_path / "d.arxml", EVCC),)).config
    assert loaded.config.log.burst == 7


@pytest.mark.parametrize("way", WAYS)
def test_a_bus_is_read(way: Callable[[str], str | bytes], tmp_path: Path) -> None:
    path = written(tmp_path / "bus.arxml", way(BUS))
    same = written(tmp_path / "same.arxml", BUS)
    assert list(load_matrix([path]).paths()) == list(load_matrix([same]).paths())


@pytest.mark.parametrize("package", ["/Acme/Definitions/evcc", "/evcc", "/ActiveEcuC", "/A/B/C"])
def test_our_definition_may_stand_in_another_package(package: str, tmp_path: Path) -> None:
    text = EVCC.replace("/Pilotwire/evcc", package)
    config = load(EvccConfig, (written(tmp_path / "c.arxml", text),)).config
    assert config.log.burst == 7


@pytest.mark.parametrize("package", ["/Pilotwire/secc", "/Pilotwire/other"])
def test_the_modules_of_another_role_are_not_ours(package: str, tmp_path: Path) -> None:
    text = EVCC.replace("/Pilotwire/evcc", package)
    with pytest.raises(ConfigurationError, match="holds no values of modules"):
        load(EvccConfig, (written(tmp_path / "c.arxml", text),))


def test_a_mistake_is_named_with_its_line_whatever_the_form(tmp_path: Path) -> None:
    for number, way in enumerate(WAYS):
        path = written(tmp_path / f"{number}.arxml", way(EVCC.replace(">7<", ">seven<")))
        with pytest.raises(ConfigurationError) as refused:
            load(EvccConfig, (path,))
        line = 16 if way is without_header else 17
        assert f":{line}:" in str(refused.value)
