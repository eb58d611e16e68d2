"""What this machine and this installation have and lack, in words with a remedy.

Looks only; changes nothing and opens nothing but files of the system.  A finding is *wrong* when
an ECU could misbehave because of it, otherwise it says what will not be possible.
"""

import platform
import re
import ssl
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import (
    PackageNotFoundError,
    distribution,
    packages_distributions,
    version,
)
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "pilotwire"
ROOMS = ("evcc", "secc", "ecu", "bsw", "csm", "keym", "can_adapter", "ocpp", "tools")

TOKEN_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/arm-linux-gnueabihf/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1",
    "/usr/lib/aarch64-linux-gnu/libtpm2_pkcs11.so.1",
)
_CAPABILITIES = (
    (13, "CAP_NET_RAW", "raw Ethernet frames, which SLAC needs"),
    (23, "CAP_SYS_NICE", "real-time scheduling (os.fifo_priority)"),
    (14, "CAP_IPC_LOCK", "locked memory (os.lock_memory)"),
)


class State(Enum):
    OK = "ok"
    LACKS = "lacks"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    what: str
    detail: str

    @property
    def wrong(self) -> bool:
        return self.state is State.WRONG

    def __str__(self) -> str:
        return f"{self.state.value:6} {self.what:18} {self.detail}"


def examine() -> list[Finding]:
    return [
        Finding(State.OK, "python", f"{platform.python_version()} at {sys.executable}"),
        _installation(),
        *rooms(packages_distributions()),
        *_dependencies(),
        _compiled("EXI", "bsw.exi._core"),
        Finding(State.OK, "openssl", ssl.OPENSSL_VERSION),
        *capabilities(_effective_capabilities()),
        _tokens(TOKEN_MODULES),
        _ipv6(),
        _can(),
    ]


def _installation() -> Finding:
    try:
        return Finding(State.OK, DISTRIBUTION, version(DISTRIBUTION))
    except PackageNotFoundError:
        return Finding(State.LACKS, DISTRIBUTION, "a checkout that is not installed; pip install .")


def rooms(owners: Mapping[str, Iterable[str]]) -> Iterator[Finding]:
    """Whether another distribution provides a package under one of our names."""
    foreign = [
        (room, owner)
        for room in ROOMS
        for owner in sorted(set(owners.get(room, ())) - {DISTRIBUTION})
    ]
    for room, owner in foreign:
        yield Finding(
            State.WRONG,
            f"package {room}",
            f"also provided by the distribution {owner}; "
            f"pip uninstall {owner}, or give {DISTRIBUTION} an environment of its own",
        )
    if not foreign:
        yield Finding(State.OK, "packages", f"{', '.join(ROOMS)} are provided by us alone")


def _dependencies() -> Iterator[Finding]:
    try:
        requirements = distribution(DISTRIBUTION).requires or []
    except PackageNotFoundError:
        return
    for requirement in requirements:
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement:
            continue
        try:
            yield Finding(State.OK, name, version(name))
        except PackageNotFoundError:
            yield Finding(State.WRONG, name, f"is not installed; pip install '{requirement}'")


def _compiled(what: str, module: str) -> Finding:
    spec = find_spec(module)
    if spec is None or spec.origin is None or spec.origin.endswith(".py"):
        return Finding(State.LACKS, what, "pure Python; with a C compiler, pip install compiles it")
    return Finding(State.OK, what, "compiled")


def _effective_capabilities() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return int(found[1], 16) if found else 0


def capabilities(effective: int) -> Iterator[Finding]:
    for bit, name, purpose in _CAPABILITIES:
        if effective >> bit & 1:
            yield Finding(State.OK, name, purpose)
        else:
            yield Finding(State.LACKS, name, f"no {purpose}; setcap or AmbientCapabilities={name}")


def _tokens(candidates: tuple[str, ...]) -> Finding:
    found = [path for path in candidates if Path(path).exists()]
    if found:
        return Finding(State.OK, "token module", ", ".join(found))
    return Finding(
        State.LACKS, "token module", "no PKCS#11 library in the usual places; apt install softhsm2"
    )


def _ipv6() -> Finding:
    try:
        lines = Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines()
    except OSError:
        lines = []
    names = sorted({line.split()[-1] for line in lines if line})
    if names:
        return Finding(State.OK, "ipv6", f"addresses on {', '.join(names)}")
    return Finding(State.WRONG, "ipv6", "no IPv6 address on any interface; all V2G traffic is IPv6")


def _can() -> Finding:
    """Interfaces of type 280 (ARPHRD_CAN), by the kernel's own list."""
    names = [
        path.parent.name
        for path in sorted(Path("/sys/class/net").glob("*/type"))
        if path.read_text(encoding="ascii").strip() == "280"
    ]
    if names:
        return Finding(State.OK, "can", ", ".join(names))
    return Finding(State.LACKS, "can", "no SocketCAN interface; other python-can buses still work")
