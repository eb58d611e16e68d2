"""Raw frames on a real interface pair, in a namespace of the test's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bsw.net.host.rawsocket import RawSocket, RawSocketUnavailable
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox

ROOT = Path(__file__).parents[2]

INSIDE = """
import socket, subprocess, sys
from bsw.net.ports import EthernetPort
from bsw.net.host.rawsocket import RawSocket
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler

def ip(*words):
    subprocess.run(("ip", *words), check=True)

ip("link", "add", "a0", "type", "veth", "peer", "name", "b0")
ip("link", "set", "a0", "up")
ip("link", "set", "b0", "up")
mailbox = Mailbox()
clock = HostClock(mailbox)
scheduler = Scheduler(clock, mailbox=mailbox)
a, b = RawSocket(clock, "a0"), RawSocket(clock, "b0")
heard = []
b.listen(heard.append)
a.listen(lambda frame: heard.append(b"own echo"))
HOMEPLUG = bytes.fromhex("88e1")

def frame(number, kind=HOMEPLUG):
    return (b.mac + a.mac + kind + number.to_bytes(4, "big")).ljust(60, bytes(1))

def run(duration=50 * MS):
    scheduler.run(until=scheduler.now + duration)

run()
for number in range(200):
    a.send(frame(number))
a.send(frame(999, bytes.fromhex("86dd")))
run(200 * MS)
assert heard == [frame(number) for number in range(200)], len(heard)
heard.clear()

ip("link", "set", "b0", "down")
a.send(frame(1))
run()
assert a.lost >= 1 or heard == [], (a.lost, heard)
ip("link", "set", "b0", "up")
run(200 * MS)
heard.clear()
a.send(frame(2))
run(200 * MS)
assert heard == [frame(2)], "the socket survives its interface going down and up"

b.listen(None)
a.send(frame(3))
run()
b.close()
b.close()
a.send(bytes(70_000))
assert a.lost >= 1, "too large for the interface: lost, not raised"
a.close()
print("GOOD", a.mac.hex(":"))
"""


@pytest.mark.root
def test_frames_pass_and_an_interface_may_go_down_and_come_back(tmp_path: Path) -> None:
    program = tmp_path / "inside.py"
    program.write_text(INSIDE)
    done = subprocess.run(
        ("unshare", "--net", sys.executable, str(program)),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("GOOD")


@pytest.mark.root
def test_a_missing_interface_is_named() -> None:
    with pytest.raises(RawSocketUnavailable, match="no raw socket on nope0: there is no such"):
        RawSocket(HostClock(Mailbox()), "nope0")


@pytest.mark.root
def test_without_rights_the_remedy_is_named(tmp_path: Path) -> None:
    program = tmp_path / "powerless.py"
    program.write_text(
        "import os\n"
        "from bsw.net.host.rawsocket import RawSocket\n"
        "from bsw.os.host import HostClock\n"
        "from bsw.os.mailbox import Mailbox\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    RawSocket(HostClock(Mailbox()), 'lo')\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    done = subprocess.run(
        (sys.executable, str(program)),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "need root or CAP_NET_RAW" in done.stdout, done.stderr
