"""What feeds the outlets, as the charger tells it at each moment."""

from collections.abc import Callable, Iterator, Mapping

from ocpp.station.charging.composite import Supply


class Supplies(Mapping[int, Supply]):
    """What each outlet is fed with now: a source on a bus tells it after the station has begun."""

    def __init__(self, ask: Callable[[int], Supply], evses: tuple[int, ...]) -> None:
        self._ask = ask
        self._evses = evses

    def __getitem__(self, evse: int) -> Supply:
        if evse not in self._evses:
            raise KeyError(evse)
        return self._ask(evse)

    def __iter__(self) -> Iterator[int]:
        return iter(self._evses)

    def __len__(self) -> int:
        return len(self._evses)
