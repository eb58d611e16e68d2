"""The page in a real browser: what it shows of a world, and what its hands do to it."""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.bench.web.cli import MOST_AT_ONCE
from tools.cli import main
from tools.dev.chromium import Tab, find, tab

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench() -> "Iterator[subprocess.Popen[str]]":
    running = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "bench", "web", "dc-card", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield running
    if running.poll() is None:
        running.send_signal(signal.SIGINT)
    assert running.wait() in {0, 130, -signal.SIGINT}
    assert running.stdout is not None
    running.stdout.close()


@pytest.fixture(scope="module")
def page(bench: "subprocess.Popen[str]") -> Iterator[Tab]:
    assert bench.stdout is not None
    url = bench.stdout.readline().split()[0]
    assert url.startswith("http://127.0.0.1:")
    if not find():
        pytest.skip("no chromium here: apt-get install chromium")
    with tab() as opened:
        opened.size(1280, 1080)
        opened.go(url)
        opened.until("document.querySelectorAll('#phases li').length > 5")
        yield opened


def text(name: str) -> str:
    return f"document.getElementById('{name}').textContent"


def press(page: Tab, words: str) -> None:
    page.ask(f"document.querySelector('button[data-do=\"{words}\"]').click()")


def test_a_charge_is_seen_from_the_plug_to_the_end(page: Tab) -> None:
    page.until("[...document.querySelectorAll('#phases .done')].length >= 6")
    page.until(f"{text('endings')}.includes('terminated, at SessionStop')")
    page.until(f"{text('ladder')}.includes('SessionStopRes')")
    page.until(f"{text('can')}.includes('ContactorRequest')")
    assert page.ask("document.querySelectorAll('canvas').length") == 2
    assert page.ask(text("wrong")) == ""
    assert "ISO 15118-2" in page.ask(text("agreed"))
    assert page.ask("points[0].length") > 5


def test_hands_reach_the_world_and_mistakes_are_told(page: Tab) -> None:
    page.ask("document.getElementById('scenario').value = 'dc-card'")
    page.ask("document.getElementById('story').checked = false")
    page.ask("document.getElementById('play').click()")
    page.until(f"{text('endings')}.includes('no session has ended yet')")
    page.ask("document.getElementById('soc').value = '30'")
    page.ask("document.getElementById('set-soc').click()")
    page.until(f"{text('battery-soc')}.startsWith('30.0 %')")
    press(page, "plug")
    page.until("document.querySelector('.wire.flows') !== null")
    press(page, "break emergency stop")
    page.until(f"{text('endings')}.includes('station reports a fault')")
    assert "made: emergency stop" in page.ask(text("codes"))
    page.ask("order({do: 'plugg'})")
    page.until(f"{text('wrong')}.includes('did you mean plug?')")


@pytest.mark.parametrize(("width", "dark", "phone"), [(1280, True, False), (390, False, True)])
def test_nothing_is_wider_than_the_screen(
    page: Tab, width: int, *, dark: bool, phone: bool
) -> None:
    page.size(width, 900, dark=dark, phone=phone)
    page.until(f"document.documentElement.scrollWidth <= {width}")
    ground = page.ask("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(22, 23, 26)") is dark


def test_more_than_64_at_once_are_turned_away(bench: "subprocess.Popen[str]", page: Tab) -> None:
    """Streams that nobody reads cost a bench no more than that many."""
    port = int(page.ask("location.port"))
    assert bench.poll() is None
    with contextlib.ExitStack() as stack:
        statuses = []
        for _ in range(MOST_AT_ONCE + 6):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.settimeout(30)
            one.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            statuses.append(one.recv(12).decode())
        assert statuses[0] == "HTTP/1.1 200"
        assert statuses[-1] == "HTTP/1.1 503"
        assert statuses.count("HTTP/1.1 200") <= MOST_AT_ONCE
    page.until("fetch('/known').then(answer => answer.status == 200)")


def test_a_port_in_use_and_an_unknown_scenario_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "web", "nothing"]) == 2
    assert "no scenario 'nothing'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["bench", "web", "--port", "99999"])
    assert "99999 is not between 0 and 65535" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["bench", "web", "--port", port]) == 1
    assert f"port {port}: Address already in use; name another" in capsys.readouterr().err
