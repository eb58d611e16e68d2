"""What a session reads: the profile's switch decides, and each use stands in the trace."""

from dataclasses import replace

import pytest

from bsw import exi
from bsw.chrgm.coding import dialect
from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import din
from bsw.chrgm.record import Said
from bsw.os.clock import S
from bsw.trace import MemoryTrace
from evcc.session import profile as vehicle
from secc.session import profile as station
from tests.exi.abstract import without_schedules
from tests.net import worlds
from tools.bench.world.network import QUICK, NetRig, Options

encode = dialect.Wrapped.encode


def one_more_octet(self: dialect.Wrapped, session_id: bytes, said: Said) -> tuple[int, bytes]:
    payload_type, octets = encode(self, session_id, said)
    return payload_type, octets + b"\0"


def empty_schedules(self: dialect.Wrapped, session_id: bytes, said: Said) -> tuple[int, bytes]:
    payload_type, octets = encode(self, session_id, said)
    if not isinstance(said.body, din.ChargeParameterDiscoveryRes):
        return payload_type, octets
    header = din.MessageHeader(session_id=session_id)
    return payload_type, without_schedules(din.V2GMessage(header=header, body=said.body))


def session(protocol: str, ev: vehicle.VehicleProfile, evse: station.StationProfile) -> NetRig:
    world = worlds.simulated()
    options = Options((protocol,), vehicle_profile=ev, station_profile=evse, ratings=QUICK)
    rig = NetRig(world, options)
    rig.plug_in()
    rig.full_after(3 * S)
    world.run_until(lambda: rig.results, 60 * S)
    return rig


def tolerated(trace: MemoryTrace) -> set[object]:
    return {record.fields["what"] for record in trace.records if record.kind == "tolerated"}


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_in_the_field_both_read_a_message_with_an_octet_of_zero_behind_it(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr(dialect.Wrapped, "encode", one_more_octet)
    rig = session(protocol, vehicle.FIELD, station.FIELD)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    said = {"1 octets follow the message"}
    assert tolerated(rig.vehicle_trace) == tolerated(rig.station_trace) == said


def test_by_the_letter_neither_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect.Wrapped, "encode", one_more_octet)
    rig = session("iso2", vehicle.FIELD, station.CONFORMANCE)
    assert rig.ending("station") is Ending.UNDECODABLE
    rig = session("iso2", vehicle.CONFORMANCE, station.FIELD)
    assert rig.ending("vehicle") is Ending.UNDECODABLE


def test_the_switch_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect.Wrapped, "encode", one_more_octet)
    only = exi.CONFORMANCE._replace(trailing_zeros=True)
    ev = replace(vehicle.CONFORMANCE, reading=only)
    rig = session("iso2", ev, replace(station.CONFORMANCE, reading=only))
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_in_the_field_a_vehicle_charges_by_din_without_a_list_of_schedules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialect.Wrapped, "encode", empty_schedules)
    rig = session("din", vehicle.FIELD, station.FIELD)
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert {str(what).rpartition("/")[2] for what in tolerated(rig.vehicle_trace)} == {
        "SASchedules is abstract and empty"
    }
    rig = session("din", vehicle.CONFORMANCE, station.FIELD)
    assert rig.ending("vehicle") is Ending.UNDECODABLE
