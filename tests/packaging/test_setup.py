"""The set-up of a fresh machine, as far as it can be tried on one that is not."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bsw.program.doctor import DISTRIBUTION, State, capabilities, rooms
from tests.tidy.tree import ROOT
from tools.setup import pins
from tools.setup.constraints import merged
from tools.setup.debian import listed, missing
from tools.setup.environment import _fingerprint
from tools.setup.say import Failed


def test_the_list_of_debian_packages_says_what_for() -> None:
    packages = listed(ROOT / "packages.txt")
    assert all(package.purpose for package in packages)
    assert "python3-venv" in [package.name for package in packages if package.to_run]
    assert len({package.name for package in packages}) == len(packages)


def test_a_list_is_read_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "packages.txt"
    path.write_text("# head\n\na  # run: to start\nb # tests of b\nc\n")
    assert [(p.name, p.purpose, p.to_run) for p in listed(path)] == [
        ("a", "to start", True),
        ("b", "tests of b", False),
        ("c", "", False),
    ]


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="no Debian here")
def test_what_is_not_installed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "packages.txt"
    path.write_text("dpkg  # surely\nno-such-package-here  # surely not\n")
    assert [package.name for package in missing(listed(path))] == ["no-such-package-here"]


def test_constraints_have_markers_only_where_pythons_differ() -> None:
    found = {
        "3.10": {"a": "1", "b": "1", "old": "7"},
        "3.11": {"a": "1", "b": "2"},
        "3.12": {"a": "1", "b": "2"},
        "3.13": {"a": "1", "b": "3"},
    }
    assert merged(found) == [
        "a==1",
        'b==1 ; python_version == "3.10"',
        'b==2 ; python_version == "3.11" or python_version == "3.12"',
        'b==3 ; python_version >= "3.13"',
        'old==7 ; python_version == "3.10"',
    ]


def test_a_marker_of_the_place_goes_with_that_of_the_python() -> None:
    found = {"3.10": {"a": "1", "b": "1"}, "3.11": {"a": "1"}}
    assert merged(found, 'platform_machine != "x86_64"') == [
        'a==1 ; platform_machine != "x86_64"',
        'b==1 ; (python_version == "3.10") and (platform_machine != "x86_64")',
    ]


def pinned(section: str) -> dict[str, list[Requirement]]:
    """What a section pins, by name."""
    found: dict[str, list[Requirement]] = {}
    text = pins.section(ROOT / pins.FILE, section).replace("\\\n", "")
    for line in text.splitlines():
        if not line.startswith("#") and line:
            requirement = Requirement(re.sub(r" +--hash=\S+", "", line))
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize("section", pins.SECTIONS)
def test_each_line_names_one_version_and_the_hashes_of_its_files(section: str) -> None:
    text = pins.section(ROOT / pins.FILE, section).replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[\w.-]+==[\w.]+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}( |$)", line), line


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_what_we_ask_for_is_pinned_for_each_python_and_processor(python: str, machine: str) -> None:
    tomllib = pytest.importorskip("tomllib", reason="reads pyproject.toml; Python 3.11 or newer")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    here = {"python_version": python, "python_full_version": f"{python}.1"}
    here["platform_machine"] = machine
    extras = project["project"]["optional-dependencies"]
    wanted = {
        pins.BUILD: project["build-system"]["requires"],
        pins.RUN: project["project"]["dependencies"],
        pins.TEST: extras["test"],
    }
    for section, asked in wanted.items():
        given = pinned(section) | (pinned(pins.BUILD) if section != pins.BUILD else {})
        for requirement in map(Requirement, asked):
            lines = given[canonicalize_name(requirement.name)]
            (line,) = [one for one in lines if not one.marker or one.marker.evaluate(here)]
            (version,) = line.specifier
            assert requirement.specifier.contains(version.version), (requirement, line)


def tiny_wheel(folder: Path) -> Path:
    path = folder / "pilotwire_tiny-1-py3-none-any.whl"
    info = "pilotwire_tiny-1.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pilotwire_tiny.py", "")
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: pilotwire-tiny\nVersion: 1\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return path


def test_a_file_with_another_hash_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tiny_wheel(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "installed"))
    line = "pilotwire-tiny==1 --hash=sha256:"
    python, scratch = Path(sys.executable), tmp_path / "listed"
    with pytest.raises(Failed, match="gave for pilotwire-tiny==1 is not the file"):
        pins.hashed(python, line + "0" * 64, scratch)
    assert not (tmp_path / "installed" / "pilotwire_tiny.py").exists()
    pins.hashed(python, line + hashlib.sha256(wheel.read_bytes()).hexdigest(), scratch)
    assert (tmp_path / "installed" / "pilotwire_tiny.py").exists()


def test_a_package_that_is_not_there_is_another_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Failed, match="Is there a network"):
        pins.hashed(Path(sys.executable), f"none==1 --hash=sha256:{'0' * 64}", tmp_path / "listed")


def test_a_changed_dependency_or_source_makes_the_environment_anew(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "setup.py", "constraints.txt", "bsw/exi/_core.c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    prints = {_fingerprint(tmp_path, tmp_path / ".venv")}
    for name in ("pyproject.toml", "setup.py", "constraints.txt", "bsw/exi/_core.c"):
        (tmp_path / name).write_text("2")
        prints.add(_fingerprint(tmp_path, tmp_path / ".venv"))
    prints.add(_fingerprint(tmp_path, tmp_path / "moved" / ".venv"))
    assert len(prints) == 6


def test_the_set_up_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path.insert(0, '.'); from tools.setup import debian, environment, steps"
    ended = subprocess.run(
        [sys.executable, "-S", "-I", "-c", code], cwd=ROOT, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_doctor_finds_a_foreign_owner_of_our_names() -> None:
    (clean,) = rooms({"bsw": [DISTRIBUTION], "numpy": ["numpy"]})
    assert clean.state is State.OK
    (foreign,) = rooms({"bsw": [DISTRIBUTION, "bsw"], "csm": [DISTRIBUTION]})
    assert foreign.wrong
    assert "pip uninstall bsw" in foreign.detail


def test_doctor_names_missing_capabilities_with_the_remedy() -> None:
    found = {finding.what: finding for finding in capabilities(1 << 13)}
    assert found["CAP_NET_RAW"].state is State.OK
    assert found["CAP_SYS_NICE"].state is State.LACKS
    assert "AmbientCapabilities=CAP_SYS_NICE" in found["CAP_SYS_NICE"].detail


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_doctor_runs(role: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", f"{role}.cli", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "ok     ipv6" in ended.stdout
