"""A vehicle's values for the bench: turned like dials, read as an ECU reads them."""

from typing import Any

from evcc.bus.merge import NO_WILL, OwnWill, merge
from evcc.vehicle import NOTHING_SAID, Intent, VehicleValues


class Dials:
    """Implements ``OwnValues``.  Set any value like an attribute, or several with ``put``.

    ``now`` is made when somebody reads it, because most turns of a simulation nobody does.
    """

    now: VehicleValues
    told: dict[str, Any]
    _own: OwnWill

    barred = withheld = False  # nothing stands
    share = 1.0

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - fields of the values
        VehicleValues(**values)  # a wrong name is told here
        self.__dict__.update(told=values, _own=NO_WILL)

    def put(self, **values: Any) -> None:  # noqa: ANN401 - fields of the values
        own = self.__dict__
        own["told"].update(values)
        own.pop("now", None)

    def want(self, *, intent: Intent, contracts: bool, running: bool) -> None:
        """The mode of a bench is not changed under a session."""
        del running
        self.__dict__["_own"] = OwnWill(intent=intent, contracts=contracts)
        self.__dict__.pop("now", None)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a field of the values
        if name != "now":
            return getattr(self.now, name)
        now = self.__dict__["now"] = merge(NOTHING_SAID.but(**self.told), {}, self._own)
        return now

    def __setattr__(self, name: str, value: object) -> None:
        if not hasattr(NOTHING_SAID, name):
            raise AttributeError(f"a vehicle has no value {name}")
        self.put(**{name: value})
