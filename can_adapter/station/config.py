"""The configuration of the station bus, apart from the bus itself: it loads without a matrix."""

from collections.abc import Iterable

from bsw.ecuc.part import Wrong
from can_adapter.config import BusConfig, CanConfig, MatrixFile
from can_adapter.matrix.model import SHIPPED_STATION, shipped_matrix


class StationCanConfig(CanConfig):
    """The power module's bus, as an integrator configures it."""

    bus: BusConfig = BusConfig.model_construct(channel="239.74.163.3", options={"port": 43114})
    matrix: tuple[MatrixFile, ...] = tuple(shipped_matrix(name) for name in SHIPPED_STATION)

    def problems_outside(self) -> Iterable[Wrong]:
        from can_adapter.station.bus import wrong_in  # noqa: PLC0415 - a look into matrices takes time

        return wrong_in(self)
