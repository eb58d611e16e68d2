"""Under a service manager both ECUs say when they are ready, are alive, and stop."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.north.processes import free_port


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_the_service_manager_is_told(role: str, tmp_path: Path) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(60)
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "900000",
        "STATE_DIRECTORY": str(tmp_path),
    }
    settings = ("trace.file=null", "can.bus.interface=none", f"network.sdp_port={free_port()}")
    words = [word for setting in settings for word in ("--set", setting)]
    ecu = subprocess.Popen(
        [sys.executable, "-m", f"{role}.cli", "run", *words],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        told = {word for _ in range(6) if (word := manager.recv(100).decode())[:7] != "STATUS="}
        assert told == {"READY=1", "WATCHDOG=1"}
        ecu.send_signal(signal.SIGTERM)
        while (word := manager.recv(100).decode()) != "STOPPING=1":
            assert word == "WATCHDOG=1" or word.startswith("STATUS=")
        assert ecu.wait(30) == 0
    finally:
        ecu.kill()
        manager.close()
