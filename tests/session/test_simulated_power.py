"""The simulated power electronics tell what they measure when it changed, and only then."""

from bsw.dlt import silent
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.literals import SupportedAppProtocol
from secc.api.objects import DcEvsePresentVoltageCurrent
from secc.power.simulated import SimulatedElectronics


def made() -> tuple[Scheduler, Charger]:
    scheduler, log = Scheduler(VirtualClock()), silent().logger("test")
    return scheduler, Charger(tuple(SupportedAppProtocol), lambda: scheduler.now, log)


def told(charger: Charger) -> list[float]:
    """The voltages of all the commands that tell of a measurement, from here on."""
    found: list[float] = []

    def hear(name: str) -> None:
        if name == "update_dc_present_values":
            assert charger.state.dc_present is not None
            found.append(charger.state.dc_present.evse_present_voltage)

    charger.on_command(hear)
    return found


def test_a_measurement_is_told_when_it_changed() -> None:
    scheduler, charger = made()
    heard = told(charger)
    electronics = SimulatedElectronics(charger, scheduler)
    electronics.start()
    scheduler.run(1 * S)
    assert heard == [0.0], "at rest there is nothing to tell"
    charger.variables.publish("start_cable_check", None)
    scheduler.run(2 * S)
    assert heard[-1] == 500.0
    assert len(heard) == len(set(heard)), "each step of the ramp once"


def test_what_somebody_else_told_is_put_right() -> None:
    scheduler, charger = made()
    SimulatedElectronics(charger, scheduler).start()
    other = DcEvsePresentVoltageCurrent(evse_present_voltage=400.0, evse_present_current=0.0)
    charger.update_dc_present_values(present_voltage_current=other)
    scheduler.run(1 * S)
    assert charger.state.dc_present is not None
    assert charger.state.dc_present.evse_present_voltage == 0.0
