"""``v2g slac``: what a person types and reads."""

import re
from pathlib import Path

import pytest

from tools.cli import main

MATCH_CNF = (
    "02000000ee01020000005e0188e1017d60000000005600000000000000000000000000000000000002000000ee01"
    "0000000000000000000000000000000000020000005e0102000000ee0100010000000000000000026bcba5354e08"
    "00b59319d7e8157ba001b018669ccee30d"
)


def slac(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["slac", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_sim_tells_how_it_ended_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = slac(capsys, "sim", "--runs", "20", "--loss", "0.1", "--stations", "3")
    assert status == 0
    assert "own station runs=20" in out
    assert re.search(r"median=\d+", out)


def test_sim_is_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sim", "--loss", "0.3", "--jitter", "5", "--seed", "8", "-vv")
    assert slac(capsys, *words) == slac(capsys, *words)


def test_sim_shows_frames_and_events_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, quiet = slac(capsys, "sim")
    _, _, events = slac(capsys, "sim", "-v")
    _, _, frames = slac(capsys, "sim", "-vv")
    assert quiet == ""
    assert "linked peer=02:00:00:00:5e:02" in events
    assert "CM_SLAC_MATCH.CNF" in frames


def test_sim_writes_a_capture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "sim.pcapng"
    assert slac(capsys, "sim", "--capture", str(path))[0] == 0
    assert path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"


def test_sim_has_a_status_for_a_bad_end(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = slac(capsys, "sim", "--attenuation", "90")
    assert status == 1
    assert "own station" not in out


def test_settings_reach_the_machines(capsys: pytest.CaptureFixture[str]) -> None:
    def median(*words: str) -> float:
        found = re.search(r"median=([\d.e+]+)", slac(capsys, "sim", *words)[1])
        assert found is not None
        return float(found[1])

    slower = median("--set", "timing.tp_link_ready_notification=1000")
    assert slower == pytest.approx(median() + 800)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("timing", "write it as room.name=value"),
        ("timing.tt_nonsense=1", "no such setting; there are tt_evse_slac_init"),
        ("weather.rain=1", "no such setting; there are timing, counts"),
        ("timing.tt_match_response=-5", "timing.tt_match_response: Input should be greater"),
        ("modem.dialect=klingon", "modem.dialect: 'klingon' is no dialect known"),
    ],
)
def test_a_wrong_setting_is_explained(
    capsys: pytest.CaptureFixture[str], setting: str, complaint: str
) -> None:
    status, _, err = slac(capsys, "sim", "--set", setting)
    assert status == 2
    assert complaint in err


def test_settings_lists_every_setting_with_its_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = slac(capsys, "settings")
    assert status == 0
    assert "timing.tt_match_join" in out
    assert "(field: True)" in out
    without = [line for line in out.splitlines() if not re.match(r"\S+ +\S.*  +\S", line)]
    assert without == []


def test_key_derives_from_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = slac(capsys, "key", "--password", "HomePlugAV")
    assert status == 0
    assert "nmk=50d3e4933f855b7040784df815aa8db7 nid=b0f2e695666b03" in out


def test_key_gives_the_identifier_of_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = slac(capsys, "key", "--nmk", "101112131415161718191a1b1c1d1e1f")
    assert "nid=3d94a6a868ad0a" in out


@pytest.mark.parametrize("nmk", ["", "xyz", "1234"])
def test_key_explains_what_a_key_is(capsys: pytest.CaptureFixture[str], nmk: str) -> None:
    status, _, err = slac(capsys, "key", "--nmk", nmk)
    assert status == 2
    assert "32 hex digits" in err


def test_decode_names_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = slac(capsys, "decode", MATCH_CNF)
    assert status == 0
    assert out.startswith("CM_SLAC_MATCH.CNF 02:00:00:00:5e:01 -> 02:00:00:00:ee:01")
    assert "  nid = 026bcba5354e08" in out


def test_decode_explains_what_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = slac(capsys, "decode", MATCH_CNF[:120], "zz")
    assert status == 1
    assert "malformed: SlacMatchCnf needs 90 octets" in err
    assert "not hex" in err


@pytest.mark.parametrize("role", ["ev", "evse"])
def test_a_host_command_explains_a_missing_interface(
    capsys: pytest.CaptureFixture[str], role: str
) -> None:
    status, _, err = slac(capsys, role, "-i", "nope0")
    assert status == 1
    assert "no raw socket on nope0" in err
