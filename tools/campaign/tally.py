"""What a campaign came to, counted: endings, faults, edges of the tables, what was found."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from bsw.chrgm.protocols import PROTOCOLS
from tools.campaign.session import Result


@dataclass(slots=True)
class Tally:
    sessions: int = 0
    calm: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    endings: Counter[str] = field(default_factory=Counter)
    scenarios: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    edges: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    def add(self, results: Iterable[Result]) -> None:
        for one in results:
            self.sessions += 1
            self.calm += not one.orders
            self.seconds += one.seconds
            self.cpu += one.cpu
            self.scenarios[one.scenario] += 1
            self.endings[(one.endings or ("no session",))[-1].split(",")[0].split(" at ")[0]] += 1
            self.faults.update({told.split(": ", 1)[1] for told in one.orders})
            self.edges.update(one.edges)
            if one.findings:
                self.failed.append(one)

    def missing(self, protocol: str) -> list[str]:
        """Edges of a protocol's table that no session has walked."""
        return [edge for edge in all_edges(protocol) if edge not in self.edges]


@cache
def all_edges(protocol: str) -> tuple[str, ...]:
    """``iso2 CableCheck > PreCharge``: every way the table knows."""
    table = next(one.table for one in PROTOCOLS if one.name == protocol)
    first = f"{protocol} start > {table.first}"
    return (
        first,
        *(
            f"{protocol} {exchange.name} > {edge.to}"
            for exchange in table.exchanges.values()
            for edge in exchange.follow
        ),
    )


def protocols() -> tuple[str, ...]:
    return tuple(one.name for one in PROTOCOLS)
