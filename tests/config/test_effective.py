"""The effective configuration can be loaded again and says where each value came from."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.ecuc.load import load
from bsw.ecuc.part import Part
from bsw.ecuc.show import effective, source_of
from tests.config.models import Model, Software


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_each_changed_value_carries_its_source(tmp_path: Path) -> None:
    first = written(tmp_path / "a.yaml", "label: x\ntimeout: 250 ms\nport:\n  number: 7\n")
    second = written(tmp_path / "b.yaml", "port: {name: other}\n")
    found = load(Model, (first, second), ("retries=9",))
    lines = list(effective(found.config, found.tree))
    assert f"label: x  # {first}:1" in lines
    assert "timeout: 250 ms" in lines  # written, but the default
    assert f"  number: 7  # {first}:4" in lines
    assert f"  name: other  # {second}:1" in lines
    assert "retries: 9  # --set retries" in lines
    assert "voltage: 400 V" in lines
    assert source_of(found.tree, "port", "number") == f"{first}:4"
    assert source_of(found.tree, "voltage") == ""


SAMPLE = """
label: "no"
timeout: 1500 ms
patience: 1 h
port: {mac: 10:20:30:40:50:11}
ports: [{name: "a: b"}, {name: "#"}]
protocols: []
keys: {kind: pkcs11, pin: "x"}
counts: {on: 1, "2": 2}
octets: 001122
tls: false
"""


def test_what_is_printed_loads_to_the_same(tmp_path: Path) -> None:
    first = load(Model, (written(tmp_path / "a.yaml", SAMPLE),))
    text = "\n".join(effective(first.config, first.tree))
    again = load(Model, (written(tmp_path / "b.yaml", text),))
    assert again.config == first.config


LABELS = st.text(st.characters(exclude_categories=["C"]), max_size=20)


@given(label=LABELS, key=LABELS)
def test_any_text_survives_printing_and_loading(
    label: str, key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = Software(folder=Path("/var/lib/keys"))
    config = Model(label=label, counts={key: 1} if key != "<<" else {}, keys=keys)
    empty = load(Model)
    text = "\n".join(effective(config, empty.tree))
    again = load(Model, (written(tmp_path_factory.mktemp("c") / "c.yaml", text),))
    assert again.config == config


class Room(Part):
    patience: int = 1
    tolerant: bool = False


class House(Part):
    room: Room = Room(patience=5, tolerant=True)


class Street(Part):
    house: House = House()


def test_one_value_of_a_part_leaves_the_others_at_the_default_of_that_place(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("house: {room: {patience: 9}}\n")
    assert load(Street, (path,)).config.house.room == Room(patience=9, tolerant=True)
    path.write_text("house: {room: {}}\n")
    assert load(Street, (path,)).config == Street()
