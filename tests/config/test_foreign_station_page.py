"""The page about foreign stations shows a configuration that is one."""

import re
from pathlib import Path

from bsw.ecuc.load import load
from evcc.config import EvccConfig

PAGE = (Path(__file__).parents[2] / "docs" / "foreign-station.md").read_text(encoding="utf-8")


def test_the_ten_lines_are_ten_and_are_taken(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(block.splitlines()) == 10
    path = tmp_path / "evcc.yaml"
    path.write_text(block)
    config = load(EvccConfig, (path,), outside=False).config
    assert config.session.security == "tls"
    assert config.keym.folder.name == "certificates"


def test_each_key_of_its_table_is_one() -> None:
    keys = re.findall(r"`((?:session|keym)[.\w]+): (\w+)`", PAGE)
    assert len(keys) >= 4
    for key, value in keys:
        load(EvccConfig, (), (f"{key}={value}",), outside=False)
