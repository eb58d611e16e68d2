"""A session of ISO 15118-20 that sleeps and goes on breaks no rule of order."""

from dataclasses import replace

import pytest

from tests.monitor.planted import Talk
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.sources import events
from tools.monitor.judge import Judge

SLEEPS = """\
title: a pause
protocols: [iso20]
tls: true
vehicle: {{soc: 79.6 %, target: 80 %, mode: {mode}}}
story:
  - do: plug
  - {{when: charging, after: 5 s, do: pause yes}}
  - {{when: ended, after: 20 s, do: wake}}
expect: {{vehicle: [paused, terminated]}}
"""


@pytest.fixture(scope="module", params=["DC", "AC_three_phase_core"])
def talk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Talk:
    folder = tmp_path_factory.mktemp("sleeps")
    path = folder / "sleeps.yaml"
    path.write_text(SLEEPS.format(mode=request.param))
    player = Player(read(str(path)), record=folder)
    player.play()
    player.close()
    return list(events(folder / "run.pcapng"))


def found(talk: Talk) -> list[str]:
    return [f"{event.name}: {one.text}" for event, all_ in Judge().judged(talk) for one in all_]


def test_a_joined_session_goes_on_with_its_service(talk: Talk) -> None:
    assert sum(event.name == "SessionSetupRes" for event in talk) == 2
    assert found(talk) == []


def test_so_it_does_where_the_first_half_was_not_heard(talk: Talk) -> None:
    second = [at for at, event in enumerate(talk) if event.name == "SessionSetupReq"][1]
    connection = talk[second].connection
    later = [event for event in talk if event.connection == connection]
    assert found(later) == []


def test_what_may_not_come_after_it_is_found(talk: Talk) -> None:
    early = next(event for event in talk if event.name == "AuthorizationSetupReq")
    again = [at for at, event in enumerate(talk) if event.name == "SessionSetupRes"][1]
    wrong = replace(early, connection=talk[again].connection)
    told = found([*talk[: again + 1], wrong])
    assert any(one.startswith("AuthorizationSetupReq: AuthorizationSetup where") for one in told)
