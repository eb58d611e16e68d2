"""``--json``: every line of the standard output is JSON, and the exit status says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from bsw.trace import MemoryTrace, Trace
from pilotwire import pki
from tools.cli import main
from tools.dev.measure.figures import LEDGER, keep


def said(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def written(path: Path, *, cut: bool = False) -> Path:
    memory = MemoryTrace()
    trace = Trace(lambda: 7, (memory,))
    trace.begin(role="evcc")
    trace.add("stage", name="here")
    trace.end()
    lines = [record.line for record in memory.records]
    path.write_text("".join(lines[:-1] if cut else lines))
    return path


@pytest.mark.parametrize("cut", [False, True])
def test_a_trace(*, cut: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "x.jsonl", cut=cut)
    assert main(["trace", "check", "--json", str(file)]) == int(cut)
    (verdict,) = said(capsys)
    assert verdict["intact"] is not cut
    assert verdict["records"] == (2 if cut else 3)
    assert main(["trace", "show", "--json", str(file)]) == 0
    assert [record["kind"] for record in said(capsys)][:2] == ["begin", "stage"]
    file.write_text("no record\n")
    assert main(["trace", "show", "--json", str(file)]) == 1


def test_conformance(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "list", "--json"]) == 0
    cases = said(capsys)
    assert len(cases) > 1_000
    assert main(["conformance", "run", "--json", cases[0]["id"]]) == 0
    assert said(capsys)[0] == {**cases[0], "passed": True, "result": "passed"}


def test_chains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = pki.make("iso2")
    root, good, bad = tmp_path / "root.pem", tmp_path / "good.pem", tmp_path / "bad.pem"
    root.write_bytes(made["v2g_root"].pem)
    good.write_bytes(made["secc"].chain_pem)
    bad.write_bytes(pki.make("iso2")["secc"].chain_pem)
    words = ["pki", "show", "--json", "--use", "secc", "--root", str(root)]
    assert main([*words, str(good)]) == 0
    (told,) = said(capsys)
    assert told["trusted"] is True
    assert len(told["certificates"]) == 3
    assert main([*words, str(bad)]) == 1
    (told,) = said(capsys)
    assert told["trusted"] is False
    assert told["reason"] == told["findings"][0]["reason"]


def test_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(LEDGER, "figures", {})

    def measured() -> None:
        print("speed 10 us")  # noqa: T201 - as benches do
        keep("speed", 10.0, "us")

    monkeypatch.setattr("tools.dev.measure.exi.main", measured)
    assert main(["measure", "exi", "--json"]) == 0
    assert said(capsys) == [{"figures": {"exi: speed": [10.0, "us"]}}]
