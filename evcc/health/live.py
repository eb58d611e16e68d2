"""What the ECU measures and does right now, by name, for testers and freeze frames.

One table of records serves both: the live data identifiers and the circumstances of a failure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bsw.cp.pilot import Pilot
from bsw.dcm.records import DETAIL, TIME, Form, Record, Value
from evcc.vehicle import StationView, Values

LIVE: Final = (
    Record(0x0201, "soc", 2, step=0.1),
    Record(0x0202, "inlet_voltage", 2, step=0.1),
    Record(0x0203, "battery_voltage", 2, step=0.1),
    Record(0x0204, "battery_current", 2, Form.SIGNED, 0.1),
    Record(0x0205, "pilot", 2, Form.TEXT),
    Record(0x0206, "duty", 2, step=0.1),
    Record(0x0207, "phase", 24, Form.TEXT),
    Record(0x0208, "protocol", 12, Form.TEXT),
    Record(0x0209, "locked", 1),
    Record(0x020A, "contactors_closed", 1),
    Record(0x020B, "station_voltage", 2, step=0.1),
    Record(0x020C, "station_current", 2, Form.SIGNED, 0.1),
    Record(0x020D, "permission", 1),
    Record(0x020E, "derating", 1, step=0.01),
)
FRAME: Final = (TIME, DETAIL, *LIVE)
"""A freeze frame: when and what, and all live values."""


@dataclass(slots=True)
class Live:
    """Reads from the vehicle's state, the pilot, and the session that runs, if one does."""

    values: Values
    pilot: Callable[[], Pilot]
    view: Callable[[], StationView]

    def __call__(self) -> Mapping[str, Value]:
        state, pilot, view = self.values.now, self.pilot(), self.view()
        return {
            "soc": state.soc,
            "inlet_voltage": state.inlet_voltage,
            "battery_voltage": state.battery_voltage,
            "battery_current": state.battery_current,
            "pilot": str(pilot),
            "duty": pilot.duty,
            "phase": view.phase,
            "protocol": view.protocol,
            "locked": state.locked,
            "contactors_closed": state.contactors_closed,
            "station_voltage": view.present_voltage,
            "station_current": view.present_current,
            "permission": state.permission,
            "derating": state.derating,
        }
