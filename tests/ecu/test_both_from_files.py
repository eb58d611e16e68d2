"""Two YAML files and nothing else: both whole ECUs on the virtual clock, as ``run -c`` reads them.

With both buses and their hardware, pilot and SLAC, both north sides, diagnostics and sleep; each
protocol and way to pay charges, and both ECUs stop in order.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bsw.chrgm.endings import Ending
from bsw.ecuc.load import load
from bsw.mode.ecum import State
from bsw.os.clock import S
from bsw.os.process import Status
from can_adapter.bus import CanFrame
from can_adapter.signals.values import EnergyTransferMode, PaymentOption
from ecu.simulated import TODAY
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.bench.run.bench import keys
from tools.bench.world.pair import Pair, Surroundings

Settings = Mapping[str, Any]

VEHICLE: Settings = {
    "hardware": {"driver": "plug"},
    "diagnostics": {"enabled": True},
    "sleep": {"enabled": True, "after": "5 s"},
}
STATION: Settings = {"hardware": {"driver": "plug", "power": "can"}}


def pair_of(
    folder: Path,
    vehicle: Settings,
    station: Settings,
    soc: float = 79.7,
    unix: int = TODAY,
    **around: Any,  # noqa: ANN401 - fields of Surroundings
) -> Pair:
    files = folder / "evcc.yaml", folder / "secc.yaml"
    files[0].write_text(yaml.safe_dump({**VEHICLE, **vehicle}))
    files[1].write_text(yaml.safe_dump({**STATION, **station}))
    evcc, secc = load(EvccConfig, files[:1]).config, load(SeccConfig, files[1:]).config
    return Pair(evcc, secc, Surroundings(soc=soc, unix=unix, **around))


def until_ended(pair: Pair, within: float = 300.0) -> None:
    deadline = pair.scheduler.now + int(within * S)
    while not (pair.vehicle.manager.results and pair.station.outlet.results):
        assert pair.scheduler.now < deadline, pair.vehicle.manager.results
        pair.run(1.0)


def charge(pair: Pair) -> None:
    """From power on to the end of a charge, with figures of what it took of a processor."""
    began = time.process_time()
    starts = pair.start()
    pair.run(2.0)
    assert [start.failure for start in starts] == [None, None]
    before = pair.hardware.vehicle.battery.soc
    pair.plug()
    until_ended(pair)
    took = time.process_time() - began
    simulated = pair.scheduler.now / S
    print(  # noqa: T201 - a figure for whoever looks, no limit
        f"{simulated:.0f} simulated seconds in {took:.2f} s: {simulated / took:.0f} times"
    )
    assert pair.vehicle.manager.results[0].ending is Ending.TERMINATED
    assert pair.station.outlet.results[0].ending is Ending.TERMINATED
    assert pair.hardware.vehicle.battery.soc > before
    assert pair.hardware.vehicle.hard_openings == 0


def names(pair: Pair) -> list[str]:
    """The requests in the vehicle's trace."""
    return [
        str(record.fields["name"])
        for record in pair.vehicle_base.memory.records
        if record.kind == "message" and record.fields["way"] == "out"
    ]


def test_din_dc(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, {"session": {"protocols": ["din"]}}, {})
    charge(pair)
    assert "ContractAuthenticationReq" in names(pair)


def test_iso2_dc(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, {"session": {"protocols": ["iso2"]}}, {})
    charge(pair)
    assert "AuthorizationReq" in names(pair)
    assert "CurrentDemandReq" in names(pair)


def test_iso2_ac(tmp_path: Path) -> None:
    pair = pair_of(
        tmp_path, {"link": {"energy": "ac"}}, {"session": {"modes": ["AC_three_phase_core"]}}
    )
    pair.hardware.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.AC_THREE_PHASE_CORE
    charge(pair)
    assert "ChargingStatusReq" in names(pair)


def test_plug_and_charge_over_tls(tmp_path: Path) -> None:
    keys(tmp_path)
    vehicle = {
        "session": {"protocols": ["iso2"], "security": "tls"},
        "keym": {
            "folder": str(tmp_path / "evcc/certificates"),
            "secc": {"revocation": "soft-fail"},
        },
        "csm": {"software": {"folder": str(tmp_path / "evcc/keys")}},
    }
    station = {
        "session": {"tls": True, "plain": False, "payment": ["Contract", "ExternalPayment"]},
        "keym": {"folder": str(tmp_path / "secc/certificates")},
        "csm": {"software": {"folder": str(tmp_path / "secc/keys")}},
    }
    pair = pair_of(tmp_path, vehicle, station, unix=int(time.time()))
    pair.hardware.vehicle.vcu.wishes.payment = PaymentOption.CONTRACT
    charge(pair)
    assert "PaymentDetailsReq" in names(pair)


def test_a_back_end_a_tester_and_sleep_reach_the_whole_ecu(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, {}, {"customer": {"accept": False}})
    pair.start()
    pair.run(2.0)
    station, vehicle = pair.station_doors.north_door, pair.vehicle_doors.north_door
    assert station is not None
    assert vehicle is not None
    heard: list[tuple[str, object]] = []
    vehicle.side.listen(lambda name: name == "link_state", lambda *told: heard.append(told))

    def answer(name: str, asked: Any) -> None:  # noqa: ANN401 - JSON
        station.side.call(
            "authorization_verdict",
            {
                "request_id": asked["request_id"],
                "authorization_status": "Accepted",
                "certificate_status": "Accepted",
            },
        )

    station.side.listen(lambda name: name == "authorization_request", answer)
    pair.plug()
    until_ended(pair)
    assert pair.vehicle.manager.results[0].ending is Ending.TERMINATED
    assert ("link_state", "linked") in heard
    assert asked_by_tester(pair, b"\x02\x3e\x00") == b"\x02\x7e\x00"
    pair.unplug()
    for _ in range(60):
        pair.run(1.0)
    assert pair.vehicle.ecum.state is State.SLEEP
    assert asked_by_tester(pair, b"\x02\x3e\x00") == b"\x02\x7e\x00", "a tester wakes it"


def asked_by_tester(pair: Pair, request: bytes) -> bytes:
    heard: list[CanFrame] = []
    port = pair.world.vehicle_bus.attach("TESTER")
    port.accept([CanFrame(0x7E8, b"").key])
    port.listen(heard.append)
    port.send(CanFrame(0x7E0, request + bytes(8 - len(request))))
    pair.run(1.0)
    port.close()
    return heard[-1].data[:3] if heard else b""


def test_both_stop_in_order_in_the_middle_of_a_charge(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, {}, {}, soc=30.0)
    pair.start()
    pair.run(2.0)
    pair.plug()
    pair.run(40.0)
    assert pair.hardware.vehicle.wires.cable.current > 50
    pair.stop()
    pair.run(20.0)
    assert pair.vehicle_base.process.status is Status.OK
    assert pair.station_base.process.status is Status.OK
    assert pair.hardware.vehicle.hard_openings == 0
    assert pair.hardware.vehicle.bms.contactors.closed is False
    assert not pair.vehicle_doors.interface.busy
    assert not pair.station_doors.interface.busy


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_an_interface_that_goes_stops_the_ecu_in_order(role: str, tmp_path: Path) -> None:
    pair = pair_of(tmp_path, {}, {})
    pair.start()
    pair.run(2.0)
    doors = pair.vehicle_doors if role == "evcc" else pair.station_doors
    base = pair.vehicle_base if role == "evcc" else pair.station_base
    doors.interface.down()  # type: ignore[attr-defined]  # the world's own
    pair.run(5.0)
    assert base.process.status is Status.FAILED
    assert base.process.host_fault.startswith("network.interface")
