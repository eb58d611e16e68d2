"""``make arm``: codec, checks and a charge on aarch64, in emulation (qemu-user).

A Debian of that processor is laid below ``build/arm/`` without starting any of it, the wheels of
``constraints.txt`` for it beside, and what has none is compiled from its source.  Needs root (for
debootstrap), a package index, and Debian's qemu-user-static, debootstrap and gcc-aarch64-linux-gnu.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tools.dev.programs import Missing, do, need
from tools.setup.pins import FILE, RUN, section

ROOT: Final = Path(__file__).parents[2]
WORK: Final = ROOT / "build" / "arm"
SYSTEM, SITE, TREE = WORK / "system", WORK / "site", WORK / "tree"
SUITE: Final = "bookworm"
MIRROR: Final = "http://deb.debian.org/debian"
PACKAGES: Final = ("python3", "libpython3.11-dev", "libssl3", "libffi8", "libsqlite3-0")
PYTHON: Final = "3.11"
COMPILER: Final = "aarch64-linux-gnu-gcc"
EMULATOR: Final = "qemu-aarch64-static"
NEEDED: Final = {
    EMULATOR: "qemu-user-static",
    "debootstrap": "debootstrap",
    "dpkg-deb": "dpkg",
    COMPILER: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
}
SUFFIX: Final = ".cpython-311-aarch64-linux-gnu.so"
SHOWN: Final = 3
"""Lines of what a job said that are shown when it went well."""
FROM_SOURCE: Final = ("autosar-e2e",)
"""Without a wheel for aarch64."""
E2E: Final = ("crc", "p01", "p02", "p04", "p05", "p06", "p07", "p11")
VECTORS: Final = ("app_protocol", "din_70121", "iso_15118_2", "iso_15118_20_dc")
ROOMS: Final = (
    *("evcc", "secc", "ecu", "bsw", "csm", "keym", "can_adapter", "ocpp", "tools", "pilotwire"),
    *("config", "arxml", "deploy"),
)

CODEC: Final = """
import platform
from bsw.exi import _core
print(platform.machine(), platform.python_version(), _core.__name__)
"""
CHARGE: Final = ("-m", "tools.cli", "bench", "run")
JOBS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("the compiled codec is loaded", ("-c", CODEC)),
    ("evcc check", ("-m", "evcc.cli", "check")),
    ("secc check", ("-m", "secc.cli", "check")),
    ("a simulated charge", (*CHARGE, "--speed", "0", "--plain", "--soc", "79.9")),
)


def main() -> int:
    try:
        prepare()
    except Missing as error:
        print(f"make arm: {error}", file=sys.stderr)
        return 2
    vectors = [str(ROOT / "tests" / "data" / "exi" / f"{name}.jsonl.gz") for name in VECTORS]
    codec = ("-m", "tools.cli", "exi", "check", *vectors)
    return max(job(name, words) for name, words in (*JOBS, ("codec on its vectors", codec)))


def prepare() -> None:
    need(NEEDED)
    WORK.mkdir(parents=True, exist_ok=True)
    for what, there, make in (
        ("a Debian for arm64", SYSTEM, lay_system),
        ("the packages Pilotwire needs", SITE, lay_site),
    ):
        if not there.is_dir():
            print(f"make arm: {what}", file=sys.stderr)
            scratch = there.with_name(f"{there.name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            make(scratch)
            scratch.rename(there)
    lay_tree()


def lay_system(folder: Path) -> None:
    """Unpacked and never configured: nothing of it runs but its Python."""
    chosen = ("--arch=arm64", "--foreign", "--variant=minbase", f"--include={','.join(PACKAGES)}")
    do("debootstrap", *chosen, SUITE, str(folder), MIRROR)
    for package in sorted((folder / "var/cache/apt/archives").glob("*.deb")):
        do("dpkg-deb", "-x", str(package), str(folder))


def lay_site(folder: Path) -> None:
    pinned = WORK / "run.txt"
    pinned.write_text("".join(_entries(RUN, but=FROM_SOURCE)), encoding="utf-8")
    wheels = WORK / "wheels"
    tags = ("manylinux2014_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64")
    kind = ("--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none")
    _pip(
        *("download", "-d", str(wheels), "--python-version", PYTHON, *kind),
        *(word for tag in tags for word in ("--platform", tag)),
        *("--only-binary=:all:", "--no-deps", "--require-hashes", "-r", str(pinned)),
    )
    for wheel in sorted(wheels.glob("*.whl")):
        shutil.unpack_archive(wheel, folder, "zip")
    compile_e2e(folder / "e2e")


def compile_e2e(folder: Path) -> None:
    """autosar-e2e, with the compiler alone: each of its modules is one file and two helpers."""
    pinned, source = WORK / "source.txt", WORK / "source"
    pinned.write_text("".join(_entries(RUN, only=FROM_SOURCE)), encoding="utf-8")
    shutil.rmtree(source, ignore_errors=True)
    _pip(
        *("download", "-d", str(source), "--no-deps", "--require-hashes"),
        *("--no-binary", ",".join(FROM_SOURCE), "-r", str(pinned)),
    )
    (packed,) = source.glob("*.tar.gz")
    shutil.unpack_archive(packed, source)
    (code,) = source.glob("*/src/e2e")
    folder.mkdir()
    for path in code.glob("*.py"):
        shutil.copy(path, folder)
    helpers = [code / "crclib.c", code / "util.c"]
    for name in E2E:
        compile_module([code / f"{name}.c", *helpers], folder / f"{name}{SUFFIX}")


def lay_tree() -> None:
    """Our code, so that what is compiled of it does not lie in the tree."""
    shutil.rmtree(TREE, ignore_errors=True)
    for room in ROOMS:
        skipped = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(ROOT / room, TREE / room, ignore=skipped)
    compile_module([TREE / "bsw/exi/_core.c"], TREE / f"bsw/exi/_core{SUFFIX}")


def compile_module(sources: Sequence[Path], made: Path) -> None:
    headers = SYSTEM / "usr/include"
    include = (f"-I{headers}/python{PYTHON}", f"-I{WORK}/include")
    _plain_headers(headers)
    do(COMPILER, "-O2", "-shared", "-fPIC", *include, *map(str, sources), "-o", str(made))


def _plain_headers(headers: Path) -> None:
    """The one header that Debian keeps by processor; the others are the cross compiler's."""
    place = WORK / "include" / "aarch64-linux-gnu" / f"python{PYTHON}"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(headers / f"aarch64-linux-gnu/python{PYTHON}/pyconfig.h", place)


def job(name: str, words: Iterable[str]) -> int:
    """One command of ours under the emulated Python."""
    print(f"\n== {name}", file=sys.stderr, flush=True)
    began = time.monotonic()
    python = (EMULATOR, "-L", str(SYSTEM), str(SYSTEM / f"usr/bin/python{PYTHON}"))
    environment = {"PYTHONPATH": f"{TREE}:{SITE}", "PATH": "/usr/bin:/bin", "HOME": str(WORK)}
    ended = subprocess.run(
        [*python, *words], cwd=WORK, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - began
    said = (ended.stderr + ended.stdout).rstrip().splitlines()
    print("\n".join(said[-SHOWN if ended.returncode == 0 else 0 :]), flush=True)
    print(f"   status {ended.returncode} after {seconds:.1f} s", file=sys.stderr, flush=True)
    return 1 if ended.returncode else 0


def _entries(name: str, *, but: Sequence[str] = (), only: Sequence[str] = ()) -> list[str]:
    """Pinned lines of a section with their hashes, a package each."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", section(ROOT / FILE, name))
    named = [(entry.partition("==")[0], entry) for entry in entries if entry[:1].isalnum()]
    return [entry for name, entry in named if name not in but and (not only or name in only)]


def _pip(*words: str) -> None:
    do(sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words)


if __name__ == "__main__":
    sys.exit(main())
