"""The sandbox of the units leaves the ECUs what they use: places, sockets, capabilities, calls."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bsw.base_config import BaseConfig
from bsw.os.config import OsConfig
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tests.packaging.test_deploy import SYSTEMD, of, settings, unit
from tests.tidy.tree import ROOT, modules

ROLES: dict[str, type[BaseConfig]] = {"evcc": EvccConfig, "secc": SeccConfig}
ROOMS = {"evcc": ("evcc", "ecu", "bsw", "can_adapter", "csm", "keym")}
ROOMS["secc"] = ("secc", *ROOMS["evcc"][1:])
WRITTEN = {"file", "folder"}
"""Configuration keys whose places an ECU writes to."""


def said(role: str, key: str) -> list[str]:
    return of(unit(role), key).split()


def places(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place below a configuration that is written to, with its key."""
    for name, value in part.items() if isinstance(part, dict) else ():
        key = f"{path}.{name}".removeprefix(".")
        if name in WRITTEN and isinstance(value, str):
            yield key, value
        yield from places(value, key)


def exported(role: str, *words: str) -> object:
    """The whole configuration, as the ECU has it under the unit's environment."""
    state = f"/var/lib/{of(unit(role), 'StateDirectory')}"
    ended = subprocess.run(
        [sys.executable, "-m", f"{role}.cli", "check", *words],
        env={**os.environ, "STATE_DIRECTORY": state},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return yaml.safe_load(ended.stdout)


@pytest.mark.parametrize("shipped", [True, False], ids=["shipped file", "defaults"])
@pytest.mark.parametrize("role", ROLES)
def test_everything_written_lies_in_the_folders_the_unit_gives(role: str, *, shipped: bool) -> None:
    home = Path("/var/lib") / of(unit(role), "StateDirectory")
    words = ("-c", f"deploy/config/{role}.yaml") if shipped else ()
    working = Path(of(unit(role), "WorkingDirectory"))
    writable = {home, Path("/run") / of(unit(role), "RuntimeDirectory")}
    found = {key: working / place for key, place in places(exported(role, *words))}
    assert len(found) >= 2, found
    outside = {key: place for key, place in found.items() if not writable & {place, *place.parents}}
    assert outside == {}


def test_a_place_outside_is_found() -> None:
    told = dict(places(exported("evcc", "--set", "nvm.file=/etc/evcc.nvm")))
    assert told["nvm.file"] == "/etc/evcc.nvm"


def families(rooms: tuple[str, ...]) -> set[str]:
    """The address families that modules name."""
    found = set()
    for path in modules(*rooms):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr.startswith("AF_"):
                found.add(node.attr)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_kind_of_socket_the_code_opens_is_allowed(role: str) -> None:
    used = families(ROOMS[role]) | {"AF_CAN"}  # python-can opens the vehicle bus
    assert {"AF_INET6", "AF_PACKET", "AF_UNIX"} <= used
    assert used <= set(said(role, "RestrictAddressFamilies"))


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_ask_for_nothing_that_the_unit_forbids(role: str) -> None:
    """Real-time class and locked memory come with a drop-in, callbacks with writable code."""
    assert OsConfig().fifo_priority == 0
    assert not OsConfig().lock_memory
    keys = [key for key, _ in settings(unit(role))]
    assert "MemoryDenyWriteExecute" not in keys
    assert of(SYSTEMD / "realtime.conf", "RestrictRealtime") == "no"
    assert of(unit(role), "NotifyAccess") == "main"


@pytest.mark.parametrize("role", ROLES)
def test_the_watchdog_of_the_unit_is_longer_than_ours_and_shorter_than_a_start(role: str) -> None:
    """What is stuck is first broken off from inside, then by the service manager."""
    watchdog = int(of(unit(role), "WatchdogSec").removesuffix("s"))
    start = int(of(unit(role), "TimeoutStartSec").removesuffix("s"))
    assert EvccConfig().watchdog.window < watchdog * 10**9
    assert OsConfig().stuck_after <= watchdog * 10**9
    assert watchdog < start
