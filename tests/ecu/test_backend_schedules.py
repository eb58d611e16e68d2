"""Schedules with prices from the back end, seen by the vehicle's units on CAN, and chosen by it."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bsw.chrgm.coding.dialect import iso20
from bsw.v2gtp import PayloadType
from can_adapter.bus import CanFrame
from can_adapter.signals.values import EnergyTransferMode as VehicleMode
from ecu.simulated import TODAY
from keym.x509.edition import Edition
from ocpp.versions import Version
from tests.ecu.test_backend_in_one_world import Chain, second_opinion  # noqa: F401 - a fixture
from tests.ecu.test_both_from_files import names
from tools.bench.world.stores import with_contract

ROW = 705
"""EVCC_ScheduleRow."""


class Row(NamedTuple):
    rows: int
    row: int
    start: int
    power: int
    price: int | None


def row_of(frame: CanFrame) -> Row:
    """By the places that the matrix gives its signals."""
    data = frame.data

    def number(begin: int, size: int) -> int:
        return int.from_bytes(data[begin : begin + size], "little")

    price = number(18, 1) if data[0] & 0x10 else None
    return Row(number(10, 2), number(8, 2), number(12, 3), number(15, 3), price)


class Ems:
    """A unit on the vehicle's bus that listens."""

    def __init__(self, chain: Chain) -> None:
        self.rows: list[Row] = []
        port = chain.pair.world.vehicle_bus.attach("LISTENER")
        port.accept([CanFrame(ROW, b"").key])
        port.listen(self._heard)

    def _heard(self, frame: CanFrame) -> None:
        if frame.data[0] & 1:
            self.rows.append(row_of(frame))

    def table(self) -> list[Row]:
        """The last one told whole."""
        found = {row.row: row for row in self.rows}
        return [found[place] for place in sorted(found)]


def keys() -> dict[str, Any]:
    vehicle, station = with_contract(TODAY, (Edition.ISO20,))
    return {"vehicle_keys": vehicle, "station_keys": station}


def periods(*watts: float) -> list[dict[str, float]]:
    return [{"startPeriod": 60 * place, "limit": limit} for place, limit in enumerate(watts)]


def entry(start: int, level: int) -> dict[str, Any]:
    return {"relativeTimeInterval": {"start": start}, "ePriceLevel": level}


def fee(value: int) -> dict[str, Any]:
    zero = {"exponent": 0, "value": 0}
    return {
        "duration": 3600,
        "priceRule": [{"energyFee": {"exponent": 0, "value": value}, "powerRangeStart": zero}],
    }


SALES = {"id": 5, "numEPriceLevels": 3, "salesTariffEntry": [entry(0, 1), entry(3600, 3)]}
ABSOLUTE = {
    "timeAnchor": "2030-01-01T00:00:00Z",
    "priceScheduleID": 5,
    "currency": "EUR",
    "language": "eng",
    "priceAlgorithm": "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
    "priceRuleStacks": [fee(20), fee(40)],
}


def schedule(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "id": number,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": periods(21_000.0, 14_000.0, 30_000.0),
        **more,
    }


ISO20: dict[str, Any] = {
    "vehicle": {
        "session": {"protocols": ["iso20"], "security": "tls"},
        "keym": {"secc": {"revocation": "soft-fail"}},
    },
    "station": {
        "session": {"protocols": ["iso20"], "tls": True, "plain": False},
    },
}
EDITIONS = pytest.mark.parametrize(
    ("version", "given", "prices"),
    [
        pytest.param(Version.V201, {}, {"salesTariff": SALES}, id="iso2"),
        pytest.param(Version.V21, ISO20, {"absolutePriceSchedule": ABSOLUTE}, id="iso20"),
    ],
)


@EDITIONS
def test_a_priced_schedule_reaches_the_vehicles_bus_and_the_choice_the_back_end(
    version: Version, given: dict[str, Any], prices: dict[str, Any], tmp_path: Path
) -> None:
    """K15.FR.01, K15.FR.09, K15.FR.10, K16.FR.01, K16.FR.02, K16.FR.11, K16.FR.12, K18.FR.09,
    K18.FR.10"""
    chain = Chain(
        tmp_path,
        version,
        driver="card",
        card="04E1",
        soc=40.0,
        schedules=(schedule(7, **prices),),
        around=keys() if given else {},
        **given,
    )
    ems = Ems(chain)
    chain.pair.plug()
    chain.pair.run(60.0)
    [needs] = chain.calls("NotifyEVChargingNeeds")
    kind = needs["chargingNeeds"]["requestedEnergyTransfer"]
    assert kind == "DC"
    table = ems.table()
    assert [row.power for row in table[:3]] == [21_000, 14_000, 30_000]
    assert table[0].start == 0
    assert 50 <= table[1].start <= 60
    assert len({row.price for row in table}) == 2, table
    [choice] = chain.calls("NotifyEVChargingSchedule")
    assert choice["chargingSchedule"]["id"] == 7
    told = [each["limit"] for each in choice["chargingSchedule"]["chargingSchedulePeriod"]]
    assert told
    assert max(told) <= 30_000
    current = chain.pair.hardware.vehicle.wires.cable
    assert 0 < current.voltage * current.current <= 21_500
    before = len(ems.rows)
    lower = {
        "id": 15_118,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": chain.calls("TransactionEvent")[0]["transactionInfo"]["transactionId"],
        "chargingSchedule": [
            {"id": 8, "chargingRateUnit": "W", "chargingSchedulePeriod": periods(9000.0)}
        ],
    }
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 1, "chargingProfile": lower})
    chain.pair.run(2.0)
    assert current.voltage * current.current <= 9_500  # at once, before anything is agreed anew
    chain.pair.run(30.0)
    assert [row.power for row in ems.rows[before:]][-1] == 9_000
    assert len(chain.calls("NotifyEVChargingNeeds")) == 1  # [K16.FR.09]
    assert chain.calls("NotifyEVChargingSchedule")[-1]["chargingSchedule"]["id"] == 8
    requests = names(chain.pair)
    wanted = "ScheduleExchangeReq" if given else "ChargeParameterDiscoveryReq"
    assert requests.count(wanted) >= 2


def test_the_lower_one_of_site_and_back_end_holds(tmp_path: Path) -> None:
    chain = Chain(tmp_path, Version.V201, driver="card", card="04E1", soc=40.0)
    chain.pair.plug()
    chain.pair.run(30.0)
    charger = chain.pair.station.charger
    current = chain.pair.hardware.vehicle.wires.cable

    def watts(seconds: float) -> float:
        chain.pair.run(seconds)
        return current.voltage * current.current

    charger.limit_power(power=12_000.0)
    assert watts(20.0) == pytest.approx(12_000, rel=0.02)
    station = {
        "id": 3,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2030-01-01T00:00:00Z",
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": periods(8000.0),
            }
        ],
    }
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 0, "chargingProfile": station})
    assert watts(20.0) == pytest.approx(8000, rel=0.02)
    charger.limit_power(power=30_000.0)
    assert watts(20.0) == pytest.approx(8000, rel=0.02)
    charger.limit_power()
    assert watts(20.0) == pytest.approx(8000, rel=0.02)
    assert len(chain.calls("NotifyChargingLimit")) == 2
    assert len(chain.calls("ClearedChargingLimit")) == 1


def test_the_tariff_of_the_outlet_reaches_the_vehicles_bus_and_is_what_it_costs(
    tmp_path: Path,
) -> None:
    """I07.FR.14, I12.FR.01: one tariff is both the prices of ISO 15118-20 and the bill."""
    chain = Chain(
        tmp_path, Version.V21, driver="card", card="04E1", soc=40.0, around=keys(), **ISO20
    )
    later = {"priceKwh": 40, "conditions": {"startTimeOfDay": "00:30"}}
    tariff = {"tariffId": "T1", "currency": "EUR", "energy": {"prices": [later, {"priceKwh": 20}]}}
    chain.office.call("CS-7", "SetDefaultTariff", {"evseId": 0, "tariff": tariff})
    chain.pair.run(1.0)
    ems = Ems(chain)
    chain.pair.plug()
    chain.pair.run(60.0)
    table = ems.table()
    assert len({row.price for row in table}) == 2, table
    assert 1500 < next(row.start for row in table if row.price != table[0].price) <= 1800
    chain.pair.station.charger.stop_charging(stop=True)
    chain.pair.run(30.0)
    chain.pair.unplug()
    chain.pair.run(30.0)
    [last] = [each for each in chain.calls("TransactionEvent") if each["eventType"] == "Ended"]
    cost, usage = last["costDetails"]["totalCost"], last["costDetails"]["totalUsage"]
    assert usage["energy"] > 0
    assert cost["total"]["exclTax"] == pytest.approx(20 * usage["energy"], abs=0.001)


def told_limits(chain: Chain, name: str) -> list[float]:
    """W that the station said it can give at most, in each of these messages."""
    dialect = iso20({PayloadType.MAIN, PayloadType.DC})
    bodies: list[Any] = [
        dialect.decode(PayloadType.DC, octets).body
        for record in chain.pair.vehicle_base.memory.records
        if record.kind == "message"
        and record.fields["name"] == name
        and isinstance(octets := record.fields["exi"], bytes)
    ]
    modes = (
        body.cl_res_control_mode
        if hasattr(body, "cl_res_control_mode")
        else body.dc_cpd_res_energy_transfer_mode
        for body in bodies
    )
    return [mode.evse_maximum_charge_power.si() for mode in modes]


def test_discovery_tells_the_hardware_and_the_loop_what_the_site_allows(tmp_path: Path) -> None:
    """[V2G20-2654]: a loop adds nothing to the discovery; a site may have more later."""
    site = {
        "id": 3,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute",
    }

    def limited(watts: float) -> dict[str, Any]:
        schedule = {
            "id": 1,
            "startSchedule": "2030-01-01T00:00:00Z",
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": periods(watts),
        }
        return {**site, "chargingSchedule": [schedule]}

    chain = Chain(
        tmp_path, Version.V21, driver="card", card="04E1", soc=40.0, around=keys(), **ISO20
    )
    current = chain.pair.hardware.vehicle.wires.cable
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 0, "chargingProfile": limited(9e3)})
    chain.pair.run(2.0)
    chain.pair.plug()
    chain.pair.run(40.0)
    assert current.voltage * current.current == pytest.approx(9_000, rel=0.05)
    [hardware] = told_limits(chain, "DCChargeParameterDiscoveryRes")
    assert hardware > 30_000
    assert told_limits(chain, "DCChargeLoopRes")[-1] == pytest.approx(9_000, rel=0.01)
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 0, "chargingProfile": limited(18e3)})
    chain.pair.run(40.0)
    assert told_limits(chain, "DCChargeLoopRes")[-1] == pytest.approx(18_000, rel=0.01)
    assert current.voltage * current.current == pytest.approx(18_000, rel=0.05)


def both_ways(tmp_path: Path, **more: Any) -> Chain:  # noqa: ANN401 - fields of Chain
    """A station whose source takes energy back, and a vehicle that gives it."""
    settings = {
        "vehicle": ISO20["vehicle"],
        "station": {
            "session": {**ISO20["station"]["session"], "modes": ["DC_extended", "DC_BPT"]},
        },
    }
    chain = Chain(
        tmp_path,
        Version.V21,
        driver="card",
        card="04E1",
        soc=60.0,
        around=keys(),
        **settings,
        **more,
    )
    wishes = chain.pair.hardware.vehicle.vcu.wishes
    wishes.energy_transfer = VehicleMode.DC_BPT
    return chain


def test_a_setpoint_of_the_back_end_is_in_the_next_answers_of_the_loop(tmp_path: Path) -> None:
    """Q01.FR.02, Q01.FR.03, K18.FR.01, K18.FR.06, K19.FR.01, K19.FR.06: what a vehicle of -20 can
    in both directions goes up (V21); its set point and limits come down."""
    chain = both_ways(tmp_path)
    chain.pair.plug()
    chain.pair.run(40.0)
    needs = chain.calls("NotifyEVChargingNeeds")[-1]
    told = needs["chargingNeeds"]
    assert told["requestedEnergyTransfer"] == "DC_BPT"
    assert set(told["availableEnergyTransfer"]) == {"DC", "DC_BPT"}
    assert told["controlMode"] in {"ScheduledControl", "DynamicControl"}
    assert told["v2xChargingParameters"]["maxChargePower"] > 0
    assert told["v2xChargingParameters"]["maxDischargePower"] >= 0
    [started] = [e for e in chain.calls("TransactionEvent") if e["eventType"] == "Started"]
    [vehicle] = started["idToken"]["additionalInfo"]
    assert vehicle["type"] == "EVCCID"
    takes_back(chain, 6000.0)
    chain.pair.run(1.0)
    assert told_back(chain)[-1] == 0.0  # nobody has permitted anything
    state = chain.pair.station.charger.state
    period = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -4000.0}
    profile = {
        "id": 9,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        ],
    }
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
    chain.pair.run(2.0)
    assert state.set_point == pytest.approx(-4000.0)
    assert told_limits(chain, "DCChargeLoopRes")[-1] == 0.0
    assert told_back(chain)[-1] == pytest.approx(4000.0, rel=0.01)
    chain.pair.run(20.0)
    chain.office.call("CS-7", "ClearChargingProfile", {"chargingProfileId": 9})
    chain.pair.run(2.0)
    assert state.set_point is None
    assert told_back(chain)[-1] == 0.0


def takes_back(chain: Chain, watts: float) -> None:
    """The source says that it does."""
    charger = chain.pair.station.charger
    limits, hard = charger.state.dc_maximum, charger.state.capabilities
    assert limits is not None
    back = {
        "evse_maximum_discharge_power_limit": watts,
        "evse_maximum_discharge_current_limit": watts / 300,
    }
    if hard is not None:
        more = {"bidirectional": True, "max_import_power_W": watts, "max_import_current_A": 50.0}
        charger.set_powersupply_capabilities(capabilities=hard.model_copy(update=more))
    charger.update_dc_maximum_limits(maximum_limits=limits.model_copy(update=back))


def told_back(chain: Chain) -> list[float]:
    dialect = iso20({PayloadType.MAIN, PayloadType.DC})
    return [
        abs(
            dialect.decode(
                PayloadType.DC, octets
            ).body.cl_res_control_mode.evse_maximum_discharge_power.si()
        )
        for record in chain.pair.vehicle_base.memory.records
        if record.kind == "message"
        and record.fields["name"] == "DCChargeLoopRes"
        and isinstance(octets := record.fields["exi"], bytes)
    ]
