"""A vehicle's values for the bench: turned like dials, read as an ECU reads them."""

from typing import Any

from evcc.bus.merge import NO_WILL, OwnWill, merge
from evcc.vehicle import Intent, VehicleValues


class Dials:
    """Implements ``OwnValues``.  Set any value like an attribute, or several with ``put``."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - fields of the values
        self.__dict__.update(_told=values, _own=NO_WILL, _now=None)
        VehicleValues(**values)  # a wrong name is told here

    @property
    def now(self) -> VehicleValues:
        now: VehicleValues | None = self.__dict__["_now"]
        if now is None:
            now = merge(VehicleValues(**self.__dict__["_told"]), {}, self.__dict__["_own"])
            self.__dict__["_now"] = now
        return now

    def put(self, **values: Any) -> None:  # noqa: ANN401 - fields of the values
        self.__dict__["_told"].update(values)
        self.__dict__["_now"] = None

    def want(self, *, intent: Intent, contracts: bool, running: bool) -> None:
        """The mode of a bench is not changed under a session."""
        del running
        self.__dict__.update(_own=OwnWill(intent=intent, contracts=contracts), _now=None)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a field of the values
        return getattr(self.now, name)

    def __setattr__(self, name: str, value: object) -> None:
        self.put(**{name: value})
