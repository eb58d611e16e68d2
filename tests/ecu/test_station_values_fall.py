"""However a session ends, nothing the station told stays on the vehicle's bus as if it were new."""

from typing import Any

import cantools.database
import pytest

from can_adapter.bus import CanFrame
from tests.ecu.benches import EcuBench
from tests.ecu.test_values_on_can import DBC
from tools.bench.hardware.faults import faults

ENDS = ("crash", "interlock open", "stop request Normal", "plug pulled")


class Flags:
    """Whether the station's present values are valid, as the last frame says."""

    def __init__(self) -> None:
        self.database: Any = cantools.database.load_file(DBC / "evcc.dbc")
        self.valid: dict[str, str] = {}

    def heard(self, _at: int, _sender: str, frame: CanFrame) -> None:
        try:
            message = self.database.get_message_by_frame_id(frame.id)
        except KeyError:
            return
        if message.name in {"EVCC_StationPresent", "EVCC_StationLimits", "EVCC_StationStatus"}:
            for name, value in message.decode(frame.data).items():
                if name.endswith("Flag"):
                    self.valid[name] = str(value)


@pytest.mark.parametrize("end", ENDS)
def test_the_flags_fall_with_the_session(end: str) -> None:
    bench, flags = EcuBench(), Flags()
    bench.vehicle_bus.tap(flags.heard)
    bench.start().run(2)
    bench.charge()
    present = ("EvsePresentVoltageFlag", "EvsePresentCurrentFlag", "EvseMaxCurrentLimitFlag")
    assert {flags.valid[name] for name in present} == {"Valid"}
    bench.make(faults()[end])
    bench.until(lambda: bool(bench.manager.results), 10.0)
    bench.run(1.5)
    assert set(flags.valid.values()) == {"NotValid"}
