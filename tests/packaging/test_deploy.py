"""What is deployed names commands, options, places and files that exist."""

import argparse
import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from bsw.base_config import BaseConfig
from bsw.program.cli import Role
from bsw.program.cli import parser as parser_of
from evcc.cli import main as evcc
from evcc.config import EvccConfig
from secc.cli import main as secc
from secc.config import SeccConfig
from tests.packaging.test_wheel import built, copy, names
from tests.tidy.tree import ROOT
from tools.setup.release import locked
from tools.setup.say import Failed

__all__ = ["copy"]  # the fixture

SYSTEMD = ROOT / "deploy" / "systemd"
ROLES: dict[str, type[BaseConfig]] = {"evcc": EvccConfig, "secc": SeccConfig}
MAIN = {"evcc": evcc, "secc": secc}


def settings(path: Path) -> list[tuple[str, str]]:
    """A unit file as its keys and values, in order."""
    lines = [line for line in path.read_text().splitlines() if line and line[0] not in "#["]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def of(path: Path, key: str) -> str:
    (value,) = [said for name, said in settings(path) if name == key]
    return value


def unit(role: str) -> Path:
    return SYSTEMD / f"{role}.service"


@pytest.mark.parametrize("role", ROLES)
def test_the_unit_starts_a_command_that_exists_with_options_it_knows(role: str) -> None:
    program, *words = of(unit(role), "ExecStart").split()
    scripts = re.search(
        r"\[project\.scripts\]\n((?:\w.*\n)+)", (ROOT / "pyproject.toml").read_text()
    )
    assert scripts is not None
    assert f'{role} = "{role}.cli:main"' in scripts[1].splitlines()
    assert program == f"/opt/pilotwire/bin/{role}"
    parser = parser_of(Role(role, "", lambda: ROLES[role], lambda _: 0))
    arguments: argparse.Namespace = parser.parse_args(words)
    assert [str(path) for path in arguments.config] == [f"/etc/pilotwire/{role}.yaml"]
    assert f"/etc/{of(unit(role), 'ConfigurationDirectory')}" == "/etc/pilotwire"
    assert (ROOT / "deploy" / "config" / f"{role}.yaml").is_file()


@pytest.mark.parametrize("role", ROLES)
def test_the_unit_leaves_the_ordered_stop_its_time(role: str) -> None:
    config = ROLES[role]()
    seconds = int(of(unit(role), "TimeoutStopSec").removesuffix("s"))
    assert seconds * 10**9 > config.os.stop_within
    assert of(unit(role), "Type") == "notify"
    assert of(unit(role), "WatchdogSec")
    assert of(unit(role), "RestartPreventExitStatus") == "2"


@pytest.mark.parametrize("role", ROLES)
def test_the_working_folder_is_the_state_folder_the_unit_makes(role: str) -> None:
    state = of(unit(role), "StateDirectory")
    assert of(unit(role), "WorkingDirectory") == f"/var/lib/{state}"
    assert of(unit(role), "ProtectSystem") == "strict"


@pytest.mark.parametrize("role", ROLES)
def test_raw_frames_are_all_a_unit_may_do_beyond_a_user(role: str) -> None:
    for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert of(unit(role), key) == "CAP_NET_RAW"
    assert of(unit(role), "NoNewPrivileges") == "yes"


def test_the_template_for_more_outlets_is_the_unit_with_a_name_in_it() -> None:
    one, many = settings(unit("secc")), settings(SYSTEMD / "secc@.service")
    changed = {key: said for (key, was), (_, said) in zip(one, many, strict=True) if was != said}
    assert changed == {
        "Description": "Pilotwire in the station: outlet %i",
        "ExecStart": "/opt/pilotwire/bin/secc run -c /etc/pilotwire/secc-%i.yaml",
        "StateDirectory": "pilotwire-secc-%i",
        "RuntimeDirectory": "pilotwire-secc-%i",
        "WorkingDirectory": "/var/lib/pilotwire-secc-%i",
    }


@pytest.mark.parametrize("name", ["evcc", "evcc-plc-board", "secc"])
def test_the_example_configuration_is_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "deploy" / "config" / f"{name}.yaml"
    role = name[:4]
    assert MAIN[role](["check", "-c", str(path)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("role", ROLES)
def test_the_pin_a_drop_in_hands_over_is_one_a_configuration_can_name(
    role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, _, path = of(SYSTEMD / "token-pin.conf", "LoadCredential").partition(":")
    assert path.startswith("/etc/pilotwire/")
    assert f"{{credential: {name}}}" in (SYSTEMD / "token-pin.conf").read_text()
    assert MAIN[role](["check", "--set", f"csm.pkcs11.pin.credential={name}"]) == 0
    assert f"credential: {name}" in capsys.readouterr().out


def test_the_real_time_drop_in_grants_what_the_doctor_asks_for() -> None:
    granted = of(SYSTEMD / "realtime.conf", "AmbientCapabilities").split()
    assert granted == ["CAP_SYS_NICE", "CAP_IPC_LOCK"]
    assert of(SYSTEMD / "realtime.conf", "RestrictRealtime") == "no"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize(
    "drop_in", ["", "realtime.conf", "token-pin.conf", "tpm.conf", "serial.conf"]
)
@pytest.mark.parametrize("role", ROLES)
def test_systemd_takes_the_unit(role: str, drop_in: str, tmp_path: Path) -> None:
    path = tmp_path / f"{role}.service"
    program = of(unit(role), "ExecStart").split()[0]
    path.write_text(unit(role).read_text().replace(program, "/bin/true"))
    if drop_in:
        (tmp_path / f"{role}.service.d").mkdir()
        shutil.copy(SYSTEMD / drop_in, tmp_path / f"{role}.service.d")
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in ended.stderr.splitlines() if str(tmp_path) in line or role in line]
    assert (ended.returncode, said) == (0, [])


def test_the_guide_names_only_files_that_are_there() -> None:
    text = (ROOT / "docs" / "integration.md").read_text()
    named = set(re.findall(r"`(deploy/[\w./-]+|arxml/[\w./-]+|config/[\w./-]+)`", text))
    assert len(named) > 3
    for name in named:
        assert (ROOT / name).exists(), name


def test_the_container_runs_commands_and_settings_that_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = yaml.safe_load((ROOT / "deploy" / "container" / "compose.yaml").read_text())
    for role, main in MAIN.items():
        program, run, *words = recipe["services"][role]["command"]
        assert (program, run) == (role, "run")
        assert main(["check", *words]) == 0, capsys.readouterr().err
    program, *words = recipe["services"]["plc"]["command"]
    assert program == "v2g"
    assert words[:2] == ["slac", "modem"]
    text = (ROOT / "deploy" / "container" / "Dockerfile").read_text()
    assert "dist/requirements.txt" in text
    assert "USER pilotwire" in text


def test_the_list_of_a_release_pins_each_file(tmp_path: Path) -> None:
    for name in ("pilotwire-1.2-py3-none-any.whl", "PyYAML-6.0-cp311-cp311-linux_x86_64.whl"):
        (tmp_path / name).write_bytes(name.encode())
    digests = [
        hashlib.sha256(path.name.encode()).hexdigest() for path in sorted(tmp_path.iterdir())
    ]
    assert locked(tmp_path) == [
        f"pyyaml==6.0 --hash=sha256:{digests[0]}",
        f"pilotwire==1.2 --hash=sha256:{digests[1]}",
    ]
    (tmp_path / "pilotwire-1.2-py3-none-any.whl").unlink()
    with pytest.raises(Failed, match="has no wheel of pilotwire"):
        locked(tmp_path)


@pytest.mark.long
def test_units_and_arxml_files_are_in_the_wheel(copy: Path, tmp_path: Path) -> None:
    wheel = built(copy, tmp_path, PILOTWIRE_PURE="1")
    inside = names(wheel)
    for folder in ("arxml", "deploy/systemd", "deploy/config", "deploy/container"):
        for path in (copy / folder).iterdir():
            assert f"evcc/shipped/{folder}/{path.name}" in inside
    with zipfile.ZipFile(wheel) as file:
        shipped = file.read("evcc/shipped/deploy/systemd/evcc.service")
    assert shipped == unit("evcc").read_bytes()
