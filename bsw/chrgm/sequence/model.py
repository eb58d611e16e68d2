"""What a sequence table is made of, and the cursor that walks one.

A table says which exchange may follow which, under what agreement, and how long each side may
take.  It does not know who reads it: the vehicle asks along it, the station checks against it,
the tests and the docs enumerate it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bsw.chrgm.agreement import Agreement
from bsw.os.clock import MS, S

Guard = Callable[[Agreement], bool]
"""A pure question about the agreement.  Its name is what the diagrams print."""

Learn = Callable[[Agreement, Any, Any], Agreement]
"""What both sides now know, after a request and its positive response have passed."""


def always(_agreed: Agreement) -> bool:
    return True


def unchanged(agreed: Agreement, _request: object, _response: object) -> Agreement:
    return agreed


@dataclass(frozen=True, slots=True)
class Edge:
    to: str
    when: Guard = always


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the two sides may take, in nanoseconds.

    ``answer`` is the vehicle's patience for one response and ``perform`` the station's own aim;
    ``chain`` and ``chain_perform`` are the same for a row of repeated requests, from the first.
    ``next_request`` is the station's patience after its response.  ``every`` is how often the
    vehicle asks what it asks again and again beside the row.
    """

    answer: int = 2 * S
    perform: int = 1500 * MS
    chain: int | None = None
    chain_perform: int | None = None
    next_request: int = 60 * S
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response."""

    name: str
    request: type
    response: type
    follow: tuple[Edge, ...] = ()
    limits: Limits = field(default_factory=Limits)
    learn: Learn = unchanged


@dataclass(frozen=True, slots=True)
class Span:
    """A limit over several exchanges: it runs from ``begin`` until ``end`` was answered.

    ``begin`` is an exchange that was answered, or empty for the moment the link came up.
    """

    name: str
    begin: str
    end: str
    vehicle: int | None = None
    station: int | None = None


class Carried(Protocol):
    """A message as it came: what it is, and under which payload type."""

    @property
    def body(self) -> Any: ...  # noqa: ANN401 - of any protocol
    @property
    def payload_type(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Side:
    """An exchange that may run beside the row, under a payload type of its own."""

    stream: int
    exchange: Exchange
    when: Guard = always

    def asked_by(self, heard: Carried) -> bool:
        return heard.payload_type == self.stream and type(heard.body) is self.exchange.request

    def answered_by(self, heard: Carried) -> bool:
        return heard.payload_type == self.stream and type(heard.body) is self.exchange.response


@dataclass(frozen=True, slots=True)
class Table:
    """One protocol.  ``first`` is the only exchange that may open a session."""

    name: str
    first: str
    exchanges: Mapping[str, Exchange]
    spans: tuple[Span, ...] = ()
    sides: Mapping[str, Side] = field(default_factory=dict)
    by_request: Mapping[type, Exchange] = field(default_factory=dict, repr=False)

    def named(self, request: type) -> Exchange | None:
        """The exchange a request belongs to, allowed or not."""
        return self.by_request.get(request)


def table(
    name: str,
    first: str,
    *exchanges: Exchange,
    spans: tuple[Span, ...] = (),
    sides: Iterable[Side] = (),
) -> Table:
    """Build a table; an edge that leads nowhere is our own mistake and found here."""
    by_name = {exchange.name: exchange for exchange in exchanges}
    assert len(by_name) == len(exchanges), f"{name}: an exchange is declared twice"
    for exchange in exchanges:
        for edge in exchange.follow:
            assert edge.to in by_name, f"{name}: {exchange.name} leads to unknown {edge.to}"
    aside = {side.exchange.name: side for side in sides}
    return Table(name, first, by_name, spans, aside, {one.request: one for one in exchanges})


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a service adds to a table: exchanges, side streams, and edges from what is there."""

    exchanges: tuple[Exchange, ...] = ()
    sides: tuple[Side, ...] = ()
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)


def extended(base: Table, *fragments: Fragment) -> Table:
    """A fragment's edges come before those that were there: they are the way on, not out."""
    exchanges = dict(base.exchanges)
    for fragment in fragments:
        exchanges |= {one.name: one for one in fragment.exchanges}
    for fragment in reversed(fragments):
        for name, edges in fragment.edges.items():
            kept = exchanges[name]
            fresh = tuple(edge for edge in edges if edge not in kept.follow)
            exchanges[name] = replace(kept, follow=(*fresh, *kept.follow))
    sides = [*base.sides.values(), *(side for one in fragments for side in one.sides)]
    return table(base.name, base.first, *exchanges.values(), spans=base.spans, sides=sides)


class SequenceError(Exception):
    """A message came, or was about to leave, where the table does not allow it."""

    def __init__(self, name: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{name} where only {', '.join(allowed) or 'the end'} may follow")
        self.name = name
        self.allowed = allowed


class Cursor:
    """A place in a table.  It does not know which role holds it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.at: Exchange | None = None
        self._asked: tuple[Exchange | None, Agreement | None] = (None, None)
        self._answer: tuple[str, ...] = (table.first,)

    def allowed(self, agreed: Agreement) -> tuple[str, ...]:
        """The exchanges that may come now, in the table's order."""
        at = self.at
        if at is None:
            return (self.table.first,)
        if self._asked[0] is not at or self._asked[1] is not agreed:  # each message asks thrice
            self._asked = at, agreed
            self._answer = tuple(edge.to for edge in at.follow if edge.when(agreed))
        return self._answer

    def step(self, name: str, agreed: Agreement) -> Exchange:
        allowed = self.allowed(agreed)
        if name not in allowed:
            raise SequenceError(name, allowed)
        self.at = self.table.exchanges[name]
        return self.at
