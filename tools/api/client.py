"""The other side of the local door: one request at a time, and variables as they come.

Blocks, as tools may.  What goes wrong comes as ``Trouble``, which says what to do.
"""

import json
import select
import socket
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

LONGEST = 1 << 24
MOST_EARLY = 1000


class Trouble(Exception):
    """The door is closed, or what was asked is refused."""


class Client:
    """``with Client(path) as client: client.ask(cmd="update_soc", args={"SoC": 55})``."""

    def __init__(self, path: Path, timeout: float = 10.0) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._rest = b""
        self._count = 0
        self._early: deque[tuple[str, Any]] = deque(maxlen=MOST_EARLY)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise Trouble(_remedy(path, error)) from None

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, **request: object) -> Any:  # noqa: ANN401 - JSON
        """What comes back; variables that come meanwhile are kept for ``watch``."""
        self._count += 1
        self._send({"id": self._count, **request})
        while True:
            answer = self._answer()
            if "var" in answer:
                self._early.append((answer["var"], answer["value"]))
            elif answer.get("id") in {self._count, None}:
                break
        if "error" in answer:
            raise Trouble(_told(answer["error"]))
        return answer["retval"]

    def _answer(self) -> dict[str, Any]:
        try:
            return self._hear()
        except TimeoutError:
            raise Trouble(f"{self._path}: the ECU does not answer") from None

    def watch(self, names: list[str], timeout: float | None = None) -> Iterator[tuple[str, Any]]:
        """Each value as it is published, until nothing came for ``timeout`` seconds."""
        self.ask(watch=names)
        self._socket.settimeout(timeout)
        while True:
            while self._early:
                yield self._early.popleft()
            try:
                told = self._hear()
            except TimeoutError:
                return
            if "var" in told:
                yield told["var"], told["value"]

    def tell(self, **request: object) -> None:
        """Ask without waiting; the answer is passed over when something else is heard."""
        self._count += 1
        self._send({"id": self._count, **request})

    def poll(self) -> list[tuple[str, Any]]:
        """The values that have come by now, without waiting for any; it watches them already."""
        while b"\n" in self._rest or select.select([self._socket], [], [], 0)[0]:
            told = self._hear()
            if "var" in told:
                self._early.append((told["var"], told["value"]))
            elif "error" in told:
                raise Trouble(_told(told["error"]))
        come = list(self._early)
        self._early.clear()
        return come

    def fileno(self) -> int:
        """For ``select``: readable when ``poll`` would give something."""
        return self._socket.fileno()

    def _send(self, message: dict[str, object]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise Trouble(f"{self._path}: the connection broke: {error.strerror}") from None

    def _hear(self) -> dict[str, Any]:
        while b"\n" not in self._rest:
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                raise
            except OSError as error:
                raise Trouble(f"{self._path}: the connection broke: {error.strerror}") from None
            if not data or len(self._rest) > LONGEST:
                raise Trouble(f"{self._path}: the ECU has closed the connection")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer


def _remedy(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} is not there; start the role with --set api.socket={path}"
    if isinstance(error, ConnectionRefusedError):
        return f"{path}: nobody listens there any more; start the role again"
    if isinstance(error, PermissionError):
        return f"{path} may be opened by the user the role runs as, and by root"
    return f"{path}: {error.strerror or error}"


def _told(error: dict[str, Any]) -> str:
    return str(error.get("message", error))
