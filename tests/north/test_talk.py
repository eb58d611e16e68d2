"""The language of the local door, without a socket: requests, refusals, garbage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.dlt import silent
from bsw.north.talk import AT_ONCE, LONGEST_LINE, Talk
from evcc.north import side as vehicle_north
from evcc.north.vehicle import Vehicle
from evcc.vehicle import VehicleValues
from secc.api.charger import Charger
from secc.api.core import ADDITIONS, COMMANDS
from secc.api.literals import SupportedAppProtocol
from secc.ecu import north as station_north
from tools.bench.world.plug import NoUser


class Client:
    """A conversation with a vehicle of its own; ``said`` is what came back."""

    def __init__(self) -> None:
        self.vehicle = Vehicle(NoUser())
        self.said: list[dict[str, Any]] = []
        self.talk = Talk(vehicle_north.side(self.vehicle), self._hear)

    def _hear(self, line: bytes) -> None:
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        self.said.append(json.loads(line))

    def feed(self, octets: bytes) -> "Client":
        self.talk.received(octets)
        while self.talk.work():
            pass
        return self

    def ask(self, **request: object) -> dict[str, Any]:
        self.feed(json.dumps(request).encode() + b"\n")
        return self.said[-1]


def test_a_command_is_done_and_answered_under_its_number() -> None:
    client = Client()
    told = client.ask(id=7, cmd="update_soc", args={"SoC": 55.5})
    assert told == {"id": 7, "retval": None}
    assert client.vehicle.state.soc == 55.5


def test_a_command_with_objects_and_a_result() -> None:
    client = Client()
    told = client.ask(
        id="a",
        cmd="start_charging",
        args={
            "EnergyTransferMode": "DC_core",
            "SelectedPaymentOption": {"payment_option": "ExternalPayment"},
            "DepartureTime": 60,
            "EAmount": 1.5,
        },
    )
    assert told == {"id": "a", "retval": True}
    assert (client.vehicle.state.mode, client.vehicle.state.energy_request) == ("DC_core", 1500.0)


REFUSED: list[tuple[dict[str, Any], str, str, list[str]]] = [
    ({"cmd": "update_soc", "args": {"SoC": 101}}, "arguments", "less than or equal", ["SoC"]),
    ({"cmd": "update_soc", "args": {"SoC": "50"}}, "arguments", "valid number", ["SoC"]),
    ({"cmd": "update_soc", "args": {}}, "arguments", "SoC: is missing", ["SoC"]),
    ({"cmd": "update_soc"}, "arguments", "SoC: is missing", ["SoC"]),
    ({"cmd": "update_soc", "args": {"SoC": 5, "x": 1}}, "arguments", "x: is not known", ["x"]),
    (
        {"cmd": "set_dc_params", "args": {"EvParameters": {"max_curent_limit": 5}}},
        "arguments",
        "is not known here",
        ["EvParameters.max_curent_limit"],
    ),
    (
        {"cmd": "allow_charging", "args": {"permission": "yes"}},
        "arguments",
        "boolean",
        ["permission"],
    ),
    ({"cmd": "update_sock"}, "unknown", "did you mean update_soc", ["cmd"]),
    ({"cmd": "__init__"}, "unknown", "is not a command of the vehicle interface", ["cmd"]),
    ({"cmd": "forget_wishes"}, "unknown", "is not a command", ["cmd"]),
    ({"cmd": 5}, "request", "cmd: is the name of a command", ["cmd"]),
    ({"cmd": "resume", "args": [1]}, "request", "args: is an object", ["args"]),
    ({"get": "link_stat"}, "unknown", "did you mean link_state", ["link_stat"]),
    ({"get": "link_state"}, "not-yet", "was not published yet; watch it", []),
    ({"watch": "all"}, "request", "watch: is a list of variables", ["watch"]),
    ({"watch": ["soc"]}, "unknown", "'soc' is not a variable", ["soc"]),
    ({"watch": [["soc"]]}, "request", "is the name of a variable", ["get"]),
    ({"cmd": "resume", "get": "x"}, "request", "say one of cmd, get", []),
    ({}, "request", "say one of cmd, get", []),
    ({"get": "link_state", "args": {}}, "request", "args: is not known beside get", ["args"]),
    ({"list": True, "colour": 1}, "request", "colour: is not known beside list", ["colour"]),
]


@pytest.mark.parametrize(("request_", "code", "text", "fields"), REFUSED)
def test_what_is_refused_says_code_field_and_remedy(
    request_: dict[str, Any], code: str, text: str, fields: list[str]
) -> None:
    client = Client()
    before = VehicleValues()
    told = client.ask(id=1, **request_)
    assert told["id"] == 1
    assert told["error"]["code"] == code
    assert text in told["error"]["message"]
    assert [one["field"] for one in told["error"].get("problems", [])] == fields
    assert client.vehicle.state == before
    assert client.ask(id=2, list=True)["id"] == 2


BROKEN = [
    b"",
    b"hello",
    b"[]",
    b"5",
    b"null",
    b'{"id":1,"cmd":"update_soc","args":{"SoC":NaN}}',
    b'{"id":1,"cmd":"update_soc","args":{"SoC":1e999}}',
    b'{"id":1,"id":2,"list":true}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b"\xff\xfe\x00",
    b'{"id":{},"list":true}',
    b'{"id":true,"list":true}',
    b'{"id":"' + b"x" * 65 + b'","list":true}',
    b'{"id":' + b"9" * 5000 + b',"list":true}',
    b'{"id":1,"cmd":"\\ud800"}',
    b'{"id":1,"get":"\\ud800\\n"}',
    b'{"id":1,"cmd":"update_soc","args":{"\\ud800":1}}',
    b"x" * (LONGEST_LINE + 1),
]


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: repr(line[:30]))
def test_a_broken_line_is_answered_and_survived(line: bytes) -> None:
    client = Client().feed(line + b"\n")
    assert all("error" in told for told in client.said)
    assert len(client.said) == (1 if line else 0)
    client.said.clear()
    assert client.ask(id=1, cmd="update_soc", args={"SoC": 5}) == {"id": 1, "retval": None}


SHARED = Client()
STATION = station_north.side(
    Charger((SupportedAppProtocol.DIN,), lambda: 0, silent().logger("test"))
)


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_garbage_changes_nothing_and_ends_nothing(pieces: list[bytes]) -> None:
    client = SHARED
    for piece in pieces:
        client.feed(piece)
    client.feed(b"\n")
    assert client.vehicle.state == VehicleValues()
    assert client.ask(id=1, get="link_stat")["error"]["code"] == "unknown"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.sampled_from([*COMMANDS, *ADDITIONS]), st.dictionaries(st.text(max_size=5), JSON))
def test_no_arguments_whatever_break_a_command_of_the_station(
    name: str, arguments: dict[str, object]
) -> None:
    said: list[bytes] = []
    talk = Talk(STATION, said.append)
    talk.received(json.dumps({"id": 1, "cmd": name, "args": arguments}).encode() + b"\n")
    talk.work()
    told = json.loads(said[0])
    assert told["id"] == 1
    assert ("error" in told) != ("retval" in told)


@given(st.lists(st.integers(min_value=1, max_value=30), max_size=20))
def test_octets_may_come_in_any_pieces(sizes: list[int]) -> None:
    octets = b'{"id":1,"cmd":"update_soc","args":{"SoC":5}}\n{"id":2,"get":"x"}\n' * 2
    client, at = Client(), 0
    for size in sizes:
        client.feed(octets[at : at + size])
        at += size
    client.feed(octets[at:])
    assert [told["id"] for told in client.said] == [1, 2, 1, 2]


def test_a_client_that_asks_much_gets_its_answers_in_turns() -> None:
    client = Client()
    client.talk.received(b'{"get":"link_state"}\n' * (2 * AT_ONCE + 1))
    assert [client.talk.work() for _ in range(3)] == [True, True, False]
    assert len(client.said) == 2 * AT_ONCE + 1


def test_watching_is_by_name_or_everything_and_ends() -> None:
    client = Client()
    assert client.ask(id=1, watch=["link_state", "dc_power_on"])["retval"] == [
        "dc_power_on",
        "link_state",
    ]
    assert client.ask(id=2, unwatch=["link_state"])["retval"] == ["dc_power_on"]
    assert len(client.ask(id=3, watch=[])["retval"]) == len(client.vehicle.variables.table)
    assert client.ask(id=4, unwatch=[])["retval"] == []


def test_a_value_that_was_published_can_be_asked_for() -> None:
    client = Client()
    client.vehicle.variables.publish("link_state", "linked")
    client.vehicle.variables.publish("dc_power_on")
    assert client.ask(id=1, get="link_state")["retval"] == "linked"
    assert client.ask(id=2, get="dc_power_on") == {"id": 2, "retval": None}


@pytest.mark.parametrize("role", ["vehicle", "station"])
def test_the_schema_is_that_of_the_interface_itself(role: str) -> None:
    if role == "vehicle":
        side = vehicle_north.side(Vehicle(NoUser()))
    else:
        side = station_north.side(
            Charger(tuple(SupportedAppProtocol), lambda: 0, silent().logger("test"))
        )
    told = json.loads(json.dumps(side.describe()))
    assert told["interface"] == role
    assert tuple(told["commands"]) == side.commands
    assert tuple(told["variables"]) == side.variables
    for name in side.commands:
        schema = told["commands"][name]["arguments"]
        assert schema["additionalProperties"] is False, name
    if role == "vehicle":
        soc = told["commands"]["update_soc"]["arguments"]["properties"]["SoC"]
        assert (soc["minimum"], soc["maximum"]) == (0.0, 100.0)
        assert "SessionResult" in json.dumps(told["variables"]["session_result"])
