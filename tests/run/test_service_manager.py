"""We play the service manager: its socket, its watchdog, its sandbox, against the real ECU."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from bsw.os.notify import Notify

ROOT = Path(__file__).parents[2]
QUIET = ("--set", "trace.file=null", "--set", "can.bus.interface=none")
WATCHDOG = 1.0

HANGING = """
import sys
from pathlib import Path
from bsw.os.clock import MS
from evcc.ecu import ecu
from evcc.ecu import wiring
from evcc.config import EvccConfig
from bsw.ecuc.load import load

class Hanging(ecu.VehicleEcu):
    def start(self):
        yield from super().start()
        self._base.scheduler.after(1500 * MS, self._hang, name="hanging task")

    def _hang(self):
        while True:
            pass

ecu.VehicleEcu = Hanging
sys.exit(int(wiring.run(load(EvccConfig, (Path(sys.argv[1]),)))))
"""
"""The real ECU with one task that never ends, and nobody inside who would break it off."""


class Manager:
    """One service of a service manager."""

    def __init__(self, socket_name: str, words: list[str], folder: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(socket_name.replace("@", "\0", 1))
        self.said: list[tuple[float, str]] = []
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NOTIFY_SOCKET": socket_name,
            "WATCHDOG_USEC": str(int(WATCHDOG * 1e6)),
            "STATE_DIRECTORY": str(folder),
        }
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(words, env=environment, cwd=folder, stderr=log)

    def listen(self, seconds: float, until: str = "") -> bool:
        """Whether the word came; without one, listen for all of the time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                word = self._socket.recv(4096).decode()
            except TimeoutError:
                break
            self.said.append((time.monotonic(), word))
            if until and word == until:
                return True
        return False

    def words(self, kind: str) -> list[float]:
        return [at for at, word in self.said if word == kind]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self._socket.close()


@contextmanager
def service(folder: Path, words: list[str], name: str = "") -> Iterator[Manager]:
    manager = Manager(name or str(folder / "notify"), words, folder)
    try:
        yield manager
    finally:
        manager.close()


def evcc(*words: str) -> list[str]:
    return [sys.executable, "-m", "evcc.cli", "run", *QUIET, *words]


def test_signs_of_life_come_twice_within_the_watchdogs_time_and_no_oftener(tmp_path: Path) -> None:
    with service(tmp_path, evcc()) as manager:
        assert manager.listen(60, "READY=1")
        manager.listen(4 * WATCHDOG)
        signs = manager.words("WATCHDOG=1")
        assert 4 <= len(signs) <= 12
        assert max(b - a for a, b in pairwise(signs)) < 2 * WATCHDOG
        assert len(manager.words("READY=1")) == 1
        manager.process.send_signal(signal.SIGTERM)
        assert manager.listen(15, "STOPPING=1")
        assert manager.process.wait(20) == 0


def test_a_stopped_process_gives_no_sign_of_life(tmp_path: Path) -> None:
    with service(tmp_path, evcc(), "@pilotwire-test-" + tmp_path.name) as manager:
        assert manager.listen(60, "READY=1")
        assert manager.listen(10, "WATCHDOG=1")
        manager.process.send_signal(signal.SIGSTOP)
        manager.listen(0.3)
        before = len(manager.said)
        manager.listen(2 * WATCHDOG)
        assert len(manager.said) == before  # here systemd would send SIGABRT
        manager.process.send_signal(signal.SIGCONT)
        assert manager.listen(10, "WATCHDOG=1")


def test_a_hanging_task_misses_the_watchdog_and_the_manager_ends_it(tmp_path: Path) -> None:
    config, script = tmp_path / "evcc.yaml", tmp_path / "hanging.py"
    config.write_text(
        "trace: {file: null}\ncan: {bus: {interface: none}}\nos: {stuck_after: 0 s}\n"
    )
    script.write_text(HANGING)
    with service(tmp_path, [sys.executable, str(script), str(config)]) as manager:
        assert manager.listen(60, "READY=1")
        deadline = time.monotonic() + 60
        while manager.listen(2 * WATCHDOG, "WATCHDOG=1"):
            assert time.monotonic() < deadline, "it never hangs"
        assert manager.process.poll() is None
        manager.process.send_signal(signal.SIGABRT)
        assert manager.process.wait(20) == -signal.SIGABRT


def test_a_configuration_that_cannot_be_used_is_never_ready(tmp_path: Path) -> None:
    with service(tmp_path, evcc("--set", "session.protocols=nonsense")) as manager:
        assert manager.process.wait(60) == 2
        assert not manager.listen(0.5, "READY=1")


def test_a_watchdog_meant_for_another_process_is_none_of_ours() -> None:
    limit = {"NOTIFY_SOCKET": "", "WATCHDOG_USEC": "5000000"}
    assert Notify({**limit, "WATCHDOG_PID": "1"}).watchdog is None
    assert Notify({**limit, "WATCHDOG_PID": str(os.getpid())}).watchdog == 5_000_000_000


def _can_make_a_sandbox() -> bool:
    tools = all(shutil.which(name) for name in ("unshare", "setpriv", "mount"))
    if not tools or os.getuid() != 0:
        return False
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return tried.returncode == 0


SANDBOX = """
set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro /
cd "$1"
shift
exec setpriv --securebits +noroot,+noroot_locked --no-new-privs \\
  --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw "$@"
"""


@pytest.mark.skipif(not _can_make_a_sandbox(), reason="no mount namespaces for this user")
def test_with_a_read_only_root_and_one_capability_it_runs_and_keeps_its_memory(
    tmp_path: Path,
) -> None:
    """What ProtectSystem=strict, StateDirectory and the capability set of the unit leave."""
    state = tmp_path / "state"
    state.mkdir()
    shell = ["unshare", "-m", "sh", "-c", SANDBOX, "sh", str(state)]
    words = ["--set", "can.bus.interface=none", "--set", "trace.file=evcc.trace.jsonl"]
    ecu = [sys.executable, "-m", "evcc.cli", "run", *words]
    with service(state, [*shell, *ecu]) as manager:
        log = state / "log"
        assert manager.listen(60, "READY=1"), log.read_text()
        status = Path(f"/proc/{manager.process.pid}/status").read_text()
        (bounding,) = [line for line in status.splitlines() if line.startswith("CapBnd")]
        assert int(bounding.split()[1], 16) == 1 << 13
        manager.process.send_signal(signal.SIGTERM)
        assert manager.listen(15, "STOPPING=1")
        assert manager.process.wait(20) == 0, log.read_text()
    assert (state / "evcc.trace.jsonl").stat().st_size
    assert (state / "evcc.nvm").exists(), sorted(path.name for path in state.iterdir())
