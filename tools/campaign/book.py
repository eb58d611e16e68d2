"""The results of a campaign on disk: a line for each session, added as they come.

The first line says which plan and revision they belong to.  A campaign that was broken off goes
on where it stopped; a line that was not written to its end is as if it were not there.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from sys import intern
from typing import IO

from tools.campaign.plan import Plan
from tools.campaign.session import Result

FILE = "sessions.jsonl"


class OtherBook(Exception):
    """What lies there belongs to something else; says what to do."""


def head(plan: Plan, first: int, made_with: str = "") -> dict[str, object]:
    """What results must share to be counted together."""
    said = plan.model_dump_json(exclude_unset=True)
    return {
        "plan": json.loads(said),
        "plan_digest": hashlib.sha256(plan.model_dump_json().encode()).hexdigest()[:16],
        "first": first,
        "with": made_with,
        "version": version("pilotwire"),
    }


class Book:
    """``results`` are those that are there already; ``add`` writes more, a chunk at a time."""

    def __init__(self, folder: Path, told: dict[str, object]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self.results: dict[int, Result] = {}
        self._words: dict[tuple[str, ...], tuple[str, ...]] = {}
        whole = 0
        if self.path.exists():
            whole = self._read(told)
        self._file: IO[bytes] = self.path.open("r+b" if whole else "wb")
        self._file.truncate(whole)
        self._file.seek(whole)
        if not whole:
            self._write([json.dumps(told)])

    def _read(self, told: dict[str, object]) -> int:
        """How many octets of it are whole lines."""
        octets = self.path.read_bytes()
        whole = octets.rfind(b"\n") + 1
        lines = octets[:whole].splitlines()
        if not lines:
            return 0
        try:
            found = json.loads(lines[0])
            if found != told:
                raise OtherBook(
                    f"{self.path} is of another plan, first seed or version; give another --out, "
                    "or take it away"
                )
            for line in lines[1:]:
                self._keep(Result.from_json(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise OtherBook(f"{self.path} is no book of a campaign: {error}") from None
        return whole

    def add(self, results: Iterable[Result]) -> None:
        kept = list(results)
        for result in kept:
            self._keep(result)
        self._write([json.dumps(result.as_json()) for result in kept])

    def _keep(self, result: Result) -> None:
        """Most sessions went the same ways and ended alike: what is the same is kept once."""
        self.results[result.seed] = replace(
            result,
            edges=self._once(result.edges),
            endings=self._once(result.endings),
            station=self._once(result.station),
        )

    def _once(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return self._words.setdefault(words, tuple(map(intern, words)))

    def _write(self, lines: list[str]) -> None:
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Result]:
        return iter(sorted(self.results.values(), key=lambda one: one.seed))


def digest(results: Iterable[Result]) -> str:
    """One figure for all: the same on any number of processes and machines."""
    chain = hashlib.sha256()
    for one in sorted(results, key=lambda one: one.seed):
        chain.update(f"{one.seed} {one.digest} {'|'.join(one.findings)}\n".encode())
    return chain.hexdigest()[:16]
