"""A capture file: what passes our ports, for Wireshark.

Owns the file, which is for its owner alone: network keys and session ids are in it.  Frames come
from the taps beside it.  TLS secrets, if a laboratory has switched the key log on, come from the
engines' key log file and are put in front of everything when the capture is closed, because that
is where tshark looks for them.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from bsw.net.record import pcapng
from bsw.net.record.pcapng import Direction
from bsw.os.clock import S
from bsw.private_file import create
from bsw.program.hostfault import at, told

_FLUSH_EVERY: Final = S // 2


class Capture:
    """``Capture.to("run.pcapng", scheduler.now)``, then ``frame`` for each one, then ``close``."""

    def __init__(
        self, path: Path, *, comment: str = "", lost: Callable[[str], None] = lambda _why: None
    ) -> None:
        self._tell_lost = lost
        self.frames = 0
        self.epoch = 0
        self._path = path
        self._file: BinaryIO = os.fdopen(create(path), "wb")
        self._flushed = 0
        self._interfaces: dict[str, int] = {}
        self._key_log: BinaryIO | None = None
        self._secrets = bytearray()
        self.lost: OSError | None = None
        """Why it is not whole, where it is not."""
        self._file.write(pcapng.section(comment=comment))
        self._body_at = self._file.tell()

    @classmethod
    def to(
        cls,
        path: str | Path,
        now: int | None = None,
        *,
        comment: str = "",
        lost: Callable[[str], None] = lambda _why: None,
    ) -> "Capture":
        """Begin a file.  With ``now`` its times are calendar times, counted from its creation;
        without, scheduler times, which makes simulated captures repeatable.
        """
        capture = cls(Path(path), comment=comment, lost=lost)
        if now is not None:
            capture.epoch = os.fstat(capture._file.fileno()).st_mtime_ns - now
        return capture

    def follow_keys(self, path: str | Path) -> None:
        """Take over what a TLS key log file (laboratory only) gets from now on."""
        Path(path).touch(mode=0o600)
        self._key_log = Path(path).open("rb")  # noqa: SIM115 - closed by close()
        self._key_log.seek(0, os.SEEK_END)

    def secrets(self, key_log: bytes) -> None:
        """Lines of a key log, kept until the capture is closed."""
        self._secrets += key_log

    def frame(
        self,
        now: int,
        octets: bytes,
        *,
        interface: str = "plc",
        direction: Direction = Direction.UNKNOWN,
    ) -> None:
        if self._file.closed or self.lost is not None:
            return
        try:
            self._write(now, octets, interface, direction)
        except OSError as error:  # a full disk ends the capture, and nothing else
            self.lost = error
            self._tell_lost(f"{self._path}: {told(error, place=False)}")

    def _write(self, now: int, octets: bytes, interface: str, direction: Direction) -> None:
        number = self._interfaces.get(interface)
        if number is None:
            number = self._interfaces[interface] = len(self._interfaces)
            self._file.write(pcapng.interface(interface))
        self._file.write(pcapng.packet(number, self.epoch + now, octets, direction))
        self.frames += 1
        if now - self._flushed >= _FLUSH_EVERY:
            self._flushed = now
            self._file.flush()

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._finish()
        except OSError as error:
            self.lost = self.lost or error

    def complete(self) -> None:
        """Close it, for a command whose user asked for just this file; raises what was lost."""
        self.close()
        if self.lost is not None:
            with at(self._path):
                raise self.lost

    def _finish(self) -> None:
        self._file.close()
        if self._key_log is not None:
            self._secrets += self._key_log.read()
            self._key_log.close()
        if self._secrets:
            self._put_secrets_first()

    def _put_secrets_first(self) -> None:
        """Write the file anew beside itself and swap, so that there is always a whole one."""
        beside = self._path.with_name(self._path.name + ".new")
        with self._path.open("rb") as old, os.fdopen(create(beside), "wb") as new:
            new.write(old.read(self._body_at))
            new.write(pcapng.tls_secrets(bytes(self._secrets)))
            shutil.copyfileobj(old, new)
        beside.replace(self._path)
