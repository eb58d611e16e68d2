"""What a killed station had written: read again and again while it grows.

A line is one event, put there by one system call; the last one may be half there.
"""

from pathlib import Path

from ocpp.station.records import Phase, TxEvent, read


class Journal:
    """``count`` and ``open`` speak of what ``look`` has seen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self.count = 0
        self.open: set[str] = set()

    def look(self) -> None:
        """Take in what came since."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._seen)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._seen += len(whole)
        for line in whole.splitlines():
            self._take(read(line))

    def all(self) -> list[TxEvent]:
        lines = self._path.read_bytes().split(b"\n")
        return [read(line) for line in lines if line]

    def _take(self, event: TxEvent) -> None:
        self.count += 1
        if event.phase is Phase.ENDED:
            self.open.discard(event.transaction)
        else:
            self.open.add(event.transaction)
