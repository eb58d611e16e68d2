"""What an attack found, on disk at once: one line of JSON each, with all it takes to see it again.

The file is appended to and lies outside the folders that a run clears, so that neither the next
run nor a run that is broken off takes a finding away.  Seed, session and the octets that we sent
in it stand with each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

NAME: Final = "findings.jsonl"
MOST: Final = 1_000
"""Of one run; an ECU that is broken altogether shall not fill the disk."""


@dataclass(slots=True)
class Findings:
    """``begin`` with each session, ``sent`` with each frame; ``write`` puts both on disk."""

    file: Path
    seed: int
    written: int = 0
    _session: dict[str, str] = field(default_factory=dict)
    _octets: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, **session: str) -> None:
        """What is found from here on belongs to this session."""
        self._session = session
        self._octets.clear()

    def sent(self, state: str, octets: bytes) -> None:
        self._octets.append((state, octets.hex()))

    def write(self, what: str) -> None:
        if self.written >= MOST:
            return
        self.written += 1
        said = {
            "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "found": what,
            "seed": self.seed,
            **self._session,
            "sent": [{"state": state, "octets": octets} for state, octets in self._octets],
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(said) + "\n")
