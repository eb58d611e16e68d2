"""The whole chain as a person runs it: back end, station, vehicle, battery - four processes."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Line = dict[str, Any]


class Csms:
    """``v2g csms``, its lines and its orders."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", "csms", "--port", "0", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: Queue[Line | None] = Queue()
        self.heard: list[Line] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self.until("listening")["name"]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def until(self, what: str, name: str = "") -> Line:
        """The next such line; a back end that ends fails the test instead of hanging it."""
        while (line := self.lines.get(timeout=120)) is not None:
            self.heard.append(line)
            if line["what"] == what and name in {"", line["name"]}:
                return line
        raise AssertionError("the back end has ended")

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def calls(self, name: str) -> list[Line]:
        while not self.lines.empty() and (line := self.lines.get()) is not None:
            self.heard.append(line)
        return [
            line["data"] for line in self.heard if (line["what"], line["name"]) == ("call", name)
        ]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self._reader.join(60)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


@contextmanager
def backend(*words: str) -> Iterator[Csms]:
    made = Csms(*words)
    try:
        yield made
    finally:
        made.close()


def charge(csms: Csms, folder: Path, **settings: object) -> "subprocess.Popen[str]":
    ocpp = {
        "url": f"{csms.url}/ocpp",
        "identity": "CS-7",
        "store": {"file": str(folder / "store")},
        "transactions": {"values_every": "1 s"},
        **settings,
    }
    path = folder / "secc.yaml"
    path.write_text(json.dumps({"ocpp": ocpp}))  # JSON is YAML as well
    words = ["bench", "run", "--live", "--out", str(folder / "run"), "--secc", str(path)]
    return subprocess.Popen(
        [sys.executable, "-m", "tools.cli", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(play: "subprocess.Popen[str]") -> str:
    said, _ = play.communicate(timeout=180)
    assert play.returncode == 0, said
    return said


def test_a_card_pays_a_charge_that_the_back_end_books(tmp_path: Path) -> None:
    with backend() as csms:
        play = charge(csms, tmp_path, driver="card", card="04E1A2B3")
        csms.until("call", "TransactionEvent")
        ended(play)
        csms.until("gone")
        events = csms.calls("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert events[0]["eventType"] == "Started"
        assert events[0]["idToken"] == {"idToken": "04E1A2B3", "type": "ISO14443"}
        states = [event["transactionInfo"]["chargingState"] for event in events]
        assert "Charging" in states
        assert events[-1]["eventType"] == "Ended"
        assert events[-1]["transactionInfo"]["stoppedReason"] == "StoppedByEV"
        begin, end = (each["sampledValue"][0]["value"] for each in events[-1]["meterValue"])
        assert end > begin
        decimals = [len(event["timestamp"].partition(".")[2]) for event in events]
        assert set(decimals) == {len("123Z")}


@pytest.mark.long
def test_the_back_end_starts_a_charge_in_1_6_through_a_cut(tmp_path: Path) -> None:
    with backend("--speak", "1.6") as csms:
        csms.order("fault StartTransaction cut")
        play = charge(csms, tmp_path)
        csms.until("connected")
        csms.until("call", "StatusNotification")
        csms.order('CS-7 RemoteStartTransaction {"idTag": "FAR"}')
        assert csms.until("answer", "RemoteStartTransaction")["data"] == {"status": "Accepted"}
        ended(play)
        csms.until("call", "StopTransaction")
        starts = csms.calls("StartTransaction")
        assert len(starts) == 2
        assert starts[0] == starts[1]
        assert [stop["transactionId"] for stop in csms.calls("StopTransaction")] == [1]
