"""Several outlets of one station in one process: each on an interface of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bsw.dlt import Dlt, Level, Record
from bsw.os.process import Cause, Status, Stop
from secc.cli import main as secc
from secc.several.joint import Joint, NamedDlt
from tests.hardware.street import street
from tests.hardware.test_namespaces import SOON

BARE = """\
network: {{sdp_port: {port}{more}}}
link: {{driver: ethernet, interface: {interface}}}
session: {{evse_id: {evse}}}
trace: {{file: {trace}}}
nvm: {{file: null}}
"""


def written(folder: Path, interface: str, evse: str, more: str = "") -> Path:
    path = folder / f"{interface}.yaml"
    trace = folder / f"{interface}.trace.jsonl"
    text = BARE.format(interface=interface, evse=evse, port=15118, trace=trace, more=more)
    path.write_text(text)
    return path


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_one_process_serves_two_outlets_and_stops_both_in_order(tmp_path: Path) -> None:
    with street(tmp_path, modems=False) as line:
        line.lay("ev", "eb")
        line.lay("se", "sb")
        near = ("--between", "ev1,se1,12", "--between", "eb1,sb1,14", "--attenuation", "35")
        line.modems("ev1", "se1", "eb1", "sb1", "--vehicle", "ev1,eb1", *near)
        written(tmp_path, "sb0", "DE*PWX*E000002")
        first = written(tmp_path, "se0", "DE*PWX*E000001", ", outlets: [sb0.yaml]")
        station = line.ours("se", "secc.cli", "run", "-c", str(first), log="station")
        station.wait_for("os         ready", SOON)
        found = {}
        for vehicle in ("ev", "eb"):
            matched = line.ours(
                "ev", "tools.cli", "slac", "ev", "-i", f"{vehicle}0", "--stay", log=vehicle
            )
            matched.wait_for("MATCHED", SOON)
            words = ("sdp", "find", "-i", f"{vehicle}0", "--ask", "none")
            asking = line.ours("ev", "tools.cli", *words, log=f"{vehicle}.sdp")
            assert asking.wait(SOON)
            assert asking.status == 0, asking.text()
            found[vehicle] = asking.text()
        assert found["ev"] != found["eb"]
        told = station.text()
        for name in ("first", "sb0"):
            assert any("listening" in one and f"outlet={name}" in one for one in told.splitlines())
        station.process.terminate()
        assert station.wait(SOON)
        assert station.status == 0, station.text()
        assert "Traceback" not in station.text()
        for interface in ("se0", "sb0"):
            assert (tmp_path / f"{interface}.trace.jsonl").read_text().count('"role":"secc"') == 1


def test_outlets_that_share_what_they_cannot_share_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "eth2", "DE*PWX*E000002")
    first = written(tmp_path, "eth1", "DE*PWX*E000001", ", outlets: [eth2.yaml]")
    assert secc(["check", "-c", str(first)]) == 0, capsys.readouterr().err
    second = written(tmp_path, "eth2", "DE*PWX*E000001")
    both = "api: {socket: /run/x.sock}\n"
    second.write_text(both + second.read_text().replace("interface: eth2", "interface: eth1"))
    first.write_text(both + first.read_text())
    assert secc(["check", "-c", str(first)]) == 2
    said = capsys.readouterr().err
    for what in ("link.interface", "session.evse_id", "api.socket"):
        assert f"eth2.yaml has the {what} of the first" in said
    second.write_text("network: {interface: eth9, outlets: [eth1.yaml]}\n")
    assert secc(["check", "-c", str(first)]) == 2
    assert "names outlets itself" in capsys.readouterr().err
    second.write_text("sesion: {}\n")
    assert secc(["check", "-c", str(first)]) == 2
    assert "eth2.yaml cannot be used" in capsys.readouterr().err


class Process:
    """An ``EcuProcess`` that only remembers."""

    def __init__(self) -> None:
        self.stopping: Stop | None = None
        self.said: list[object] = []

    def ends_by(self, begin: object, last_resort: object) -> None:
        self.begin, self.last_resort = begin, last_resort

    def done(self, status: Status = Status.OK, detail: str = "") -> None:
        self.said.append((status, detail))

    def lost(self, sentence: str) -> None:
        self.said.append(sentence)

    def allow(self, within: int) -> None:
        self.said.append(within)

    def finished(self) -> None:
        self.said.append("finished")


def test_the_process_is_done_when_all_are_and_ends_when_all_have_stopped() -> None:
    process = Process()
    joint = Joint(process)
    left, right = joint.part("left"), joint.part("right")
    stops: list[str] = []

    def begins(name: str) -> Callable[[Stop], None]:
        return lambda _why: stops.append(name)

    for part in (left, right):
        part.ends_by(begins(part.name), lambda: stops.append("F"))
    left.done(Status.FAILED, "bad")
    left.done(Status.OK, "again")
    assert process.said == []
    right.done(Status.OK, "good")
    assert process.said.pop() == (Status.FAILED, "good")
    right.lost("the modem is gone")
    assert process.said.pop() == "outlet right: the modem is gone"
    right.allow(5)
    assert process.said.pop() == 5
    joint._begin(Stop(Cause.DONE, "", Status.OK))
    assert stops == ["left", "right"]
    left.finished()
    assert process.said == []
    right.finished()
    assert process.said == ["finished"]
    joint._last_resort()
    assert stops[2:] == ["F", "F"]
    assert left.stopping is None


def test_an_outlet_that_was_not_built_yet_holds_no_stop_up() -> None:
    process = Process()
    joint = Joint(process)
    joint.part("left")
    joint._begin(Stop(Cause.SIGNAL, "", Status.OK))
    assert process.said == ["finished"]


def test_each_record_bears_its_outlet_and_keeps_its_level() -> None:
    records: list[Record] = []

    class Sink:
        def write(self, record: Record) -> None:
            records.append(record)

    dlt = NamedDlt(Dlt(lambda: 7, (Sink(),), levels={"slac": Level.ERROR}), "left")
    dlt.logger("slac").info("quiet")
    dlt.logger("secc").info("listening", port=5)
    (one,) = records
    assert (one.room, one.time, dict(one.fields)) == ("secc", 7, {"outlet": "left", "port": 5})
