"""The configuration of the vehicle bus, apart from the bus itself: it loads without a matrix."""

from collections.abc import Iterable

from bsw.ecuc.part import Wrong
from can_adapter.config import CanConfig


class VehicleCanConfig(CanConfig):
    """The vehicle's bus, as an integrator configures it."""

    def problems_outside(self) -> Iterable[Wrong]:
        from can_adapter.vehicle.bus import wrong_in  # noqa: PLC0415 - a look into matrices takes time

        return wrong_in(self)
