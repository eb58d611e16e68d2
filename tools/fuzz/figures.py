"""What a run of live fuzz counted: blows and their outcomes by state, load, rate, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tools.fuzz.ecu import Load
from tools.fuzz.findings import Findings

MOST_FINDINGS: Final = 20
MORE_MEMORY: Final = 16 * 1024
"""KiB by which the resident memory may have grown since the run was warm."""
MORE_FILES: Final = 2

OUTCOMES: Final = ("refused", "answered", "ended", "silent", "left")
"""With a FAILED code; well; by closing; not at all; or we left before an answer could come."""


@dataclass(slots=True)
class Figures:
    """Of one ECU, or of several added up."""

    blows: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # kind, state, outcome
    sent: int = 0  # good messages included
    sessions: int = 0
    good: int = 0  # good sessions in between, all of them to their end
    seconds: float = 0.0
    loads: list[tuple[Load, Load]] = field(default_factory=list)  # warm, and at the end
    findings: list[str] = field(default_factory=list)
    kept: Findings | None = None  # where they are written as they come

    @property
    def hostile(self) -> int:
        return sum(self.blows.values())

    def hit(self, kind: str, state: str, outcome: str) -> None:
        self.blows[kind, state, outcome] += 1

    def found(self, what: str) -> None:
        """Something that must not be."""
        if self.kept is not None:
            self.kept.write(what)
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(what)

    def add(self, other: Figures) -> None:
        self.blows += other.blows
        self.sent += other.sent
        self.sessions += other.sessions
        self.good += other.good
        self.seconds = max(self.seconds, other.seconds)
        self.loads += other.loads
        self.findings = (self.findings + other.findings)[:MOST_FINDINGS]

    def begin(self, **session: str) -> None:
        """A session in which something may be found."""
        if self.kept is not None:
            self.kept.begin(**session)

    def put(self, state: str, pieces: tuple[bytes, ...]) -> None:
        """A message of ours, hostile or not."""
        self.sent += 1
        if self.kept is not None:
            self.kept.sent(state, b"".join(pieces))

    def judge_load(self, warm: Load, last: Load) -> None:
        """Memory and descriptors are flat, or that is a finding."""
        self.loads.append((warm, last))
        if last.memory - warm.memory > MORE_MEMORY:
            self.found(f"memory is not flat: {warm} when warm, {last} at the end")
        if last.files - warm.files > MORE_FILES:
            self.found(f"descriptors are not flat: {warm} when warm, {last} at the end")

    def lines(self) -> Iterator[str]:
        """The whole report."""
        yield from self._table()
        rate = self.sent / self.seconds if self.seconds else 0.0
        yield (
            f"{self.hostile} hostile of {self.sent} messages in {self.sessions} sessions, "
            f"{self.seconds:.0f} s, {rate:.0f} messages/s; {self.good} good sessions in between"
        )
        for warm, last in self.loads:
            yield f"load when warm {warm}; at the end {last}"
        yield from (f"FOUND: {what}" for what in self.findings)

    def _table(self) -> Iterator[str]:
        yield f"{'session':18} {'state':26} {'hostile':>9}" + "".join(f"{o:>10}" for o in OUTCOMES)
        for kind, state in _unique((kind, state) for kind, state, _ in sorted(self.blows)):
            counts = [self.blows[kind, state, outcome] for outcome in OUTCOMES]
            row = "".join(f"{count:10}" for count in counts)
            yield f"{kind:18} {state:26} {sum(counts):9}{row}"


def _unique(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pairs))
