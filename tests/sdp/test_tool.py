"""``v2g sdp find`` and ``serve``, as a person runs them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sdp.test_discovery import free_port

V2G = (sys.executable, "-m", "tools.cli", "sdp")


def v2g(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run((*V2G, *words), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = (*V2G, "serve", "-i", "lo", "--for", "60", *words)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("SERVING address=[::1]:")
        try:
            yield server
        finally:
            server.terminate()
            server.wait(20)


def test_a_station_is_found_and_connected_to(tmp_path: Path) -> None:
    port, capture = str(free_port()), tmp_path / "find.pcapng"
    with serving("--port", port) as server:
        found = v2g("find", "-i", "lo", "--port", port, "--connect", "--capture", str(capture))
        server.terminate()
        assert server.stdout is not None
        rest = server.stdout.read()
    assert found.returncode == 0, found.stderr
    first, second = found.stdout.splitlines()
    assert first.startswith("FOUND station=[::1]:")
    assert "security=tls asked=tls requests=1" in first
    assert second.startswith("CONNECTED")
    assert "CONNECTED peer=[::1]:" in rest
    assert "SERVED answered=1 ignored=0" in rest
    assert capture.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")


def test_what_the_station_has_and_the_policy_decide(tmp_path: Path) -> None:
    port = str(free_port())
    with serving("--port", port, "--offer", "plain", "--plain-port", "50123"):
        accepted = v2g("find", "-i", "lo", "--port", port)
        refused = v2g("find", "-i", "lo", "--port", port, "--on-mismatch", "refuse")
    assert accepted.returncode == 0
    assert "[::1]:50123 security=none asked=tls" in accepted.stdout
    assert refused.returncode == 1
    assert refused.stdout.startswith("NOT-FOUND reason=SECURITY")
    assert "does not offer the security we ask for" in refused.stderr


def test_a_wireless_station_is_found_by_a_wireless_request() -> None:
    port = str(free_port())
    with serving("--port", port, "--evseid", "DE*ABC*E7"):
        found = v2g("find", "-i", "lo", "--port", port, "--wireless", "--evid", "DE12345")
    assert found.returncode == 0, found.stderr
    assert "evseid=DE*ABC*E7" in found.stdout


def test_a_closed_port_behind_the_answer_is_a_failure_with_its_reason() -> None:
    port = str(free_port())
    with serving("--port", port, "--tls-port", "1"):
        found = v2g("find", "-i", "lo", "--port", port, "--connect")
    assert found.returncode == 1
    assert "NOT-CONNECTED reason=REFUSED" in found.stdout


def test_silence_is_a_result() -> None:
    found = v2g("find", "-i", "lo", "--port", str(free_port()), "--attempts", "2")
    assert found.returncode == 1
    assert found.stdout == "NOT-FOUND reason=SILENCE requests=2\n"
    assert found.stderr == "v2g sdp: no station answers (2 requests)\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("find", "-i", "plc7"), "there is no interface 'plc7'"),
        (("serve", "-i", "plc7"), "there is no interface 'plc7'"),
        (("find", "-i", "lo", "--port", "99999"), "'99999' is no number from 1 to 65535"),
        (("find", "-i", "lo", "--attempts", "none"), "'none' is no number"),
        (("find", "-i", "lo", "--wireless", "--evid", "V" * 30), "20 characters"),
        (("find", "-i", "lo", "--wireless", "--evid", "Ä"), "letters of ASCII"),
        (("find", "-i", "lo", "--capture", "/nowhere/x.pcapng"), "No such file"),
        (("serve", "-i", "lo", "--for", "-3"), "'-3' is no number"),
        (("find", "--ask", "maybe"), "there is no 'maybe'"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(words: tuple[str, ...], says: str) -> None:
    done = v2g(*words)
    lacks = says.startswith(("there is no interface", "No such file"))  # here, that is
    assert done.returncode == (1 if lacks else 2)
    assert says in done.stderr
    assert done.stderr.startswith(("v2g sdp: ", "usage: "))
    assert "[Errno" not in done.stderr
    assert "Traceback" not in done.stderr
