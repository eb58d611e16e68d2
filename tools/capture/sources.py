"""The files people have, told apart by contents: captures, CAN logs, traces, logs with EXI in.

Every source ends in events.  A file in which nothing was found says so, with what would have been
read; one that was cut off or damaged ends where it ends, with a note.
"""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, cast

from tools.capture.conversation import Conversation
from tools.capture.events import Event, Layer
from tools.capture.text import TextReader
from tools.capture.wire.packets import PCAP_MAGICS, PCAPNG_MAGIC, read_packets

_GZIP: Final = b"\x1f\x8b"
_LONGEST_LINE: Final = 1 << 20
PIPE: Final = Path("-")
READS: Final = (
    "pcap and pcapng, candump logs, traces of ours, hexadecimal or base64 lines, "
    "logs of the iso15118 package and of EVerest"
)


class Unreadable(ValueError):
    """The file holds nothing we can read.  Says what would be."""


def events(path: Path, key_log: bytes = b"") -> Iterator[Event]:
    """All events of one file, whatever it is.  ``-`` is what a pipe brings."""
    with closing(_Patient(sys.stdin.buffer if path == PIPE else path.open("rb"))) as file:
        last = 0
        for event in _told(path, file, key_log):
            last = event.when
            yield event
        if file.broken:
            yield Event(last, Layer.FILE, "file", wrong=(file.broken,))


def _told(path: Path, file: "_Patient", key_log: bytes) -> Iterator[Event]:
    if file.begin == PCAPNG_MAGIC or file.begin in PCAP_MAGICS:
        file.read(len(file.begin))
        return Conversation(key_log).events(read_packets(cast("BinaryIO", file), file.begin))
    return _lines(path, file)


def _lines(path: Path, file: "_Patient") -> Iterator[Event]:
    reader = TextReader()
    found = False
    while line := file.readline(_LONGEST_LINE):
        for event in reader.line(line.decode("utf-8", errors="replace")):
            found = True
            yield event
    if not found:
        damaged = f" ({file.broken})" if file.broken else ""
        raise Unreadable(f"{path}: nothing to decode in it{damaged}; read are {READS}")


class _Patient:
    """A file, unpacked if it was packed.  Where it is damaged it ends; ``broken`` says why."""

    def __init__(self, file: BinaryIO) -> None:
        self._raw = file
        self.broken = ""
        plain = cast("io.BufferedReader", file)
        packed = plain.peek(2)[:2] == _GZIP
        self._file = io.BufferedReader(gzip.GzipFile(fileobj=plain)) if packed else plain
        try:
            self.begin = self._file.peek(4)[:4]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.begin = b""
            self._break(error)

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return self._break(error)

    def readline(self, size: int) -> bytes:
        try:
            return self._file.readline(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return self._break(error)

    def _break(self, error: Exception) -> bytes:
        self.broken = f"the gzip file is damaged: {error}"
        return b""

    def close(self) -> None:
        self._raw.close()
