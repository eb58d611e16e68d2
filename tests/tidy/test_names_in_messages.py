"""A tool that refuses says by which command it speaks: ``v2g dbc: ...``."""

from pathlib import Path

import pytest

from tools.cli import main


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["dbc", "page", "--matrix", "NOTHING"], "v2g dbc: "),
        (["slac", "keys", "--nmk", "xyz"], "v2g slac"),
        (["pki", "vectors", "NOTHING"], "v2g pki vectors: "),
        (["pki", "show", "--root", "NOTHING", "NOTHING"], "v2g pki show: "),
        (["exi", "check", "NOTHING"], "v2g exi check: "),
        (["decode", "NOTHING"], "v2g decode: "),
        (["trace", "check", "NOTHING"], "v2g trace: "),
        (["measure", "nothing"], "v2g measure: "),
        (["conformance", "run", "nothing"], "v2g conformance: "),
        (["bench", "hardware", "--soc", "101"], "v2g bench hardware: "),
    ],
    ids=lambda one: one if isinstance(one, str) else " ".join(one[:2]),
)
def test_a_refusal_names_its_command(
    words: list[str], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(tmp_path / "nothing") if word == "NOTHING" else word for word in words]
    try:
        status = main(given)
    except SystemExit as ended:
        status = int(ended.code or 0)
    lines = capsys.readouterr().err.splitlines()
    assert status in {1, 2}
    assert any(line.startswith(name) for line in lines), lines
    assert not any("Traceback" in line for line in lines)
