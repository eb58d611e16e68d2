"""The set-up of a fresh machine, as far as it can be tried on one that is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from bsw.doctor import DISTRIBUTION, State, capabilities, rooms
from tests.tidy.tree import ROOT
from tools.setup.constraints import merged
from tools.setup.debian import listed, missing
from tools.setup.environment import _fingerprint


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
