"""A capture or log as a conversation: what was said, in order, and what broke a rule.

Reads whatever ``v2g decode`` reads: pcap, pcapng, candump, our traces, lines of octets, logs of
other stacks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bsw.chrgm.messages.model import Message
from pilotwire.messages import Decoded
from tools.capture.events import Event, Layer, Side
from tools.capture.sources import Unreadable, events
from tools.capture.wire.packets import NotACapture
from tools.monitor.finding import Finding
from tools.monitor.judge import Judge

__all__ = ["Capture", "Event", "Finding", "Heard", "Layer", "NotACapture", "Side", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One V2G message of a file: when, who said it, what, and what is wrong with it."""

    when: int
    side: Side
    decoded: Decoded
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        return self.decoded.name

    @property
    def values(self) -> dict[str, float | int | str | bool]:
        return self.decoded.values


class Capture:
    """One file.  It is read anew each time, one event after the other, whatever its size.

    What holds nothing that can be read is ``Unreadable`` or ``NotACapture`` (both ``ValueError``).
    ``keys`` names a file of TLS secrets, as ``SSLKEYLOGFILE`` has them.
    """

    def __init__(self, path: Path | str, keys: Path | str | None = None) -> None:
        self.path = Path(path)
        self._keys = b"" if keys is None else Path(keys).read_bytes()

    def judged(self) -> Iterator[tuple[Event, tuple[Finding, ...]]]:
        """Every event of every layer, with what it broke."""
        return Judge().judged(events(self.path, self._keys))

    def __iter__(self) -> Iterator[Event]:
        return (event for event, _ in self.judged())

    def messages(self, name: str = "") -> Iterator[Heard]:
        """The V2G messages that could be read; with ``name`` only those, ``CurrentDemandReq``."""
        for event, findings in self.judged():
            if event.layer is Layer.V2G and isinstance(event.message, Message):
                decoded = Decoded(event.schema, event.message, event.wrong)
                if name in {"", decoded.name}:
                    yield Heard(event.when, event.side, decoded, findings)

    def findings(self) -> list[tuple[Event, Finding]]:
        """All that broke a rule, with the event that shows it."""
        return [(event, finding) for event, found in self.judged() for finding in found]
