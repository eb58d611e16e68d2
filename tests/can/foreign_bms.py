"""A battery management made of cantools and python-can alone: no code of ours is imported here.

usage: foreign_bms.py MATRIX_FOLDER MULTICAST_ADDRESS PORT
It speaks for ten seconds, closes its contactors when asked to, and checks what it is told.
"""

import sys
import time
from pathlib import Path
from typing import Any

import can
from cantools.autosar.end_to_end import apply_profile5_crc, check_profile5_crc
from cantools.database.can import Database, Message

CYCLES = {"BMS_Contactors": 0.01, "BMS_Targets": 0.01, "BMS_Limits": 0.02, "BMS_Battery": 0.1}
DATA_IDS = {"BMS_Contactors": 0x1A0, "BMS_Targets": 0x1A1, "BMS_Limits": 0x1A2}
REQUESTS_DATA_ID = 0x190


Values = dict[str, Any]


class ForeignBattery:
    def __init__(self, folder: Path, channel: str, port: int) -> None:
        self.database = Database()
        self.database.add_dbc_file(folder / "bms.dbc")
        self.database.add_dbc_file(folder / "evcc.dbc")
        self.bus = can.Bus(
            interface="udp_multicast", channel=channel, port=port, hop_limit=0, fd=True
        )
        self.values: dict[str, Values] = {
            name: {signal.name: signal.initial or 0 for signal in self.message(name).signals}
            for name in CYCLES
        }
        self.values["BMS_Battery"] |= {"Soc": 55.5, "EvErrorCode": "NO_ERROR"}
        self.values["BMS_Battery"] |= {"EnergyCapacity": 82_000, "EnergyCapacityFlag": 1}
        self.values["BMS_Limits"] |= {"MaxCurrentLimit": 350.0, "MaxCurrentLimitFlag": 1}
        self.values["BMS_Targets"] |= {"TargetVoltage": 440.5, "TargetCurrent": 123.4}
        self.values["BMS_Targets"] |= {"EvReady": 1}
        self.values["BMS_Contactors"] |= {"ContactorState": "Open", "LinkVoltage": 401.2}
        self.counters = dict.fromkeys(CYCLES, 0)

    def message(self, name: str) -> Message:
        return self.database.get_message_by_name(name)

    def run(self, seconds: float) -> None:
        due = dict.fromkeys(CYCLES, time.monotonic())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, cycle in CYCLES.items():
                if time.monotonic() >= due[name]:
                    due[name] += cycle
                    self.send(name)
            self.hear(self.bus.recv(0.002))
        self.bus.shutdown()

    def send(self, name: str) -> None:
        message = self.message(name)
        data = bytearray(message.encode(self.values[name]))
        if name in DATA_IDS:
            data[2] = self.counters[name]
            self.counters[name] = (data[2] + 1) % 256
            data = apply_profile5_crc(bytes(data), DATA_IDS[name]) or bytearray()
        self.bus.send(
            can.Message(
                arbitration_id=message.frame_id,
                is_extended_id=False,
                is_fd=True,
                bitrate_switch=True,
                data=bytes(data),
            )
        )

    def hear(self, heard: can.Message | None) -> None:
        requests = self.message("EVCC_Requests")
        if heard is None or heard.arbitration_id != requests.frame_id:
            return
        if not check_profile5_crc(bytes(heard.data), REQUESTS_DATA_ID):
            sys.exit("EVCC_Requests is not protected well")
        told = requests.decode_simple(bytes(heard.data))
        if told["ContactorRequest"] == "Close":
            self.values["BMS_Contactors"]["ContactorState"] = "Closed"


if __name__ == "__main__":
    ForeignBattery(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])).run(10)
