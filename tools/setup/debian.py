"""Debian packages the product needs from its host: looked for first, installed only by root.

``packages.txt`` lists one per line, with a comment that says what for; a comment that begins
with ``run:`` marks what ``make run`` needs as well, all others are for tests.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.setup.say import say


@dataclass(frozen=True)
class Package:
    name: str
    purpose: str
    to_run: bool


def listed(path: Path) -> list[Package]:
    packages = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, comment = (part.strip() for part in line.partition("#"))
        if name:
            to_run = comment.startswith("run:")
            packages.append(Package(name, comment[4:].strip() if to_run else comment, to_run))
    return packages


def missing(packages: list[Package]) -> list[Package]:
    """Those dpkg does not know as installed; one call, some ten milliseconds."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"]
    found = subprocess.run(
        [*query, *(package.name for package in packages)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    installed = {line.split()[0] for line in found.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package.name not in installed]


def provide(path: Path, kind: str) -> None:
    """Install what is missing if we may; say what will not work if we may not."""
    wanted = [package for package in listed(path) if package.to_run or kind == "test"]
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        names = ", ".join(package.name for package in wanted)
        say(f"no Debian or Ubuntu here; if something is missing, it is one of: {names}")
        return
    lacking = missing(wanted)
    if lacking and os.geteuid() == 0:
        lacking = _install(lacking)
    for package in lacking:
        say(f"without {package.name}: {package.purpose}")
    if lacking:
        names = " ".join(package.name for package in lacking)
        advice = "as root: " if os.geteuid() == 0 else "sudo "
        say(f"the above is skipped; to have it: {advice}apt-get install {names}")


def _install(packages: list[Package]) -> list[Package]:
    """All at once; if that fails with fresh lists, then one by one.  What is left comes back."""
    say(f"installing Debian packages: {' '.join(package.name for package in packages)}")
    if _apt_install(packages):
        return []
    _apt("update", "-qq")
    if _apt_install(packages):
        return []
    return [package for package in packages if not _apt_install([package])]


def _apt_install(packages: list[Package]) -> bool:
    names = [package.name for package in packages]
    return _apt("install", "-qq", "-y", "--no-install-recommends", *names)


def _apt(*words: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = (ended.stderr or ended.stdout).strip().splitlines()
        say(f"apt-get {words[0]}: {lines[-1] if lines else f'status {ended.returncode}'}")
    return ended.returncode == 0
