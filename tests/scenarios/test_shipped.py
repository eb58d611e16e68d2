"""Every shipped scenario, played to its end on the virtual clock."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tools.bench.scenarios.find import SHIPPED, names, read
from tools.bench.scenarios.player import Player
from tools.bench.scenarios.schema import SCHEMA, schema
from tools.cli import main

LONG = {
    *("charge", "acdp-stuck", "acdp-rolls-away", "wpt-foreign-object", "wpt-misaligned"),
    *("far-away", "customer-refused", "iso20-mcs", "iso20-or-iso2", "small-charger"),
}
"""Half an hour of both ECUs, and what has a relative that is quick to play."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in names()],
)
def test_it_ends_as_it_says(name: str, tmp_path: Path) -> None:
    player = Player(read(name), tmp_path)
    try:
        assert player.play().wrong == ()
        assert player.pair.hardware.vehicle.hard_openings == 0 or "emergency" in name
    finally:
        player.close()


def test_there_are_scenarios_for_what_users_ask_first() -> None:
    assert len(names()) >= 20
    assert {"charge", "din", "ac-three-phase", "dc-contract-installation", "prices"} <= set(names())


def test_a_copy_has_the_schema_beside_it_that_its_first_line_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    assert main(["bench", "list", "dc-card", "--to", str(mine)]) == 0
    assert f"v2g bench run {mine}" in capsys.readouterr().out
    beside = json.loads((tmp_path / SCHEMA).read_text(encoding="utf-8"))
    assert jsonschema_rs.validator_for(beside).is_valid(yaml.safe_load(mine.read_text()))
    assert read(str(mine)) == read("dc-card")
    for name in names():
        first = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={SCHEMA}", name
    assert main(["bench", "list", "dc-card", "--to", str(mine)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_the_editors_schema_takes_each_and_refuses_what_is_wrong() -> None:
    judge = jsonschema_rs.validator_for(json.loads(json.dumps(schema())))
    for name in names():
        written = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
        assert judge.is_valid(written), name
        assert not judge.is_valid({**written, "vehicel": {}})
        assert not judge.is_valid({**written, "vehicle": {"soc": 20}})
