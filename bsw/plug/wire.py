"""One line of JSON per message, both ways, over any byte stream."""

import json
from collections.abc import Callable
from typing import Any, Final

from bsw.net.ports import Stream

LONGEST: Final = 65_536


class BrokenLine(ValueError):
    """The other side does not speak this language."""


class Lines:
    """Collects octets into messages."""

    def __init__(self, heard: Callable[[dict[str, Any]], None]) -> None:
        self._heard = heard
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            raise BrokenLine("a line without an end")
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BrokenLine(str(error)) from None
            if not isinstance(message, dict):
                raise BrokenLine("a line is an object")
            self._heard(message)


def say(stream: Stream, **message: object) -> None:
    stream.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
