"""The ARXML files that come with the product are right and up to date."""

from pathlib import Path

import pytest
from autosar_data import AutosarModel
from autosar_data.abstraction import AutosarModelAbstraction
from autosar_data.abstraction.ecu_configuration import EcucModuleDef

from bsw.base_config import BaseConfig
from bsw.ecuc.load import load
from bsw.program.shipped import shipped
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.arxml.files import generated
from tools.cli import main as v2g

FILES = generated()
MODELS: dict[str, type[BaseConfig]] = {"evcc": EvccConfig, "secc": SeccConfig}


@pytest.mark.parametrize("name", FILES)
def test_the_committed_file_is_what_is_generated(name: str) -> None:
    committed = shipped("arxml", name).read_text(encoding="utf-8")
    assert committed == FILES[name](), "run v2g arxml generate"


def test_nothing_else_is_shipped() -> None:
    assert {path.name for path in shipped("arxml").glob("*.arxml")} == set(FILES)


def test_all_files_together_follow_the_schema_and_refer_to_nothing_missing() -> None:
    model = AutosarModel()
    for name in FILES:
        _, warnings = model.load_file(str(shipped("arxml", name)), True)
        assert warnings == []
    assert model.check_references() == []


@pytest.mark.parametrize("role", MODELS)
def test_the_default_values_are_the_defaults(role: str) -> None:
    path = shipped("arxml", f"{role}_defaults.arxml")
    assert load(MODELS[role], (path,)).config == MODELS[role]()


@pytest.mark.parametrize("role", MODELS)
def test_each_room_is_a_module_a_foreign_tool_finds(role: str) -> None:
    model = AutosarModelAbstraction.from_file(
        str(shipped("arxml", "pilotwire_ecuc_definition.arxml"))
    )
    for room in MODELS[role].model_fields:
        module = model.get_element_by_path(f"/Pilotwire/{role}/{room}")
        assert module is not None, room
        assert [c.name for c in EcucModuleDef(module).containers()] == ["settings"]


def test_ranges_defaults_and_descriptions_are_in_the_definition() -> None:
    text = shipped("arxml", "pilotwire_ecuc_definition.arxml").read_text()
    _, _, after = text.partition("<SHORT-NAME>fifo_priority</SHORT-NAME>")
    parameter, _, _ = after.partition("</ECUC-INTEGER-PARAM-DEF>")
    for said in ("SCHED_FIFO priority", "<MIN>0<", "<MAX>99<", "<DEFAULT-VALUE>0<"):
        assert said in parameter


def test_no_place_of_this_machine_is_in_them() -> None:
    for name in FILES:
        text = shipped("arxml", name).read_text()
        assert str(Path.home()) + "/" not in text
        assert str(shipped("arxml").parent) not in text


def test_a_stale_file_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes(shipped("arxml", name).read_bytes())
    words = ["arxml", "generate", "--output", str(tmp_path), "--check"]
    assert v2g(words) == 0
    (tmp_path / "station_bus.arxml").write_text("")
    assert v2g(words) == 1
    assert "station_bus.arxml: not up to date" in capsys.readouterr().out
