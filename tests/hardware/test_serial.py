"""The serial line to the island: a real terminal device, and what is none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bsw.island.serial import LineUnusable, SerialStream
from bsw.net.ports import StreamEnd
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler


class Host:
    """A ``StreamUser`` on a host's clock."""

    def __init__(self) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.heard = b""
        self.said: list[str] = []

    def connected(self) -> None:
        self.said.append("connected")
        self.scheduler.stop()

    def received(self, data: bytes) -> None:
        self.heard += data
        self.scheduler.stop()

    def ended(self, how: StreamEnd) -> None:
        self.said.append(how.value)
        self.scheduler.stop()

    def run(self) -> None:
        self.scheduler.run(self.scheduler.now + 30 * S)


@contextmanager
def terminal() -> Iterator[tuple[Host, SerialStream, int]]:
    master, slave = os.openpty()
    host = Host()
    stream = SerialStream(host.scheduler, host.clock, os.ttyname(slave), host)
    os.close(slave)
    try:
        host.run()
        yield host, stream, master
    finally:
        stream.close()
        host.clock.close()


def test_octets_go_both_ways_as_they_are() -> None:
    with terminal() as (host, stream, master):
        assert host.said == ["connected"]
        stream.write(b"\x00\r\n\x03out")
        assert os.read(master, 100) == b"\x00\r\n\x03out"
        os.write(master, b"\x00\r\x11in")
        host.run()
        assert host.heard == b"\x00\r\x11in"
        os.close(master)


def test_a_line_that_is_pulled_ends() -> None:
    with terminal() as (host, _stream, master):
        os.close(master)
        host.run()
        assert host.said == ["connected", "closed"]


@pytest.mark.parametrize(("name", "said"), [("missing", "No such file"), ("file", "no serial")])
def test_what_is_no_line_is_told(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    host = Host()
    with pytest.raises(LineUnusable, match=said):
        SerialStream(host.scheduler, host.clock, str(tmp_path / name), host)
    host.clock.close()
