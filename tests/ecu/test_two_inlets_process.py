"""Two inlets as processes on real sockets: the station's plug sits in the second one."""

from pathlib import Path

import pytest

from tests.ecu.processes import street

MATRICES = "[bms.dbc, vcu.dbc, ems.dbc, obc.dbc, inlet.dbc, inlet2.dbc, evcc.dbc]"
TWO = f"  matrix: {MATRICES}\nhardware: {{inlets: 2}}\n"
"""Goes on with the keys of ``can``."""


@pytest.mark.long
def test_the_second_inlet_charges_while_another_plug_waits_in_the_first(tmp_path: Path) -> None:
    with street(tmp_path, TWO, ("--inlets", "2"), plugged=False) as here:
        here.event("evcc", "ready", 60)
        here.say("plug 2")
        charging = here.event("evcc", "asking", 120, what="CurrentDemand")
        here.say("other in")
        here.say("inlet 1")
        here.event("evcc", "live", 20, charging, phase="CurrentDemand")
        here.say("pull")
        here.event("evcc", "session ended", 60, charging)
