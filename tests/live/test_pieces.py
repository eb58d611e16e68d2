"""What a live run is made of, without a process: orders, results, traces while they grow."""

from pathlib import Path
from typing import Any

import pytest

from bsw.chrgm.endings import Ending, SessionResult
from bsw.os.clock import S
from bsw.trace import MemoryTrace, Trace
from evcc.config import EvccConfig
from tools.bench.live import place
from tools.bench.live.files import prepare
from tools.bench.live.hands import LiveHands
from tools.bench.live.interface import Unusable, usable
from tools.bench.live.plan import Plan, impossible
from tools.bench.live.seen import Processes, Tail, result_of
from tools.bench.run.bench import Ports
from tools.bench.run.children import Said
from tools.bench.run.scene import PLUG, SDP, SLAC, TLS
from tools.bench.scenarios.find import names, read
from tools.bench.scenarios.words import VERBS, order

PORTS = Ports(1, 2, 3)


def plan_of(name: str, out: Path, **more: object) -> Plan:
    return Plan(scenario=read(name), said=name, out=out, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", list(Ending))
def test_a_result_is_read_from_a_log_as_it_was_written(ending: Ending) -> None:
    for result in (
        SessionResult(ending),
        SessionResult(ending, "PreCharge"),
        SessionResult(ending, "PreCharge", detail="chain, of 7 s"),
        SessionResult(ending, detail="who knows"),
    ):
        assert result_of(str(result)) == result


def test_a_trace_is_read_while_it_grows_and_by_whole_lines(tmp_path: Path) -> None:
    path, memory = tmp_path / "t.jsonl", MemoryTrace()
    trace = Trace(lambda: 5, (memory,))
    tail = Tail(path)
    assert tail.new() == []
    trace.add("protocol", name="ISO 15118-2")
    trace.add("message", name="SessionSetupReq")
    first, second = (record.line for record in memory.records)
    path.write_text(first + second[:20])
    assert [record.kind for record in tail.new()] == ["protocol"]
    assert tail.new() == []
    path.write_text(first + second + "no record\n")
    assert [record.fields["name"] for record in tail.new()] == ["SessionSetupReq"]


def test_orders_go_to_the_hardware_and_those_of_the_operator_to_the_stations_door(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    hands = LiveHands(said.append, tmp_path / "nobody.sock", None)
    assert hands.do(order("fault inlet hot")) == ""
    assert said == ["do fault inlet hot"]
    assert "nobody.sock" in hands.do(order("station stop"))
    assert LiveHands(None, None, None).do(order("station stop")) == "the station is not ours"
    assert LiveHands(None, None, None).do(order("soc 50 %")) == "the vehicle is not ours"
    asked: list[str] = []
    assert LiveHands(None, None, asked.append).do(order("plug")) == ""
    assert asked == ["put the plug in now"]


def test_what_only_the_simulation_can_do_says_why() -> None:
    reasons = {name: list(impossible(read(name))) for name in names()}
    assert not reasons["pause-and-resume"]
    assert "lie in files" in reasons["token-gone"][0]
    assert "station's own process" in reasons["acdp-stuck"][0]
    assert {"charge", "wpt", "acdp", "iso20-dc-contract", "emergency-stop"} <= {
        name for name, why in reasons.items() if not why
    }
    assert all(len(verb.alone) > 20 for verb in VERBS.values() if verb.alone)


def test_a_live_ecu_gets_what_the_scenario_says_of_it(tmp_path: Path) -> None:
    """And its file can be started again by hand: it is one."""
    from bsw.ecuc.load import load  # noqa: PLC0415 - as its command line does

    written = prepare(plan_of("dc-card", tmp_path))
    config = load(EvccConfig, (written["evcc"],), outside=False).config
    assert config.session.protocols == ("iso2",)
    assert config.session.profile == "conformance"
    assert config.session.security == "none"
    assert written["secc"].read_text().startswith("# The station of ")


def test_an_own_configuration_takes_the_place_of_the_one_that_would_be_written(
    tmp_path: Path,
) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("session: {tries: 1}\n")
    written = prepare(plan_of("dc-card", tmp_path / "out", own={"evcc": own}))
    assert written["evcc"] == own


def settings(plan: Plan, who: str) -> dict[str, str]:
    words = place.settings(who, plan, PORTS, 7, plan.out / "door")[1::2]
    return dict(word.split("=", 1) for word in words)


def test_at_a_real_interface_there_is_no_simulated_plug(tmp_path: Path) -> None:
    plain = plan_of("dc-card", tmp_path, interface="eth7", roles=("evcc",))
    chosen = settings(plain, "evcc")
    assert chosen["network.interface"] == "eth7"
    assert "hardware.driver" not in chosen
    assert chosen["can.bus.options.port"] == "2"
    modem = plan_of("dc-card", tmp_path, interface="eth7", roles=("evcc",), modem=True)
    assert settings(modem, "evcc")["link.driver"] == "ethernet"
    assert settings(modem, "evcc")["link.interface"] == "eth7"
    both = settings(plan_of("dc-card", tmp_path), "secc")
    assert both["hardware.driver"] == "plug"
    assert both["hardware.power"] == "can"


def test_a_battery_of_ones_own_leaves_the_bench_without_hardware(tmp_path: Path) -> None:
    plan = plan_of(
        "dc-card", tmp_path, interface="eth7", roles=("evcc",), real_bus=frozenset({"evcc"})
    )
    assert not place.needs_hardware(plan)
    assert "can.bus.channel" not in settings(plan, "evcc")


def test_the_strip_shows_what_can_come(tmp_path: Path) -> None:
    frame = place.frame_of(plan_of("dc-card", tmp_path), EvccConfig())
    assert not {PLUG, SLAC} & frame.without
    alone = plan_of("dc-card", tmp_path, interface="eth7", roles=("secc",))
    assert place.frame_of(alone, EvccConfig()).without == {PLUG, SLAC, SDP}
    modem = plan_of("dc-card", tmp_path, interface="eth7", roles=("evcc",), modem=True)
    assert place.frame_of(modem, EvccConfig()).without == {TLS}


def test_an_interface_that_cannot_be_used_says_what_to_do() -> None:
    with pytest.raises(Unusable, match="there is no interface 'plc7'; this machine has"):
        usable("plc7", modem=False)
    with pytest.raises(Unusable, match="no interface has the address 02:00:00:00:77:77"):
        usable("02:00:00:00:77:77", modem=False)
    usable("lo", modem=False)


def processes(tmp_path: Path, roles: tuple[str, ...] = ("evcc", "secc")) -> Processes:
    plan = plan_of("dc-card", tmp_path, roles=roles)
    return Processes(place.frame_of(plan, EvccConfig()), roles, 80.0, {})


def said(seen: Processes, who: str, event: str, room: str = "session", **fields: object) -> None:
    seen.hear(Said(who, seen.began + 1 * S, room, "info", event, fields))


def test_what_processes_say_is_seen_as_of_a_simulated_charge(tmp_path: Path) -> None:
    seen = processes(tmp_path)
    hardware: dict[str, Any] = {
        "pilot": "C", "made": ["inlet hot"], "soc_percent": 42.0, "target_percent": 80.0,
        "watts": 48_000.0, "charged_wh": 1_500.0, "battery_volts": 400.0, "battery_amps": 120.0,
        "battery_celsius": 30.0, "inlet_celsius": 50.0, "contactors": "closed",
        "cable_volts": 401.0, "cable_amps": 120.0, "module": "Charging", "meter_wh": 1_600.0,
    }  # fmt: skip
    assert not seen.measures
    said(seen, "bench", "measured", **hardware)
    said(seen, "evcc", "event", "dem", name="INLET_HOT", code="1", failed=True)
    said(seen, "evcc", "session ended", result="vehicle reports a fault, at CurrentDemand")
    scene = seen.watch.scene()
    assert (scene.soc_percent, scene.power_kw, scene.energy_kwh) == (42.0, 48.0, 1.5)
    assert (scene.vehicle.volts_v, scene.station.volts_v) == (400.0, 401.0)
    assert scene.made == ("inlet hot",)
    assert scene.endings == ("vehicle reports a fault, at CurrentDemand",)
    assert seen.trouble == {"INLET_HOT"}
    assert seen.most_amps == 120.0
    assert seen.sight.ended == 1


def test_a_station_alone_counts_by_its_meter(tmp_path: Path) -> None:
    seen = processes(tmp_path, ("secc",))
    hardware: dict[str, Any] = {
        "pilot": "", "made": [], "cable_amps": 3.0, "meter_wh": 2_000.0, "module": "Charging",
        "battery_celsius": 20.0, "contactors": "open", "inlet_celsius": 20.0,
    }  # fmt: skip
    said(seen, "bench", "measured", **hardware)
    said(seen, "secc", "session ended", result="terminated, at SessionStop")
    assert seen.results == [SessionResult(Ending.TERMINATED, "SessionStop")]
    assert seen.watch.scene().energy_kwh == 2.0
