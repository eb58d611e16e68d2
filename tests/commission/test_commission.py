"""A walk through a device: what is good, what is wrong, and the protocol of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from bsw.hardware.port import Side
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.hardware import CableHardware
from bsw.sim.modem import Quirks
from bsw.sim.site import Site
from bsw.slac.config import ModemConfig
from csm.randomness import SeededRandomness
from tests.island.process import IslandProcess, island
from tools.cli import main
from tools.commission import modem, plug
from tools.commission.record import FORMS, Head, Step, Verdict, good, skipped, write, wrong

HEAD = Head("secc", "left <outlet>", ("a.yaml",), "2026-11-30 12:00:00 UTC")
STEPS = [
    good("lock", "open", "open"),
    wrong("clock", "set", "1970", "set it"),
    skipped("CAN", "no"),
]


@pytest.fixture
def guard() -> Iterator[IslandProcess]:
    with island() as process:
        yield process


def commission(role: str, guard: IslandProcess, out: Path, *more: str) -> int:
    patient = [f"island.{one}" for one in ("link=1000 ms", "valid=300 ms", "loop=1000 ms")]
    settings = (
        *(f"hardware.{one}" for one in ("driver=island", f"island.port={guard.port}", *patient)),
        "can.bus.interface=none",
        "nvm.file=null",
        *more,
    )
    words = [word for one in settings for word in ("--set", one)]
    return main(["commission", role, *words, "-o", str(out)])


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_a_plug_in_order_is_good_in_each_step(
    role: str, guard: IslandProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "protocol.yaml"
    assert commission(role, guard, out) == 0, capsys.readouterr().out
    told = yaml.safe_load(out.read_text())
    assert (told["role"], told["good"]) == (role, True)
    verdicts = {step["name"]: step["verdict"] for step in told["steps"]}
    looked = {"plug", "proximity", "lock closes", "lock opens", "contactors", "stop loop", "clock"}
    looked |= {"contactors, by its own test", "lock, by its own test"}
    pilot = {"pilot at rest", "pilot at 5 %", "pilot in state F"}
    looked |= pilot if role == "secc" else {"pilot of the inlet"}
    assert looked <= {name for name, verdict in verdicts.items() if verdict == "good"}
    assert {verdicts[name] for name in ("modem", "CAN", "token")} == {"skipped"}
    levels = next(step for step in told["steps"] if step["name"].startswith("pilot"))
    assert levels["expected"]
    assert " V" in levels["measured"]
    assert "all is as expected" in capsys.readouterr().out


def test_what_is_wrong_at_a_plug_is_measured_and_told(
    guard: IslandProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guard.tell(jammed=1, stop=0, warmth=900)
    out = tmp_path / "protocol.json"
    assert commission("secc", guard, out) == 1
    told = json.loads(out.read_text())
    bad = {one["name"]: one for one in told["steps"] if one["verdict"] == "wrong"}
    assert {"lock closes", "lock, by its own test", "stop loop", "temperatures", "faults"} <= set(
        bad
    )
    assert "stop_input" in bad["faults"]["measured"]
    assert bad["temperatures"]["measured"].startswith("90.0 C")
    assert all(one["remedy"] for one in bad.values())
    assert "wrong: " in capsys.readouterr().out.splitlines()[-1]


class Desk:
    """A simulated plug and modem on virtual time."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.cable = SimulatedCable(self.scheduler)
        self.hardware = CableHardware(self.scheduler, self.cable)
        self.seat = Site(self.scheduler, SeededRandomness(1)).station("station", quirks)

    def wait(self, seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + int(seconds * S))

    def plug(self, side: Side = Side.STATION) -> dict[str, Step]:
        return {step.name: step for step in plug.look(self.hardware, side, self.wait)}

    def modem(self, **settings: object) -> dict[str, Step]:
        config = ModemConfig.model_validate(settings)
        steps = modem.look(self.seat.port, config, SeededRandomness(2), self.wait)
        return {step.name: step for step in steps}


def verdict(steps: dict[str, Step], name: str) -> Verdict:
    return steps[name].verdict


def closes(desk: Desk) -> None:
    """Its contactors follow the permission and nothing else."""


def welded(desk: Desk) -> None:
    desk.hardware.contactor.on = True


@pytest.mark.parametrize(("cause", "told"), [(closes, "do not use"), (welded, "welded")])
def test_contactors_that_close_without_a_vehicle_are_told(
    cause: Callable[[Desk], None], told: str
) -> None:
    desk = Desk()
    cause(desk)
    step = desk.plug()["contactors"]
    assert step.verdict is Verdict.WRONG
    assert told in step.remedy


def test_a_plug_that_is_in_is_told_and_its_pilot_left_alone() -> None:
    desk = Desk()
    desk.cable.plug()
    desk.wait(1)
    steps = desk.plug()
    assert verdict(steps, "plug") is Verdict.WRONG
    assert verdict(steps, "pilot") is Verdict.SKIPPED
    assert "pilot at 5 %" not in steps


def test_a_bolt_that_does_not_move_is_told() -> None:
    desk = Desk()
    desk.hardware.bolt.stuck = True
    assert verdict(desk.plug(), "lock closes") is Verdict.WRONG


def test_a_modem_answers_and_takes_a_key() -> None:
    desk = Desk()
    steps = desk.modem()
    assert {step.verdict for step in steps.values()} == {Verdict.GOOD}
    assert steps["modem answers"].measured == desk.seat.modem.mac.hex(":")
    assert desk.seat.modem.keys_set == 1


def test_a_silent_modem_is_told_and_one_that_cannot_be_asked_skipped() -> None:
    desk = Desk(Quirks(dialect="none"))
    assert verdict(desk.modem(), "modem answers") is Verdict.WRONG
    assert verdict(desk.modem(dialect="generic"), "modem answers") is Verdict.SKIPPED
    desk.seat.modem.deafen()
    assert verdict(desk.modem(), "modem takes a key") is Verdict.WRONG


def test_an_interface_tells_its_driver(tmp_path: Path) -> None:
    drivers = tmp_path / "drivers" / "qcaspi"
    drivers.mkdir(parents=True)
    place = tmp_path / "eth1" / "device"
    place.mkdir(parents=True)
    (place / "driver").symlink_to(drivers)
    assert modem.driver("eth1", tmp_path).measured == "qcaspi"
    assert modem.driver("veth0", tmp_path).verdict is Verdict.SKIPPED


@pytest.mark.parametrize("form", FORMS)
def test_a_protocol_says_the_same_in_each_form(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"protocol{form}"
    write(path, HEAD, STEPS)
    text = path.read_text()
    for step in STEPS:
        assert step.name in text
        assert step.measured in text
    if form == ".html":
        assert "left &lt;outlet&gt;" in text
    else:
        assert yaml.safe_load(text)["good"] is False


def test_what_cannot_be_is_told_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["commission", "secc", "-o", str(tmp_path / "x.doc")]) == 2
    assert "end it in .yaml, .json, .html" in capsys.readouterr().err
    assert main(["commission", "secc", "--set", "hardware.driver=nonsense"]) == 2


def test_a_device_without_plug_and_modem_still_has_a_clock(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["commission", "secc", "--set", "nvm.file=null"]) == 0
    assert "clock" in capsys.readouterr().out


def test_an_island_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("hardware.driver=island", "hardware.island.port=1", "can.bus.interface=none")
    sets = [word for one in words for word in ("--set", one)]
    assert main(["commission", "evcc", *sets]) == 1
    assert "wrong   plug" in capsys.readouterr().out
