"""What a scenario may say, what is told of a mistake, and what is told of a wrong ending."""

import json
from pathlib import Path

import pytest

from bsw.chrgm.endings import Ending
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from tools.bench.scenarios.find import NoScenario, names, read
from tools.bench.scenarios.model import Expectation, Scenario
from tools.bench.scenarios.player import Player
from tools.bench.scenarios.words import BadWords, Order, Sight, condition, order
from tools.cli import main


def told(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as wrong:
        load(Scenario, (path,))
    return str(wrong.value).replace(str(path), "mine.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: x\nvehicel: {}\n", "mine.yaml:2:1: vehicel: unknown key; did you mean 'vehicle'?"),
        ("title: x\nvehicle: {soc: 20}\n", "mine.yaml:2:16: vehicle.soc: 20 has no unit"),
        ("title: x\nvehicle: {soc: 120 %}\n", "vehicle.soc: is no share of a battery"),
        ("title: x\nstory:\n  - do: plugg\n", "story[0].do: nobody knows how to 'plugg'"),
        (
            "title: x\nstory: [{do: fault inlet to hot}]\n",
            "fault: there is no fault 'inlet to hot'; did you mean inlet too hot?",
        ),
        ("title: x\nstory: [{when: charging slowly, do: plug}]\n", "charging: takes no word"),
        ("title: x\nstory: [{do: soc 20}]\n", "soc: 20 has no unit"),
        ("title: x\nstory: [{do: derate 130 %}]\n", "derate: 130 % is not between 0 and 100"),
        ("title: x\nexpect: {vehicle: [good]}\n", "expect.vehicle[0]: 'good' is no choice"),
        ("title: x\nvehicle: {payment: Contract}\n", "nobody pays by a contract that is not there"),
        ("title: x\nvehicle: {contract: installed}\n", "mine.yaml:1:1: tls: contracts need TLS"),
        ("title: x\nstory: [{do: token out}]\n", "a car without a contract has no token here"),
        ("title: x\nstation: {prices: [{at: 1 h}]}\n", "they begin at 0 s"),
        (
            "title: x\nvehicle: {ecu: {session: {trys: 1}}}\n",
            "vehicle.ecu.session.trys: unknown key; did you mean 'tries'?",
        ),
        ("about: x\n", "title: is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    assert says in told(tmp_path, text)


@pytest.mark.parametrize("text", ["soc", "phase 7", "ended 0", "charging now", "sunday"])
def test_what_nobody_can_wait_for(text: str) -> None:
    with pytest.raises(BadWords):
        condition(text)


def test_conditions_are_about_what_can_be_seen() -> None:
    sight = Sight(phase="PreCharge", amps=-20.0, soc=50.0, ended=1)
    for text in ("charging", "soc 50 %", "ended", "phase PreCharge"):
        assert condition(text).holds(sight)
    for text in ("idle", "soc 51 %", "ended 2", "phase CableCheck"):
        assert not condition(text).holds(sight)
    assert order("fault   inlet hot") == Order("fault", "inlet hot")
    assert str(order("plug")) == "plug"


@pytest.fixture(scope="module")
def played() -> Player:
    player = Player(read("full-battery"))
    assert player.play().wrong == ()
    return player


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        (Expectation(vehicle=(Ending.PAUSED,)), "the vehicle's end: terminated, at SessionStop"),
        (Expectation(vehicle=()), "not nothing"),
        (Expectation(station=()), "the station's end"),
        (Expectation(at="CableCheck"), "it ended at SessionStop, not CableCheck"),
        (Expectation(soc_from=81.0), "the battery is at 80.0 %, below 81 %"),
        (Expectation(soc_to=79.0), "above 79 %"),
        (Expectation(messages=("PaymentDetailsReq",)), "nobody sent PaymentDetailsReq"),
        (Expectation(never=("SessionSetupReq",)), "somebody sent SessionSetupReq"),
        (Expectation(trouble=("INLET_HOT",)), "the vehicle did not notice INLET_HOT"),
        (Expectation(most_amps=-1.0), "0.0 A flowed, more than -1 A"),
    ],
)
def test_a_wrong_ending_is_told(played: Player, expect: Expectation, says: str) -> None:
    scenario = played.scenario
    played.scenario = scenario.model_copy(update={"expect": expect})
    try:
        assert any(says in one for one in played.outcome().wrong)
    finally:
        played.scenario = scenario


def test_a_step_that_waits_in_vain_is_told_and_the_play_ends(tmp_path: Path) -> None:
    path = tmp_path / "vain.yaml"
    path.write_text(
        "title: vain\nvehicle: {soc: 80 %}\n"
        "story: [{do: plug}, {when: phase CertificateUpdate, do: pull}]\n",
        encoding="utf-8",
    )
    player = Player(read(str(path)))
    wrong = player.play().wrong
    player.close()
    assert wrong == ("it never came to 'pull', which waits for phase CertificateUpdate",)
    assert player.now < player.scenario.within / 10


def test_the_list_names_all_and_shows_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["bench", "list"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == names()
    assert main(["bench", "list", "--json", "din"]) == 0
    assert json.loads(capsys.readouterr().out)["protocols"] == ["din"]
    assert main(["bench", "list", "dinn"]) == 2
    assert "no scenario 'dinn'; did you mean din?" in capsys.readouterr().err
    assert main(["bench", "list", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
    assert main(["bench", "list", "--words"]) == 0
    assert "derate N %" in capsys.readouterr().out
    with pytest.raises(NoScenario):
        read("nothing")
