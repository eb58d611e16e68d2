"""One protocol's table as a page: which exchange may follow which, and every time limit."""

from collections.abc import Iterator
from typing import Final

from bsw.chrgm.engine.script import reachable
from bsw.chrgm.sequence.model import Exchange, Limits, Side, Table, always
from bsw.os.clock import MS, S

_HEAD: Final = """\
# {name}: sequence and times

Generated from the sequence table by `v2g tables`: do not edit. Vehicle and station walk the same
table; an arrow's label is what both must have agreed for the exchange to be allowed.

## Sequence

```mermaid
stateDiagram-v2
"""

_EXCHANGES: Final = """\
```

## Times per exchange

*Answer*: how long the vehicle waits for a response. *Perform*: how soon the station aims to answer.
*Chain*: the same for a row of repeated requests, from the first; the station's own limit comes
sooner, so that it can still answer. *Next request*: how long the station waits after its response.

| exchange | answer | perform | chain, vehicle | chain, station | next request |
|---|---|---|---|---|---|
"""

_SIDES: Final = """
## Beside the row

Requests under a payload type of their own, one open at a time in each, while the row goes on.

| exchange | payload type | when | answer | perform |
|---|---|---|---|---|
"""

_SPANS: Final = """
## Times over several exchanges

| limit | begins with | ends with | vehicle | station |
|---|---|---|---|---|
"""

_REFUSED: Final = """
## Never in sequence

Messages of the schema that no place of a session allows; a station refuses each with its own
response and FAILED_SequenceError: {names}.
"""


def page(table: Table) -> str:
    parts = [_HEAD.format(name=table.name)]
    parts += [f"    {line}\n" for line in _diagram(table)]
    parts.append(_EXCHANGES)
    parts += [_row(table.exchanges[name]) for name in _in_the_row(table)]
    if table.sides:
        parts.append(_SIDES)
        parts += [_side(one) for one in table.sides.values()]
    if table.spans:
        parts.append(_SPANS)
        parts += [
            f"| {span.name} | {span.begin or 'link up'} | {span.end} answered "
            f"| {duration(span.vehicle)} | {duration(span.station)} |\n"
            for span in table.spans
        ]
    refused = [name for name in table.exchanges if name not in _in_the_row(table)]
    if refused:
        parts.append(_REFUSED.format(names=", ".join(refused)))
    return "".join(parts)


def _in_the_row(table: Table) -> list[str]:
    return [name for name in reachable(table) if name not in table.sides]


def _diagram(table: Table) -> Iterator[str]:
    yield f"[*] --> {table.first}"
    for name in _in_the_row(table):
        exchange = table.exchanges[name]
        for edge in exchange.follow:
            yield f"{name} --> {edge.to}{_label(edge.when)}"
        if not exchange.follow or name == "SessionStop":
            yield f"{name} --> [*]"


def _side(side: Side) -> str:
    limits = side.exchange.limits
    times = f"{duration(limits.answer)} | {duration(limits.perform)}"
    return f"| {side.exchange.name} | {side.stream:#06x} | {_words(side.when)} | {times} |\n"


def _label(guard: object) -> str:
    return "" if guard is always else f": {_words(guard)}"


def _words(guard: object) -> str:
    name: str = getattr(guard, "__name__", "")
    return name.replace("_", " ")


def _row(exchange: Exchange) -> str:
    limits: Limits = exchange.limits
    figures = (
        limits.answer,
        limits.perform,
        limits.chain,
        limits.chain_perform,
        limits.next_request,
    )
    return f"| {exchange.name} | {' | '.join(duration(figure) for figure in figures)} |\n"


def duration(amount: int | None) -> str:
    """``250 ms``, ``1.5 s``, or a dash for no limit."""
    if amount is None:
        return "-"
    return f"{amount // MS} ms" if amount < S else f"{amount / S:g} s"
