"""The C core built strictly and run hard: coverage, sanitizers, fuzz, deadlines, Cortex-M."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT
from tools.island.build import FIRMWARE, STRICT, CannotBuild, checker, core, sources

CROSS = "arm-none-eabi-gcc"
EXERCISES = ("closing", "faults", "host", "transitions", "frames", "limits", "can_frames")


def run(name: str, *words: str) -> str:
    try:
        program = checker(name)
    except CannotBuild as error:
        pytest.skip(str(error))
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)  # noqa: T201 - the figures
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("seed", ["3", "5"])
def test_ten_million_octets_by_chance_close_nothing(seed: str) -> None:
    assert "100000" in run("fuzz", "10000000", seed)


def test_a_thousand_hosts_die_and_each_opening_is_in_time() -> None:
    assert "worst of 1000 runs" in run("deadline", "1000", "7")


def lines(folder: Path) -> dict[str, list[int]]:
    """For each source of the core the lines that no test reached."""
    missed: dict[str, list[int]] = {}
    notes = sorted(folder.glob("*.gcda"))
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", *notes],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    for document in done.stdout.splitlines():
        for file in json.loads(document)["files"]:
            name = Path(file["file"]).name
            if name in {path.name for path in sources("core")}:
                missed.setdefault(name, []).extend(
                    line["line_number"] for line in file["lines"] if not line["count"]
                )
    return missed


@pytest.mark.skipif(shutil.which("gcov") is None, reason="gcov is not installed")
def test_the_tests_reach_each_line_of_the_core(tmp_path: Path) -> None:
    library = tmp_path / "libisland.so"
    command = ["gcc", *STRICT, "-O0", "--coverage", "-shared", "-fPIC", *map(str, core())]
    command += [str(FIRMWARE / "test" / "shim.c"), "-o", str(library)]
    subprocess.run(command, cwd=tmp_path, check=True)
    tests = [f"tests/island/test_{name}.py" for name in EXERCISES]
    exercised = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests],
        cwd=ROOT,
        env={**os.environ, "ISLAND_LIBRARY": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert exercised.returncode == 0, exercised.stdout
    missed = lines(tmp_path)
    assert set(missed) >= {path.name for path in core()}
    assert {name: numbers for name, numbers in missed.items() if numbers} == {}


def test_without_the_source_tree_a_build_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.island.build.FIRMWARE", tmp_path / "firmware")
    with pytest.raises(CannotBuild, match="source tree only"):
        checker("fuzz")


def test_the_core_needs_nothing_but_the_freestanding_headers() -> None:
    allowed = {"<stdbool.h>", "<stddef.h>", "<stdint.h>"}
    for path in sources("core"):
        asked = {
            line.split()[1]
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("#include <")
        }
        assert asked <= allowed, path.name


@pytest.mark.skipif(shutil.which(CROSS) is None, reason=f"{CROSS} is not installed")
@pytest.mark.parametrize("processor", ["cortex-m0plus", "cortex-m4"])
def test_it_is_built_for_a_microcontroller(processor: str, tmp_path: Path) -> None:
    flags = [*STRICT, f"-mcpu={processor}", "-mthumb", "-Os", "-ffreestanding"]
    flags += ["-ffunction-sections", "-fdata-sections", "-fstack-usage", "-nostdlib", "-r"]
    made = tmp_path / "island.o"
    subprocess.run([CROSS, *flags, *map(str, core()), "-o", str(made)], cwd=tmp_path, check=True)
    size = subprocess.run(
        [CROSS.replace("gcc", "size"), str(made)], capture_output=True, text=True, check=True
    )
    print(processor, size.stdout)  # noqa: T201 - the figures
    text, data, bss, *_ = map(int, size.stdout.splitlines()[1].split()[:3])
    assert 0 < text < 32_768
    assert data + bss == 0, "all state stands in the struct that the port passes in"
