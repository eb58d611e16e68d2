"""What the hardware measures, as plain values with their units in the names, for a program."""

from typing import Any, Final

from bsw.os.clock import MS
from tools.bench.hardware.power import PowerModule
from tools.bench.hardware.vehicle import SimulatedVehicle

EACH: Final = 200 * MS


def measured(vehicle: SimulatedVehicle, module: PowerModule | None) -> dict[str, Any]:
    cable, ac, battery = vehicle.wires.cable, vehicle.wires.ac, vehicle.battery
    on_mains = ac.energized
    return {
        "soc_percent": round(battery.soc, 3),
        "target_percent": vehicle.bms.moods.target_soc,
        "watts": round(ac.power if on_mains else cable.voltage * cable.current, 1),
        "charged_wh": round(vehicle.charged, 2),
        "battery_volts": round(battery.voltage, 1),
        "battery_amps": round(battery.current, 2),
        "battery_celsius": round(battery.temperature, 1),
        "inlet_celsius": round(vehicle.inlet.state.temperature, 1),
        "contactors": "closed" if vehicle.bms.contactors.closed else "open",
        "cable_volts": round(ac.voltage if on_mains else cable.voltage, 1),
        "cable_amps": round(ac.current if on_mains else cable.current, 2),
        "module": "" if module is None else module.state.value,
        "meter_wh": 0.0 if module is None else round(module.meter.imported, 1),
    }
