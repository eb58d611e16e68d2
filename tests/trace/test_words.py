"""``v2g trace filter``, ``diff`` and ``export`` on the traces of a whole simulated charge."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest

from bsw.os.clock import S
from ecu.simulated import TODAY
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.events import Event, Layer
from tools.capture.sources import events
from tools.cli import main


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What both sides of one charge wrote."""
    folder = tmp_path_factory.mktemp("traces")
    player = Player(read("ac-single-phase-10-a"))
    assert player.play().wrong == ()
    found = {}
    pair = player.pair
    for role, base in (("evcc", pair.vehicle_base), ("secc", pair.station_base)):
        found[role] = folder / f"{role}.jsonl"
        found[role].write_text("".join(record.line for record in base.memory.records))
    player.close()
    return found


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_first_record_says_when_by_which_release_and_set_up_how(
    traces: dict[str, Path],
) -> None:
    first = lines(traces["evcc"].read_text())[0]
    fields = first["fields"]
    assert isinstance(fields, dict)
    assert (first["kind"], fields["role"], fields["unix"]) == ("begin", "evcc", TODAY * S)
    assert fields["at"] == "2026-09-21T14:13:20+00:00"
    assert fields["version"].count(".") == 2
    assert len(fields["config"]) == 64
    other = lines(traces["secc"].read_text())[0]["fields"]
    assert isinstance(other, dict)
    assert other["config"] != fields["config"]


def test_both_sides_have_their_messages_at_the_same_calendar_times(
    traces: dict[str, Path],
) -> None:
    def told(role: str) -> list[Event]:
        return [one for one in events(traces[role]) if one.layer is Layer.V2G]

    vehicle, station = told("evcc"), told("secc")
    assert [one.name for one in vehicle] == [one.name for one in station]
    apart = [abs(one.when - other.when) for one, other in zip(vehicle, station, strict=True)]
    assert max(apart) < S
    assert vehicle[0].when > TODAY * S


def test_the_values_of_the_bus_stand_in_it_each_second_at_most(traces: dict[str, Path]) -> None:
    told = [one for one in events(traces["evcc"]) if one.layer is Layer.CAN]
    assert len({one.name for one in told}) > 3
    values = {name: value for one in told for name, value in one.fields.items()}
    assert any("Soc" in name or "SOC" in name for name in values)
    for frame in {one.name for one in told}:
        times = [one.when for one in told if one.name == frame]
        assert all(later - one >= S for one, later in pairwise(times))


def test_a_parked_vehicle_notes_no_values(traces: dict[str, Path]) -> None:
    records = lines(traces["evcc"].read_text())
    kinds = [one["kind"] for one in records]
    assert "can" not in kinds[: kinds.index("connected")]
    assert "can" not in kinds[kinds.index("session-end") :]


def test_filter_prints_records_as_they_are(
    traces: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(traces["evcc"])
    assert main(["trace", "filter", path, "--kind", "message", "--name", "SessionSetupReq"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line in traces["evcc"].read_text()
    assert main(["trace", "filter", path, "--kind", "message", "--until", "0.001"]) == 1


def test_diff_finds_no_parting_of_both_sides_and_the_first_one_of_another(
    traces: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", "diff", "--exact", str(traces["evcc"]), str(traces["secc"])]) == 0
    assert "they never part" in capsys.readouterr().out
    short = tmp_path / "short.jsonl"
    kept = [line for line in traces["evcc"].read_text().splitlines() if "PowerDelivery" not in line]
    short.write_text("\n".join(kept))
    assert main(["trace", "diff", str(traces["evcc"]), str(short)]) == 1
    assert "PowerDeliveryReq at" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["pcapng", "jsonl"])
def test_what_is_exported_holds_the_same_messages(
    form: str, traces: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / f"out.{form}"
    assert main(["trace", "export", str(traces["evcc"]), str(out)]) == 0

    def octets(path: Path) -> list[tuple[int, bytes]]:
        return [(one.when, one.octets) for one in events(path) if one.layer is Layer.V2G]

    if form == "pcapng":
        assert octets(out) == octets(traces["evcc"])
    else:
        found = [one for one in lines(out.read_text()) if one["layer"] == "V2G"]
        wanted = [one.hex() for _, one in octets(traces["evcc"])]
        assert [one["octets"] for one in found] == wanted


def test_a_table_has_a_line_for_every_value(traces: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert main(["trace", "export", str(traces["evcc"]), str(out)]) == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"EVSEMaxCurrent", "ResponseCode"} <= {row["value"].rpartition("/")[2] for row in rows}
    assert all(float(row["seconds"]) >= 0 for row in rows)


def test_a_form_nobody_knows_is_refused(
    traces: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", "export", str(traces["evcc"]), str(tmp_path / "out.doc")]) == 2
    assert ".pcapng, .csv, .jsonl" in capsys.readouterr().err
