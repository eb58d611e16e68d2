"""Both attacks, short, on running ECUs: nothing is found, and every ECU ends in order."""

from pathlib import Path

import pytest

from tools.cli import main


@pytest.mark.long
@pytest.mark.parametrize(("target", "ecus", "requests"), [("station", 1, 60), ("vehicle", 4, 16)])
def test_a_short_attack_finds_nothing(
    target: str, ecus: int, requests: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--requests", str(requests), "--ecus", str(ecus), "--out", str(tmp_path)]
    status = main(["fuzz", target, "--seed", "3", *words])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "FOUND" not in said
    for kind in ("din", "iso2 dc", "iso2 ac"):
        assert kind in said
    assert said.count("load when warm") == ecus


def test_no_ecu_is_a_mistake_of_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "station", "--ecus", "0"]) == 2
    assert "--ecus is 1 or more" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_short_soak_of_both_roles_is_good(
    *, tls: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secure = ["--tls"] if tls else []
    status = main(["soak", "--seconds", "1", "--out", str(tmp_path), *secure])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert ("sessions of DIN70121 DC_extended" in said.out) is not tls
    assert "1 sessions of ISO15118D2 DC_extended" in said.out
    assert "up to 50 A" in said.out
    trace = (tmp_path / "ecus" / "evcc.trace.jsonl").read_text()
    assert ("PaymentDetailsReq" in trace) is tls, "the contract pays over TLS"
    assert "evcc: " in said.out
    assert "secc: " in said.out
