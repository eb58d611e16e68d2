"""The times in force: those of the table, with what a profile or an integrator changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

from bsw.chrgm.sequence.model import Exchange, Limits, Span


@dataclass(frozen=True, slots=True)
class Change:
    """What replaces the table's figure for one exchange; ``None`` leaves it."""

    answer: int | None = None
    perform: int | None = None
    chain: int | None = None
    chain_perform: int | None = None
    next_request: int | None = None
    every: int | None = None

    def applied(self, limits: Limits) -> Limits:
        changed = {name: value for name in FIGURES if (value := getattr(self, name)) is not None}
        return replace(limits, **changed)


FIGURES: Final = tuple(one.name for one in fields(Change))


@dataclass(frozen=True, slots=True)
class Timing:
    """``exchanges`` and ``spans`` are by name; ``everywhere`` comes first.

    One object serves all tables of a profile: exchanges of the same name keep their own figures.
    """

    everywhere: Change = field(default_factory=Change)
    exchanges: Mapping[str, Change] = field(default_factory=dict)
    spans: Mapping[str, int] = field(default_factory=dict)
    _known: dict[int, tuple[Exchange, Limits]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, exchange: Exchange) -> Limits:
        found = self._known.get(id(exchange))
        if found is None:
            found = self._known[id(exchange)] = (exchange, self._limits(exchange))
        return found[1]

    def _limits(self, exchange: Exchange) -> Limits:
        limits = self.everywhere.applied(exchange.limits)
        change = self.exchanges.get(exchange.name)
        return limits if change is None else change.applied(limits)

    def vehicle_span(self, span: Span) -> int | None:
        return self.spans.get(span.name, span.vehicle)

    def station_span(self, span: Span) -> int | None:
        return self.spans.get(span.name, span.station)
