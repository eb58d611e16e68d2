"""``make container``: the recipe in ``deploy/container`` built and tried without a daemon.

The base image is a Debian laid by debootstrap, under the name the recipe asks for, so that no
registry is needed; buildah builds in a chroot.  Each line of the recipe runs as it stands.  Then
the image's programs are started as its user.  Needs root, ``make wheel``, debootstrap and buildah.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from tools.dev.arm import MIRROR, SUITE
from tools.dev.programs import Missing, do, need

ROOT: Final = Path(__file__).parents[2]
WORK: Final = ROOT / "build" / "container"
BASE: Final = WORK / "base"
RECIPE: Final = "deploy/container/Dockerfile"
NEEDED: Final = {"debootstrap": "debootstrap", "buildah": "buildah crun"}
STORE: Final = ("--storage-driver", "vfs", "--root", f"{WORK}/store", "--runroot", f"{WORK}/run")
TRIED: Final[tuple[tuple[str, ...], ...]] = (
    ("id", "-un"),
    ("v2g", "doctor"),
    ("evcc", "check", "--set", "can.bus.interface=none"),
    ("secc", "check"),
    ("v2g", "bench", "run", "--speed", "0", "--plain", "--soc", "79.9", "--out", "bench"),
)


def main() -> int:
    try:
        need(NEEDED)
        if not (ROOT / "dist" / "requirements.txt").is_file():
            raise Missing("dist/ is not there; make wheel first")  # noqa: TRY301 - one way out
        build()
        for words in TRIED:
            said = buildah("run", container(), "--", *words).splitlines()
            print(f"ok  {' '.join(words)}: {said[-1].strip() if said else ''}", flush=True)
    except Missing as error:
        print(f"make container: {error}", file=sys.stderr)
        return 2
    return 0


def buildah(*words: str) -> str:
    return do("buildah", *STORE, *words).strip()


def container() -> str:
    return buildah("from", "--pull-never", "--isolation", "chroot", "pilotwire")


def base() -> str:
    """What the recipe's FROM names."""
    lines = (ROOT / RECIPE).read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("FROM "))


def build() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    if not (BASE / "usr/bin/python3").exists():
        shutil.rmtree(BASE, ignore_errors=True)
        packages = "--include=python3,python3-venv"
        do("debootstrap", "--variant=minbase", packages, SUITE, str(BASE), MIRROR)
    empty = buildah("from", "scratch")
    buildah("copy", "-q", empty, str(BASE), "/")
    buildah("commit", "-q", empty, f"docker.io/library/{base()}")
    context = WORK / "context"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(ROOT / "dist", context / "dist")
    recipe = ("-f", str(ROOT / RECIPE), "-t", "pilotwire")
    buildah("build", "--isolation", "chroot", "--pull-never", *recipe, str(context))


if __name__ == "__main__":
    sys.exit(main())
