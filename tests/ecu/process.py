"""The installed ``evcc run`` as a process of its own, heard through a service manager's socket."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

KEY = bytes(range(16))
"""The secret both sides know, in these tests only."""
COMMANDS = Path(sys.executable).parent
CONFIGURATION = """
can:
  bus: {{interface: udp_multicast, channel: {channel}, options: {{port: {port}}}}}
trace: {{file: null}}
csm: {{software: {{folder: keys}}}}
nvm: {{file: evcc.nvm}}
diagnostics: {{key: "software:diagnostics"}}
"""


@dataclass
class Ecu:
    """``start``, then ``kill`` or ``stop``; what it keeps lies in ``folder``."""

    folder: Path
    channel: str
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    manager: socket.socket = field(
        default_factory=lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    )

    def __post_init__(self) -> None:
        words = CONFIGURATION.format(channel=self.channel, port=self.port)
        (self.folder / "evcc.yaml").write_text(words)
        secret = self.folder / "diagnostics.key"
        secret.write_text(KEY.hex())
        given = ["import", "diagnostics", str(secret), "--kind", "AES-128"]
        store = ["--store", str(self.folder / "keys")]
        command = [str(COMMANDS / "v2g"), "hsm", *given, *store]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.manager.bind(str(self.folder / "notify"))
        self.manager.settimeout(60)

    def start(self) -> "Ecu":
        with (self.folder / "evcc.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(COMMANDS / "evcc"), "run", "-c", "evcc.yaml"],
                cwd=self.folder,
                env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")},
                stderr=log,
            )
        self.await_word("READY=1")
        return self

    def await_word(self, word: str) -> list[str]:
        """What it said to its manager before this word, beside signs of life and of its state."""
        said: list[str] = []
        while (heard := self.manager.recv(200).decode()) != word:
            if heard != "WATCHDOG=1" and not heard.startswith("STATUS="):
                said.append(heard)
        return said

    def send(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit status comes back."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.manager.close()

    @property
    def log(self) -> str:
        return (self.folder / "evcc.log").read_text()
