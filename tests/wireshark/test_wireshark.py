"""The dissector shows what our decoder reads; tshark, where there is one, is the judge."""

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from tests.capture.makers import connection, framed, pcapng_of
from tests.capture.test_decode import ONE, moved, place
from tools.cli import main
from tools.wireshark.table import quoted

TSHARK = shutil.which("tshark")
needs_tshark = pytest.mark.skipif(TSHARK is None, reason="needs tshark (apt-get install tshark)")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "one.pcapng"
    late = moved(ONE, place(ONE, "CurrentDemandRes"), 400)
    path.write_bytes(pcapng_of(connection(framed(late))))
    return path


def tshark(capture: Path, *words: str) -> list[str]:
    """What it prints, with the table of this capture."""
    table = capture.with_suffix(".lua")
    assert main(["wireshark", "table", "-o", str(table), str(capture)]) == 0
    script = files("tools.wireshark").joinpath("v2gtp.lua")
    loaded = ["-X", f"lua_script:{script}", "-X", f"lua_script1:{table}"]
    ran = subprocess.run(
        [str(TSHARK), *loaded, "-r", str(capture), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ERROR" not in ran.stderr.upper().replace("RUNNING AS USER", ""), ran.stderr
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def fields(capture: Path, filtered: str, *names: str) -> list[list[str]]:
    asked = [word for name in names for word in ("-e", name)]
    lines = tshark(capture, "-Y", filtered, "-T", "fields", *asked)
    return [line.split("\t") for line in lines]


@needs_tshark
def test_every_message_has_its_name_and_every_value(capture: Path) -> None:
    found = fields(capture, "v2gtp.message", "v2gtp.message", "v2gtp.code")
    assert len(found) == len(ONE.frames)
    assert found[0] == ["SupportedAppProtocolReq", ""]
    assert ["CurrentDemandRes", "OK"] in found


@needs_tshark
def test_a_value_is_a_number_of_its_own_for_filters_and_graphs(capture: Path) -> None:
    name = "v2gtp.v.EVSEPresentVoltage"
    found = fields(capture, f"{name} > 300", "v2gtp.message", name)
    assert {row[0] for row in found} <= {"PreChargeRes", "CurrentDemandRes", "WeldingDetectionRes"}
    assert found
    assert all(float(row[1]) > 300 for row in found)


@needs_tshark
def test_what_broke_a_rule_stands_at_its_message(capture: Path) -> None:
    ((name, wrong),) = fields(capture, "v2gtp.wrong", "v2gtp.message", "v2gtp.wrong")
    assert name == "CurrentDemandRes"
    assert wrong.startswith("answer: CurrentDemandRes after ")


@needs_tshark
def test_the_colour_rules_are_filters_that_it_knows(capture: Path) -> None:
    rules = files("tools.wireshark").joinpath("v2g.colorfilters").read_text(encoding="utf-8")
    filters = [line.split("@")[2] for line in rules.splitlines() if line.startswith("@")]
    assert len(filters) == 6
    assert len(tshark(capture, "-Y", " or ".join(f"({one})" for one in filters))) == len(ONE.frames)


def test_the_table_holds_a_message_once_whatever_is_in_it(capture: Path) -> None:
    capture.write_bytes(pcapng_of([*connection(framed(ONE)), *connection(framed(ONE))]))
    table = capture.with_suffix(".lua")
    assert main(["wireshark", "table", "-o", str(table), str(capture)]) == 0
    text = table.read_text(encoding="ascii")
    assert text.count(ONE.frames[0].payload.hex()) == 1
    assert text.startswith("return {\n")
    assert text.endswith("}\n")


def test_install_puts_dissector_and_colours_where_wireshark_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plugins"
    assert main(["wireshark", "install", "--folder", str(folder)]) == 0
    assert {one.name for one in folder.iterdir()} == {"v2gtp.lua", "v2g.colorfilters"}
    assert "v2gtp.table.lua" in capsys.readouterr().out


def test_what_is_not_there_is_said(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["wireshark", "open", "--with", "no-such-shark"]
    assert main([*words, str(capture)]) == 1
    assert "v2g wireshark: no no-such-shark here" in capsys.readouterr().err
    assert main(["wireshark", "table", str(capture.with_name("none"))]) == 2
    assert "v2g wireshark: " in capsys.readouterr().err


def test_texts_become_lua_whatever_is_in_them() -> None:
    assert quoted('a"b\\c\n') == '"a\\034b\\092c\\010"'
