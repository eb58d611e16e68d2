"""A limit of the whole station shared by its outlets: equal parts, what one leaves goes on."""

from collections.abc import Mapping


def shared(total: float, wanted: Mapping[int, float]) -> dict[int, float]:
    """What each gets of ``total``: never more than it wants, else the same as the others."""
    given = dict.fromkeys(wanted, 0.0)
    left, open_ones = max(0.0, total), sorted(wanted, key=lambda each: wanted[each])
    while open_ones:
        part = left / len(open_ones)
        least = open_ones.pop(0)
        given[least] = min(wanted[least], part)
        left -= given[least]
    return given
