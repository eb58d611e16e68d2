"""What is installed is what stands in the tree, with or without a compiler."""

import os
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.tidy.tree import ROOMS, ROOT, modules, shown, tracked


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracked files alone, so that a build leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("source tree")
    for path in tracked():
        there = folder / path.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    return folder


def built(source: Path, out: Path, **environment: str) -> Path:
    shutil.rmtree(source / "build", ignore_errors=True)
    words = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out), str(source)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *words],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    (wheel,) = out.glob("*.whl")
    return wheel


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def data_files() -> dict[str, str]:
    """Tracked data, and the name each must have in the wheel."""
    found = {}
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] in {"config", "arxml"} and not name.name.startswith("."):
            found[str(name)] = f"evcc/shipped/{name}"
    return found


def test_each_data_file_is_of_a_kind_that_is_shipped() -> None:
    tomllib = pytest.importorskip("tomllib", reason="reads pyproject.toml; Python 3.11 or newer")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]
    for name in data_files():
        folder = Path("evcc/shipped") / Path(name).parent
        package = ".".join(folder.parts)
        assert package in patterns, f"package-data lacks {package}"
        assert any(fnmatch(Path(name).name, pattern) for pattern in patterns[package]), name


@pytest.mark.long
@pytest.mark.parametrize(
    "environment", [{}, {"CC": "/bin/false"}, {"PILOTWIRE_PURE": "1"}], ids=["", "no cc", "pure"]
)
def test_the_wheel_has_every_module_and_data_file(
    environment: dict[str, str], copy: Path, tmp_path: Path
) -> None:
    inside = names(built(copy, tmp_path, **environment))
    expected = {str(path.relative_to(ROOT)) for path in modules()} | set(data_files().values())
    schemas = {name for path in tracked() if (name := shown(path)).startswith("ocpp/schemas/")}
    assert len(schemas) == 388
    expected |= schemas
    assert expected - inside == set()
    tops = {name.partition("/")[0] for name in inside}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)
    compiled = [name for name in inside if name.endswith(".so")]
    assert bool(compiled) <= (environment == {})
    assert "bsw/py.typed" in inside


@pytest.mark.long
def test_an_installed_wheel_plays_the_main_job_from_elsewhere(copy: Path, tmp_path: Path) -> None:
    wheel = built(copy, tmp_path / "out", PILOTWIRE_PURE="1")
    site = tmp_path / "site packages"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    code = (
        "import bsw.program.shipped, tools.cli, sys\n"
        f"assert bsw.__file__.startswith({str(site)!r}), bsw.__file__\n"
        "assert bsw.program.shipped.shipped('config', 'evcc.yaml').is_file()\n"
        "sys.exit(tools.cli.main(['bench', 'run', '--out', 'run']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "run" / "evcc.trace.jsonl").exists()
