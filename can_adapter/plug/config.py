"""The configuration of a plug's bus, apart from the bus itself: it loads without a matrix."""

from collections.abc import Iterable

from bsw.ecuc.part import Wrong
from can_adapter.config import BusConfig, CanConfig, MatrixFile
from can_adapter.matrix.model import SHIPPED_PLUG, shipped_matrix


class PlugCanConfig(CanConfig):
    """The bus of the plug's node, as an integrator configures it.

    It may be the bus of ``can``: each opens it for itself, and identifiers must not meet.
    """

    bus: BusConfig = BusConfig.model_construct(channel="239.74.163.4", options={"port": 43115})
    matrix: tuple[MatrixFile, ...] = tuple(shipped_matrix(name) for name in SHIPPED_PLUG)

    def problems_outside(self) -> Iterable[Wrong]:
        from can_adapter.plug.bus import wrong_in  # noqa: PLC0415 - a look into matrices takes time

        return wrong_in(self)
