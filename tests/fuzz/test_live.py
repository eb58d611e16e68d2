"""Both attacks, short, on running ECUs: nothing is found, and every ECU ends in order."""

from pathlib import Path

import pytest

from tools.cli import main


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "words", "kinds"),
    [
        ("station", ["--requests", "400"], ("din", "iso2 dc", "iso2 ac", "iso20 dc", "iso20 ac")),
        ("vehicle", ["--requests", "60"], ("din", "iso2 dc", "iso2 ac")),
        ("vehicle", ["--requests", "100", "--tls"], ("iso2 dc tls", "iso20 dc", "iso20 contract")),
    ],
    ids=["station", "vehicle", "vehicle over TLS"],
)
def test_a_short_attack_finds_nothing(
    target: str,
    words: list[str],
    kinds: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["fuzz", target, "--seed", "3", "--out", str(tmp_path), *words])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "FOUND" not in said
    for kind in kinds:
        assert f"\n{kind} " in said
    assert said.count("load when warm") == 1


@pytest.mark.long
def test_two_ecus_side_by_side_share_the_blows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--requests", "16", "--ecus", "2", "--out", str(tmp_path)]
    assert main(["fuzz", "vehicle", "--seed", "3", *words]) == 0
    assert capsys.readouterr().out.count("load when warm") == 2


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
