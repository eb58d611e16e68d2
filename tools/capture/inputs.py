"""Where a conversation comes from, as the words of a command line say it: files, a pipe, a line.

``v2g decode`` and ``v2g monitor`` share these words.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bsw.program.hostfault import sentence, status_of
from can_adapter.matrix.specs import MatrixError
from tools.capture.conversation import Conversation
from tools.capture.events import Event
from tools.capture.sources import READS, Unreadable, events
from tools.capture.wire.packets import NotACapture
from tools.capture.wire.tlsread import KeyLogBook

UNUSABLE = 2


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help=f"{READS}; - is standard input"
    )
    parser.add_argument(
        "-i",
        "--interface",
        action="append",
        default=[],
        metavar="NAME",
        help="listen there until Ctrl-C instead of reading files: Ethernet, loopback or CAN; "
        "several as one conversation",
    )
    parser.add_argument(
        "-k", "--keys", type=Path, metavar="FILE", help="TLS secrets, as SSLKEYLOGFILE has them"
    )
    parser.add_argument(
        "--dbc",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="names CAN frames: DBC or ARXML, or one of ours by its name, bms.dbc",
    )


class Inputs:
    """``each`` gives one conversation after the other, and where it comes from."""

    def __init__(self, arguments: argparse.Namespace, command: str) -> None:
        self._arguments = arguments
        self._command = command

    def check(self) -> int:
        """0, or what to end with when the words make no sense."""
        if bool(self._arguments.files) == bool(self._arguments.interface):
            self._say("name files, or interfaces with -i")
            return UNUSABLE
        return 0

    def each(self) -> Iterator[tuple[str, Iterator[Event]]]:
        given = self._arguments
        if given.interface:
            with ExitStack() as open_:
                yield ", ".join(given.interface), self._named(self._live(open_))
            return
        keys = secrets_of(given.keys)
        for path in given.files:
            yield str(path), self._read(path, keys)

    def again(self) -> list[tuple[str, Callable[[], Iterator[Event]]]]:
        """The files, each to be read as often as one likes."""
        given = self._arguments
        keys = secrets_of(given.keys)
        return [(path.name, partial(self._read, path, keys)) for path in given.files]

    def _read(self, path: Path, keys: bytes) -> Iterator[Event]:
        return self._named(events(path, keys))

    def _live(self, open_: ExitStack) -> Iterator[Event]:
        from tools.capture.wire.live import Tap  # noqa: PLC0415 - sockets only where they are wanted

        tap = Tap(self._arguments.interface, time.time_ns, self._arguments.keys)
        open_.enter_context(tap.until_told())
        return Conversation().events(tap.packets())

    def _named(self, found: Iterator[Event]) -> Iterator[Event]:
        if not self._arguments.dbc:
            return found
        from can_adapter.matrix.model import find  # noqa: PLC0415 - only with --dbc
        from tools.capture.can import CanNames  # noqa: PLC0415

        try:
            return CanNames([find(path) for path in self._arguments.dbc]).named(found)
        except ValueError as error:
            raise Unreadable(str(error)) from None

    def failed(self, error: Exception) -> int:
        """Say it in a sentence."""
        self._say(sentence(error))
        return status_of(error) if isinstance(error, OSError) else UNUSABLE

    def _say(self, text: str) -> None:
        print(f"v2g {self._command}: {text}", file=sys.stderr)


def secrets_of(path: Path | None) -> bytes:
    """A file with nothing in it, or only with its head, is right: no TLS was seen yet."""
    octets = path.read_bytes() if path is not None else b""
    book = KeyLogBook()
    book.add(octets)
    if octets and not octets.startswith(b"#") and not book:
        raise Unreadable(f"{path}: no TLS secrets; name the file that SSLKEYLOGFILE named")
    return octets


def flushed(lines: Iterable[str], *, live: bool) -> None:
    """A person who watches sees each line when it is true."""
    for line in lines:
        print(line, flush=live)


FAULTS = (OSError, Unreadable, NotACapture, MatrixError)
"""What an input can be wrong in."""
