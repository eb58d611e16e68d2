"""A report of what the station told, in sections: built when something they are made of changed.

Who reads a report - the vehicle's bus, the north side - declares its sections; an answer in the
charge loop that changes one value costs one section and not all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from evcc.vehicle import StationView

T = TypeVar("T")
_NOTHING: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """``of``: the values of the view that ``make`` reads.  ``None``: nothing to tell now."""

    name: str
    of: tuple[str, ...]
    make: Callable[[StationView], T | None]


class Report(Generic[T]):
    """Remembers what each section was made of last."""

    def __init__(self, sections: Sequence[Section[T]]) -> None:
        self._sections = [(section, attrgetter(*section.of)) for section in sections]
        self._made_of = [_NOTHING] * len(sections)
        self._seen: StationView | None = None

    def forget(self) -> None:
        """Whoever was told knows nothing any more: the next time everything is news."""
        self._made_of = [_NOTHING] * len(self._sections)
        self._seen = None

    def changed(self, view: StationView) -> Iterator[tuple[str, T]]:
        """The sections that are not as they were, with their names."""
        if view is self._seen:
            return
        self._seen, made_of = view, self._made_of
        for place, (section, read) in enumerate(self._sections):
            now = read(view)
            if now != made_of[place]:
                made_of[place] = now
                made = section.make(view)
                if made is not None:
                    yield section.name, made
