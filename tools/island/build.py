"""Building the island's C sources with the host's compiler, each form once.

What is built lies under ``build/firmware/`` in a folder named after sources and flags, so that a
change of either makes a new one and nothing stale is ever run.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FIRMWARE: Final = ROOT / "firmware"
STRICT: Final = (
    *("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wundef"),
    *("-Wcast-align", "-g"),
)
SANITIZED: Final = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
UNDEFINED: Final = ("-fsanitize=undefined", "-fno-sanitize-recover=all")


class CannotBuild(RuntimeError):
    """The compiler is missing or refuses."""


def core() -> list[Path]:
    return sorted((FIRMWARE / "core").glob("*.c"))


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((FIRMWARE / folder).glob("*.[ch]"))]


def build(name: str, files: list[Path], *flags: str, compiler: str = "gcc") -> Path:
    """The program or shared object ``name`` made of ``files``, from the cache if it lies there."""
    if not FIRMWARE.is_dir():
        raise CannotBuild("firmware/ is part of the source tree only; clone it and build there")
    if shutil.which(compiler) is None:
        raise CannotBuild(f"{compiler} is not installed; apt-get install {compiler}")
    everything = sorted({*files, *sources("core", "host", "test")})
    digest = hashlib.sha256(repr((compiler, flags)).encode())
    for path in everything:
        digest.update(path.name.encode() + path.read_bytes())
    folder = ROOT / "build" / "firmware" / digest.hexdigest()[:16]
    if not (folder / name).is_file():
        _compile(folder, name, files, (*STRICT, *flags), compiler)
    return folder / name


def _compile(
    folder: Path, name: str, files: list[Path], flags: tuple[str, ...], compiler: str
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = Path(scratch, name)
        command = [compiler, *flags, *map(str, files), "-o", str(made)]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotBuild(done.stderr)
        os.replace(made, folder / name)  # noqa: PTH105 - atomic, others build the same


def library(*flags: str) -> Path:
    files = [*core(), FIRMWARE / "test" / "shim.c"]
    return build("libisland.so", files, "-O1", "-shared", "-fPIC", *flags)


def program(*flags: str) -> Path:
    """The island as a process of the host."""
    files = [*core(), *sorted((FIRMWARE / "host").glob("*.c"))]
    return build("island", files, "-O1", "-D_DEFAULT_SOURCE", *flags)


def checker(name: str) -> Path:
    """One of the C programs of ``firmware/test`` with the sanitizers."""
    files = [*core(), FIRMWARE / "test" / f"{name}.c"]
    return build(name, files, "-O1", *SANITIZED)
