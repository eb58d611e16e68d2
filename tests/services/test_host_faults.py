"""What the host takes away ends an ECU with one sentence and a remedy; it is no fault of ours."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from bsw.det import Det
from bsw.dlt import silent
from bsw.net.host.tcpip import HostNetwork
from bsw.net.record.capture import Capture
from bsw.os.config import OsConfig
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.process import Process, Status
from bsw.os.scheduler import Scheduler
from bsw.program.hostfault import REMEDIES, told
from can_adapter.drivers.multicast import open_pair
from csm.config import CsmConfig
from evcc.config import EvccConfig
from keym.lacking import lacking
from tests.net.namespaces import inside, ip
from tests.north.processes import free_port
from tools.cli import main as v2g


@pytest.mark.parametrize("number", REMEDIES)
def test_every_known_fault_is_told_with_place_and_remedy(number: int) -> None:
    sentence = told(OSError(number, os.strerror(number), "/some/where"))
    assert sentence.startswith(f"/some/where: {os.strerror(number)}; ")
    assert sentence.endswith(REMEDIES[number])


def test_a_fault_that_brings_its_remedy_keeps_it() -> None:
    assert told(OSError(errno.ENODEV, "no eth7; there is lo")) == "no eth7; there is lo"


@pytest.mark.parametrize(
    ("number", "status"), [(errno.ENOSPC, Status.FAILED), (errno.EBADF, Status.FAULT)]
)
def test_a_task_that_meets_the_hosts_fault_stops_the_ecu_in_order(
    number: int, status: Status
) -> None:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    process = Process(scheduler, OsConfig(), Det(silent().logger("det")), silent().logger("os"))

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    scheduler.at(0, fail, name="writer")
    assert process.run() is status
    clock.close()
    expected = "writer: No space left on device; make room there, or name another place"
    assert process.host_fault == (expected if status is Status.FAILED else "")


def test_what_is_taken_away_during_an_ordered_stop_changes_nothing() -> None:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    process = Process(scheduler, OsConfig(), Det(silent().logger("det")), silent().logger("os"))

    def stop() -> None:
        process.done()
        process.lost("the plug is gone")

    scheduler.at(0, stop, name="stop")
    assert process.run() is Status.OK
    clock.close()
    assert process.host_fault == ""


def test_a_full_disk_ends_a_capture_and_nothing_else() -> None:
    capture = Capture(Path("/dev/full"))
    for number in range(100):
        capture.frame(number * 10**9, b"\x00" * 60)
    capture.close()
    assert capture.lost is not None
    assert capture.lost.errno == errno.ENOSPC


def test_an_interface_that_is_gone_is_noticed() -> None:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    network = HostNetwork(Scheduler(clock, mailbox=mailbox), clock, "lo")
    assert network.gone() == ""
    network._name = "nosuch0"
    assert network.gone() == "the interface 'nosuch0' is gone; bring it back and start again"
    clock.close()


def ended(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@contextmanager
def held(kind: socket.SocketKind) -> Iterator[int]:
    """A port that another program has."""
    with socket.socket(socket.AF_INET6, kind) as sock:
        sock.bind(("::", 0))
        if kind is socket.SOCK_STREAM:
            sock.listen()
        yield int(sock.getsockname()[1])


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("plain_port", socket.SOCK_STREAM),
        ("tls_port", socket.SOCK_STREAM),
        ("sdp_port", socket.SOCK_DGRAM),
    ],
)
def test_a_station_whose_port_is_in_use_says_so_and_ends(key: str, kind: socket.SocketKind) -> None:
    with held(kind) as port:
        said = ended(
            *("secc.cli", "run", "--set", f"network.sdp_port={free_port()}"),
            *("--set", f"network.{key}={port}"),
            *("--set", "trace.file=null", "--set", "nvm.file=null"),
        )
    assert said.returncode == 1
    last = said.stderr.splitlines()[-1]
    assert last.startswith(f"secc: network.{key}: port {port}: Address already in use; end the")
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("role", "asked", "words"),
    [
        ("secc", "session.tls=true", "has no SECC certificate"),
        ("evcc", "session.security=tls", "has no V2G root"),
    ],
)
def test_tls_without_certificates_is_warned_of(
    role: str, asked: str, words: str, tmp_path: Path
) -> None:
    folder = ("--set", f"keym.folder={tmp_path / 'none'}")
    said = ended(f"{role}.cli", "check", "--set", asked, *folder)
    assert said.returncode == 0
    assert words in said.stderr
    assert f"v2g pki install --role {role}" in said.stderr
    assert not (tmp_path / "none").exists(), "looking makes nothing"
    assert "warning" not in ended(f"{role}.cli", "check", *folder).stderr


def test_what_is_there_is_not_missed(tmp_path: Path) -> None:
    assert v2g(["pki", "make", "--kind", "iso2", str(tmp_path / "pki")]) == 0
    for role in ("evcc", "secc"):
        stores = ["--certificates", str(tmp_path / role), "--keys", str(tmp_path / f"{role}-keys")]
        assert v2g(["pki", "install", "--role", role, *stores, str(tmp_path / "pki")]) == 0
    folder = tmp_path / "evcc"
    assert list(lacking("evcc", folder, CsmConfig(), ["iso2", "din"])) == []
    folder = tmp_path / "secc"
    assert list(lacking("secc", folder, CsmConfig(), ["iso2", "din"])) == []


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("evcc", ("no V2G root", "no vehicle certificate")),
        ("secc", ("no SECC certificate", "no V2G or OEM root")),
    ],
)
def test_certificates_of_another_edition_are_not_taken_for_those_that_are_needed(
    role: Literal["evcc", "secc"], words: tuple[str, ...], tmp_path: Path
) -> None:
    assert v2g(["pki", "make", "--kind", "iso2", str(tmp_path / "pki")]) == 0
    stores = ["--certificates", str(tmp_path / role), "--keys", str(tmp_path / "keys")]
    assert v2g(["pki", "install", "--role", role, *stores, str(tmp_path / "pki")]) == 0
    told = list(lacking(role, tmp_path / role, CsmConfig(), ["iso20-dc", "iso2"]))
    assert len(told) == len(words)
    for sentence, word in zip(told, words, strict=True):
        assert word in sentence
        assert f"for ISO 15118-20; install one: v2g pki install --role {role} --kind iso20" in (
            sentence
        )


def test_a_tokens_library_that_is_missing_is_warned_of(tmp_path: Path) -> None:
    config = EvccConfig.model_validate(
        {
            "session": {"security": "tls"},
            "keym": {"folder": tmp_path},
            "csm": {"drivers": ["pkcs11"], "pkcs11": {"module": tmp_path / "none.so"}},
        }
    )
    assert [one for one in config.lacking() if one.startswith("csm.pkcs11.module: ")]


def test_a_tool_that_meets_the_hosts_fault_says_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "x.bin")

    monkeypatch.setattr("tools.trace.cli.run", fail)
    assert v2g(["trace", "check", "x"]) == 1
    assert capsys.readouterr().err == (
        "v2g trace check: x.bin: No space left on device; make room there, or name another place\n"
    )


@pytest.mark.root
def test_a_simulated_bus_works_where_there_is_only_the_loopback_interface() -> None:
    name = f"lo{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        with inside(name):
            ears, voice = open_pair("239.74.163.2", 43_999, 0)
            others = open_pair("239.74.163.2", 43_999, 0)
        voice.send(b"hello")
        others[0].settimeout(10.0)
        assert others[0].recv(100) == b"hello"
        for sock in (ears, voice, *others):
            sock.close()
    finally:
        ip("netns", "del", name)


WITHOUT_RIGHTS = (
    ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
    if os.geteuid() == 0
    else ()
)
"""As any user: the place in a folder that nobody may write to, no raw socket, no low port."""

ROLE = ("--set", "trace.file=null", "--set", "can.bus.interface=none")
STATION = ("--set", "trace.file=null", "--set", "nvm.file=null")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evcc", "run", *ROLE, "--set", "nvm.file=LOCKED/e.nvm"), "give the ECU a folder"),
        (("secc", "run", *STATION, "--set", "capture.file=LOCKED/x"), "name one this user may use"),
        (("secc", "run", *STATION, "--set", "api.socket=LOCKED/x"), "place this user may write"),
        (("secc", "run", *STATION, "--set", "network.plain_port=80"), "name one this user may use"),
        (("v2g", "slac", "ev", "-i", "lo"), "root or CAP_NET_RAW"),
        (("v2g", "soak", "--seconds", "1", "--out", "LOCKED/x"), "name one this user may use"),
        (("v2g", "fuzz", "vehicle", "--seconds", "1", "--out", "LOCKED/x/y"), "name one this user"),
    ],
    ids=lambda words: " ".join(words[:3]) if isinstance(words, tuple) else "",
)  # fmt: skip
def test_without_rights_each_command_says_what_it_lacks(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    ended = command(WITHOUT_RIGHTS, [one.replace("LOCKED", str(locked)) for one in words], tmp_path)
    assert ended.returncode == 1, ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(words[0])
    assert said in last
    assert "Errno" not in last


@pytest.mark.root
@pytest.mark.parametrize(
    "words",
    [("evcc", "run", *ROLE), ("secc", "run", *STATION), ("v2g", "sdp", "find", "-i", "lo")],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_with_the_loopback_interface_down_each_command_says_how_to_set_it_up(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    ended = command(("unshare", "--net"), words, tmp_path)
    assert ended.returncode == 1, ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(words[0])
    assert "ip link set lo up" in last
    assert "Errno" not in last


def command(
    around: Sequence[str], words: Sequence[str], state: Path
) -> "subprocess.CompletedProcess[str]":
    """``state`` is where it keeps its memory: this process may hold the usual one."""
    module = {"v2g": "tools.cli", "evcc": "evcc.cli", "secc": "secc.cli"}[words[0]]
    own = ["--set", f"network.sdp_port={free_port()}"] if words[1] == "run" else []
    program = [*around, sys.executable, "-m", module, *words[1:], *own]
    return subprocess.run(
        program,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "XDG_STATE_HOME": str(state)},
    )
