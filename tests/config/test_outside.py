"""What a configuration names outside itself: wrong in a file is status 2, missing here is status 1.

``check`` finds the first kind on any machine.  The second kind depends on where the ECU runs and
may be different a moment later, so only ``run`` looks, and a service manager may try again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evcc.cli import main as evcc
from secc.cli import main as secc
from tests.config.ordinary import ordinary
from tests.north.processes import free_port

Command = Callable[[list[str]], int]

ROLES: dict[str, Command] = {"evcc": evcc, "secc": secc}

UNHURRIED = ["os.stop_within=60 s", "os.stuck_after=0 s"]
"""A host that starves us for seconds changes how fast an ECU stops, and not why."""

QUIET = ["--set", "trace.file=null"]


@dataclass(frozen=True)
class Kind:
    name: str
    text: str
    said: str
    files: tuple[tuple[str, str], ...] = ()


TWICE = 'BO_ 1 Twice: 8 A\n SG_ One : 0|8@1+ (1,0) [0|0] "" B\n'
TOO_LONG = 'BO_ 1 Long: 8 A\n SG_ One : 60|8@1+ (1,0) [0|0] "" B\n'

WRONG = [
    Kind("no matrix", "can: {matrix: [x.dbc]}", "x.dbc: cannot be read as", (("x.dbc", "BO_ x"),)),
    Kind("empty ARXML", "can: {matrix: [x.arxml]}", "x.arxml", (("x.arxml", "<AUTOSAR>"),)),
    Kind("matrix missing", "can: {matrix: [none.dbc]}", ":1:16: can.matrix[0]: there is no file"),
    Kind(
        "one message twice",
        "can: {matrix: [x.dbc, y.dbc]}",
        "y.dbc: message Twice (0x1) has the name of Twice",
        (("x.dbc", TWICE), ("y.dbc", TWICE)),
    ),
    Kind(
        "signal outside its frame",
        "can: {matrix: [x.dbc], bind: explicit}",
        "message Long: signal One does not fit into 8 octets",
        (("x.dbc", TOO_LONG),),
    ),
    Kind("unknown message", "can: {messages: {Nothing: {cycle: 1 s}}}", "no message Nothing"),
    Kind(
        "unknown interface",
        "can: {bus: {interface: socketcam}}",
        ":1:24: can.bus.interface: 'socketcam' is no interface python-can knows; did you mean "
        "'socketcan'?; for example: socketcan",
    ),
    Kind("strange interface", "can: {bus: {interface: '007'}}", "v2g dbc interfaces lists them"),
]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("kind", WRONG, ids=lambda kind: kind.name)
@pytest.mark.parametrize("role", ROLES)
def test_what_is_wrong_in_the_files_it_names_is_status_2(
    role: str, kind: Kind, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(kind.text + "\n")
    for name, text in kind.files:
        (tmp_path / name).write_text(text)
    assert ROLES[role]([command, "-c", str(path), *QUIET]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if str(path) in line]
    assert any(kind.said in line for line in said), said
    assert all(line.startswith(f"{path}:1:") for line in said)


def test_all_that_is_wrong_outside_comes_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "can:\n  bus: {interface: socketcam}\n  receive:\n    soc: No.Soc\n"
        "  messages:\n    Nothing: {cycle: 1 s}\n"
    )
    for command in ("check", "run"):
        assert evcc([command, "-c", str(path), *QUIET]) == 2
        lines = capsys.readouterr().err.splitlines()
        places = [line.split(": ")[0] for line in lines if line.startswith(str(path))]
        assert sorted(places) == [f"{path}:2:20", f"{path}:4:10", f"{path}:6:14"]


ABSENT = [
    ("network.interface=eth77", "network.interface: there is no interface 'eth77'"),
    ("link.interface=eth77", "link.interface: there is no interface 'eth77'"),
    (
        "link.interface=02:00:00:00:77:77",
        "link.interface: no interface has the address 02:00:00:00:77:77",
    ),
    ("trace.file=/dev/null/x", "set trace.file to a place this user may write, or to null"),
]
ABSENT_OF = {
    "evcc": [
        ("can.bus.channel=can7", "cannot open CAN bus socketcan:can7"),
        ("nvm.file=/dev/null/x", "nvm.file: non-volatile memory /dev/null/x"),
        (
            "hardware.driver=plug",
            "hardware.plug_port: the plug is gone: ",
        ),
    ],
    "secc": [
        ("can.bus.channel=can7", "cannot open CAN bus socketcan:can7"),
        (
            "hardware.driver=plug",
            "hardware.plug_port: the plug is gone: ",
        ),
    ],
}
WITH = {
    "can.bus.channel=can7": ["can.bus.interface=socketcan"],
    "hardware.driver=plug": ["hardware.plug_port=1"],
    "link.interface=eth77": ["link.driver=ethernet"],
    "link.interface=02:00:00:00:77:77": ["link.driver=ethernet"],
}


@pytest.mark.parametrize(
    ("role", "setting", "said"),
    [(role, *absent) for role in ROLES for absent in (*ABSENT, *ABSENT_OF[role])],
)
def test_what_this_machine_lacks_is_status_1(
    role: str, setting: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = [*WITH.get(setting, []), setting, *UNHURRIED]
    settings.append(f"network.sdp_port={free_port()}")
    if "trace.file" not in setting:
        settings.append("trace.file=null")
    if role == "evcc" and "can.bus" not in setting:
        settings.append("can.bus.interface=none")
    if role == "secc" and "can.bus" in setting:
        settings.append("hardware.power=can")
    words = [word for setting in settings for word in ("--set", setting)]
    assert ROLES[role](["check", *words]) == 0
    capfd.readouterr()
    assert ROLES[role](["run", *words]) == 1
    captured = capfd.readouterr().err
    assert said in captured
    assert "Traceback" not in captured


@pytest.mark.parametrize("role", ROLES)
def test_a_file_that_may_not_be_read_is_the_hosts_fault(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("log: {level: info}\n")
    path.chmod(0)
    with ordinary():
        for command in ("check", "run"):
            assert ROLES[role]([command, "-c", str(path), *QUIET]) == 1
            remedy = "name one this user may use, or run as one who may"
            assert capsys.readouterr().err == f"{role}: {path}: Permission denied; {remedy}\n"
