"""The vehicle ECU's services on host time and a python-can bus: what a tester talks to.

Run as ``python -m tests.ecu.node FILE CHANNEL PORT``; says ``ready`` when it listens.
"""

import sys
from pathlib import Path

from bsw.cp.simulated import SimulatedCable
from bsw.det import Det
from bsw.dlt import silent
from bsw.ecum import EcuM
from bsw.os.config import OsConfig
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.process import Process, Status
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.vehicle import open_vehicle_bus
from can_adapter.vehicle_config import VehicleCanConfig
from csm.config import CsmConfig, SoftwareConfig
from csm.cryif import CryIf
from csm.handles import KeyKind
from csm.randomness import HostRandomness
from csm.secret import PrivateKey, Secret
from csm.wiring import open_keys
from evcc.basic import BasicCharging
from evcc.canbus import VehicleCan
from evcc.charging import ChargingManager, RetryRules
from evcc.rooms import Ground, Neighbours, Rooms, Services
from evcc.services_config import DiagnosticsConfig, NvmConfig, ServicesConfig
from evcc.vehicle import VehicleState

KEY = bytes(range(16))
"""The secret both sides know, in this test only."""


def key_store(folder: Path) -> CryIf:
    """The software key store, with the diagnostic key in it."""
    keys = open_keys(CsmConfig(software=SoftwareConfig(folder=folder)))
    if not keys.stored():
        keys.adopt("diagnostics", PrivateKey(KeyKind.AES128, Secret(KEY)))
    return keys


def main(file: str, channel: str, port: str) -> int:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    dlt = silent()
    bus_config = BusConfig(
        interface="udp_multicast",
        channel=channel,
        options={"port": int(port), "fd": True, "hop_limit": 0},
    )
    worker = HostWorker(scheduler)
    keys = key_store(Path(file).parent / "keys")
    services = Services(
        ServicesConfig(
            nvm=NvmConfig(file=Path(file)),
            diagnostics=DiagnosticsConfig(key="software:diagnostics"),
        ),
        Ground(scheduler, worker, dlt, HostRandomness(), lambda: scheduler.now // 10**9),
    )
    bus = open_vehicle_bus(
        scheduler,
        open_port(scheduler, bus_config, "EVCC", clock=clock),
        VehicleCanConfig(bus=bus_config),
    )
    state = VehicleState()
    can_room = VehicleCan(bus, state, services.behaviour)
    cable = SimulatedCable(scheduler)
    manager = ChargingManager(
        scheduler,
        state,
        cable.vehicle,
        lambda _ended: (_ for _ in ()).throw(AssertionError("no session here")),
        basic=BasicCharging(scheduler, cable.vehicle, state, can_room),
        rules=RetryRules(),
        log=dlt.logger("node"),
    )
    rooms = Rooms(
        services, Neighbours(bus, can_room, manager, cable.vehicle.read, state, keys=keys)
    )
    ecu = EcuM(rooms.rooms(), scheduler, dlt.logger("ecum"))
    process = Process(scheduler, OsConfig(), Det(dlt.logger("det")), dlt.logger("os"))
    process.on_stop = lambda _stop: ecu.stop(process.finished)

    def start() -> None:
        can_room.start()
        can_room.pilot_changed(cable.vehicle.read())
        ecu.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    scheduler.after(0, start, name="start")
    status: Status = process.run()
    bus.close()
    keys.close()
    worker.close()
    clock.close()
    return int(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
