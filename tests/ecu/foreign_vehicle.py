"""The simulated vehicle behind a gateway that speaks another maker's matrix.

Between the two buses stand ``cantools``, ``autosar-e2e`` and the table below, and none of our code
that converts values: what the mapping gets wrong cannot be made good here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cantools.database
from e2e.p01 import e2e_p01_protect
from e2e.p05 import e2e_p05_protect

from bsw.ecuc.load import load
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness
from ecu.world import World
from tests.ecu.benches import EcuBench
from tools.bench.world.whole import WholeOptions

DATA = Path(__file__).parents[1] / "data" / "can"
DBC = Path(__file__).parents[2] / "config" / "dbc"
REQUESTS = 400
"""The data id by which the vehicle's units trust what they are asked for."""
RELEASE, POSITION, PAGES, INLET = 673, 2566869221, 2566869477, 860
CONTACTORS = {"Open": 1, "Closing": 2, "Closed": 3, "Opening": 4, "Welded": 8, "ContactorFault": 9}
LOCKS = {"Unlocked": 2, "Moving": 3, "Locked": 1, "LockError": 7}
PLUGS = {"Unplugged": 0, "Plugged": 1, "PlugFault": 2}
STOPS = {"NoStop": 0, "Normal": 1, "Fast": 2, "Emergency": 3}
ERRORS = {"NO_ERROR": 0, "FAILED_RESSTemperatureInhibit": 17, "FAILED_EVRESSMalfunction": 19}
ORDERS = {0: "Open", 1: "OpenPositive", 2: "OpenNegative", 3: "Close"}
WISHES = {0: "Keep", 1: "Unlock", 2: "Lock"}

Told = Mapping[str, Any]


def release(told: Told) -> Told:
    return {
        "GWF_Pruef": 0,
        "GWF_Lauf": 0,
        "GWF_Frei": 2 if told["ChargePermission"] else 1,
        "GWF_Gang": {"Park": 0, "Reverse": 1, "Neutral": 2, "Drive": 4}[str(told["ShiftPosition"])],
        "GWF_Aufprall": told["CrashDetected"],
        "GWF_Halt": STOPS[str(told["StopRequest"])],
        "GWF_Entriegeln": told["UnlockPermission"],
    }


def position(told: Told) -> Told:
    return {
        "AKL_U_Batt": told["LinkVoltage"],
        "AKL_U_Dose": told["ContactorVoltage"],
        "AKL_I": -told["PresentCurrent"],
        "AKL_Schuetz": CONTACTORS[str(told["ContactorState"])],
        "AKL_Iso_misst": told["IsolationMonitoringActive"],
        "AKL_Pilot_zu": told["HvInterlockClosed"],
        "AKL_SoC": told["Soc"],
    }


def page(number: int) -> Callable[[Told], Told]:
    def write(told: Told) -> Told:
        pages: tuple[Told, ...] = (
            {
                "AKS_I_max": told["MaxCurrentLimit"],
                "AKS_U_max": told["MaxVoltageLimit"],
                "AKS_P_max": told["MaxPowerLimit"] / 1000,
            },
            {
                "AKS_I_soll": told["TargetCurrent"],
                "AKS_U_soll": told["TargetVoltage"],
                "AKS_bereit": told["EvReady"],
                "AKS_voll": told["ChargingComplete"],
            },
            {
                "AKS_Energie": told["EnergyRequest"] / 1000,
                "AKS_Fehler": ERRORS[str(told["EvErrorCode"])],
            },
        )
        return {"AKS_Seite": number, **pages[number]}

    return write


def inlet(told: Told) -> Told:
    return {
        "DOZ_Riegel": LOCKS[str(told["LockState"])],
        "DOZ_Stecker": PLUGS[str(told["PlugState"])],
        "DOZ_T_plus": told["DcPinTemperature1"],
        "DOZ_T_minus": told["DcPinTemperature2"],
    }


class Gateway:
    """``silent`` holds identifiers that are not sent any more; ``spoil`` changes a frame."""

    def __init__(self, scheduler: Scheduler, ours: SimulatedBus, theirs: SimulatedBus) -> None:
        self._ours: Any = cantools.database.Database()
        for name in ("bms", "vcu", "ems", "obc", "inlet", "evcc"):
            self._ours.add_dbc_file(DBC / f"{name}.dbc")
        self._theirs: Any = cantools.database.load_file(DATA / "maker.dbc")
        self.told: dict[str, Any] = {}
        self._orders: dict[str, Any] = {}
        self._release = bytearray(8)
        self._requests = bytearray(64)
        self.silent: set[int] = set()
        self.spoil: Callable[[int, bytearray], None] = lambda _id, _data: None
        self.station: dict[str, float] = {}
        self._inner = ours.attach("GW")
        self._outer = theirs.attach("the vehicle")
        self._inner.listen(self._hear)
        self._outer.listen(self._obey)
        rows: tuple[tuple[int, int, Callable[[Told], Told]], ...] = (
            (RELEASE, 40, release),
            (POSITION, 20, position),
            *((PAGES, 60, page(one)) for one in range(3)),
            (INLET, 50, inlet),
        )
        for number, (identifier, cycle, write) in enumerate(rows):
            scheduler.every(
                cycle * MS,
                partial(self._say, identifier, write),
                name=f"gateway {number}",
                offset=(100 + 20 * number) * MS,
            )
        scheduler.every(10 * MS, self._order, name="gateway orders", offset=5 * MS)

    def _hear(self, frame: CanFrame) -> None:
        message = self._ours.get_message_by_frame_id(frame.id)
        self.told |= message.decode(frame.data)

    def _say(self, identifier: int, write: Callable[[Told], Told]) -> None:
        if identifier in self.silent or "ChargePermission" not in self.told:
            return
        message = self._theirs.get_message_by_frame_id(identifier & 0x1FFFFFFF)
        data = bytearray(message.encode(write(self.told), strict=False))
        if identifier == RELEASE:
            data[:2] = self._release[:2]
            e2e_p01_protect(data, 0x2A1, increment_counter=True)
            self._release[:] = data
        self.spoil(identifier, data)
        extended = bool(identifier >> 31)
        self._outer.send(
            CanFrame(identifier & 0x1FFFFFFF, bytes(data), extended=extended, fd=False)
        )

    def _obey(self, frame: CanFrame) -> None:
        assert not frame.fd
        assert len(frame.data) == 8
        message = self._theirs.get_message_by_frame_id(frame.id)
        told = message.decode(frame.data)
        (self.station if message.name == "LAD_Saeule" else self._orders).update(told)

    def _order(self) -> None:
        """To the vehicle's units, in the only words they know."""
        if not self._orders:
            return
        message = self._ours.get_message_by_name("EVCC_Requests")
        values: dict[str, Any] = {signal.name: 0 for signal in message.signals}
        values |= {
            "ContactorRequest": ORDERS[int(self._orders["LAW_Schuetz"])],
            "LockRequest": WISHES[int(self._orders["LAW_Riegel"])],
            "IsolationMeasurementRequest": 1 - int(self._orders["LAW_Iso_aus"]),
            "KeepAwakeRequest": self._orders["LAW_wach"],
            "ChargeCurrentAllowedFlag": 1,
            "ChargeCurrentAllowed": self._orders["LAW_I_frei"],
        }
        data = bytearray(message.encode(values, strict=False))
        data[:3] = self._requests[:3]
        e2e_p05_protect(data, REQUESTS, increment_counter=True)
        self._requests[:] = data
        self._inner.send(CanFrame(message.frame_id, bytes(data), fd=True))


class ForeignBench(EcuBench):
    """The ECU on the other maker's bus, by nothing but ``maker.yaml``."""

    def __init__(self, setup: WholeOptions | None = None) -> None:
        super().__init__(setup or WholeOptions())
        self.gateway = Gateway(self.scheduler, self.vehicle_bus, self.ecu_bus)

    def make_ecu_bus(self, world: World) -> SimulatedBus:
        return SimulatedBus(world.scheduler, SeededRandomness("foreign"))

    def ecu_can(self, hardware: VehicleCanConfig) -> VehicleCanConfig:
        del hardware
        return load(VehicleCanConfig, (DATA / "maker.yaml",), ("bus.interface=simulated",)).config
