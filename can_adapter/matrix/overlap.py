"""Whether the signals of a message fit into it and beside each other.

Two signals may share bits only if the selector never lets both be there.
"""

from functools import lru_cache

from can_adapter.matrix.specs import MessageSpec, SignalSpec


@lru_cache(maxsize=1024)
def misfits(message: MessageSpec) -> tuple[str, ...]:
    """One sentence per signal that leaves the frame or lies on another one.

    Who plays many ECUs in one process asks about the same messages for each.
    """
    found: list[str] = []
    taken: dict[int, list[SignalSpec]] = {}
    for signal in message.signals:
        bits = signal.bits
        if max(bits) >= 8 * message.length or min(bits) < 0:
            found.append(f"signal {signal.name} does not fit into {message.length} octets")
        rivals = {
            rival.name
            for bit in bits
            for rival in taken.get(bit, ())
            if not _exclusive(message, signal, rival)
        }
        found += [f"signals {rival} and {signal.name} overlap" for rival in sorted(rivals)]
        for bit in bits:
            taken.setdefault(bit, []).append(signal)
    return tuple(found)


def _exclusive(message: MessageSpec, one: SignalSpec, other: SignalSpec) -> bool:
    """Whether some selector keeps the two apart."""
    mine, theirs = _conditions(message, one), _conditions(message, other)
    return any(not values & theirs[name] for name, values in mine.items() if name in theirs)


def _conditions(message: MessageSpec, signal: SignalSpec) -> dict[str, frozenset[int]]:
    """The selector values under which a signal is there, through nested selectors."""
    found: dict[str, frozenset[int]] = {}
    mux = signal.mux
    while mux is not None and mux.selector not in found:
        found[mux.selector] = mux.values
        selector = message.signal(mux.selector)
        mux = selector.mux if selector else None
    return found
