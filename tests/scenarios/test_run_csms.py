"""``v2g bench run --csms``: back end, station, vehicle and battery, seen together."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tools.bench.run.cli import changed
from tools.bench.run.dashboard import Drawing
from tools.bench.run.plain import PlainView
from tools.bench.run.simulated import Simulation
from tools.bench.scenarios.find import read
from tools.cli import main


@pytest.mark.parametrize("name", ["dc-card", "dc-contract"])
def test_the_back_end_books_the_charge_and_is_shown(name: str, tmp_path: Path) -> None:
    said = io.StringIO()
    scenario = changed(read(name), 79.95, None)
    simulation = Simulation(scenario, tmp_path, 0, PlainView(said), csms=True)
    played = simulation.play()
    assert played.verdict.good, played.verdict.sentence
    told = simulation.watch.scene().back_end
    assert told is not None
    assert told.events >= 2
    assert told.repeats == 0
    lines = [line for line in said.getvalue().splitlines() if "back end:" in line]
    assert "connected OCPP 2.1" in lines[0]
    assert "BootNotification PowerUp" in lines[1]
    assert "TransactionEvent Started 0" in said.getvalue()
    assert "StoppedByEV" in lines[-1]
    assert "kWh" in lines[-1]
    drawn = Console(width=100, record=True, file=io.StringIO())
    drawn.print(Drawing().draw(simulation.watch.scene(), 100))
    assert f"back end, {told.calls} told, {told.events} events booked" in drawn.export_text()


def test_between_processes_the_back_end_is_one_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "run", "--live", "--csms"]) == 2
    assert "start v2g csms" in capsys.readouterr().err
