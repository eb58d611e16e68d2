"""The table of rooms in docs/mutants.md: what the last run of each room found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.dev.mutants.rooms import ROOMS

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "mutants.md"
HEAD: Final = (
    "| room | modules | judged by | mutants | killed | share | seed |\n"
    "|---|---|---|---|---|---|---|\n"
)
_ROW: Final = re.compile(r"^\| ([\w-]+) \|.*\| (\d+) \| (\d+) \| \d+ % \| (\d+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One room's run."""

    killed: int
    judged: int
    seed: int

    def told(self, room: str) -> str:
        modules, tests = (", ".join(f"`{one}`" for one in said) for said in _said(room))
        share = f"{self.killed / self.judged:.0%}".replace("%", " %")
        return (
            f"| {room} | {modules} | {tests} | {self.judged} | {self.killed} | {share} "
            f"| {self.seed} |\n"
        )


def _said(room: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ROOMS[room].paths, ROOMS[room].tests


def rows(text: str) -> dict[str, Row]:
    """What the page says."""
    return {
        room: Row(int(killed), int(judged), int(seed))
        for room, judged, killed, seed in _ROW.findall(text)
    }


def written(text: str, found: Iterable[tuple[str, Row]]) -> str:
    """The page with these rooms' rows; those of others stay."""
    table = rows(text) | dict(found)
    before, _, _ = text.partition(HEAD.splitlines()[0])
    told = "".join(table[room].told(room) for room in ROOMS if room in table)
    return f"{before}{HEAD}{told}"
