"""A campaign draws the same again, finds what is planted, makes it small, and keeps its books."""

import json
import pickle
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.responder import Responder
from bsw.chrgm.record import Heard
from bsw.crypto import KeyType
from bsw.ecuc.load import load
from bsw.os.clock import S
from keym.x509.edition import Edition
from tools.bench.scenarios.find import read
from tools.bench.scenarios.model import Scenario, Step
from tools.bench.scenarios.player import Player
from tools.bench.scenarios.words import condition, order
from tools.bench.world.device_faults import DEVICE_FAULTS
from tools.bench.world.stores import pki_of
from tools.campaign.book import FILE, Book, OtherBook, digest, head
from tools.campaign.draw import draw
from tools.campaign.ends import explained
from tools.campaign.leave import PERMIT, PULL, Leave
from tools.campaign.page import page
from tools.campaign.plan import Kinds, Plan
from tools.campaign.session import Result, play
from tools.campaign.shrink import Shrinker
from tools.campaign.tally import Tally, all_edges
from tools.campaign.watch import Watch
from tools.campaign.written import written
from tools.cli import main
from tools.pki.recipe import written_key

NOTHING = dict.fromkeys(Kinds.model_fields, 0)


def disturbed(name: str, *steps: tuple[str, int, str]) -> Scenario:
    """A shipped scenario with steps (when, after milliseconds, order)."""
    meanwhile = tuple(
        Step(when=condition(when) if when else None, after=after * 1_000_000, do=order(do))
        for when, after, do in steps
    )
    return read(name).model_copy(update={"meanwhile": meanwhile})


# Drawing


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    plan = Plan()
    drawn = [draw(plan, seed) for seed in range(300)]
    assert drawn == [draw(plan, seed) for seed in range(300)]
    assert len({scenario.model_dump_json() for _, scenario in drawn}) > 290


def test_what_is_drawn_has_all_kinds_and_is_understood() -> None:
    """Each order is read by the same words that people type; a wrong one would have raised."""
    steps = [step for seed in range(2_000) for step in draw(Plan(), seed)[1].meanwhile]
    verbs = {step.do.verb for step in steps}
    assert verbs >= {"fault", "mend", "break", "repair", "line", "lose", "lag", "net", "modem"}
    assert verbs >= {"spoil", "noise", "clock", "token", "pull", "permit", "pause", "derate"}


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("wpt", {"foreign object", "vehicle rolls away"}, {"pantograph stuck"}),
        ("acdp", {"pantograph stuck", "vehicle rolls away"}, {"foreign object"}),
        ("dc-card", set(), set(DEVICE_FAULTS)),
    ],
)
def test_faults_of_a_device_are_drawn_where_it_is(
    name: str, there: set[str], not_there: set[str]
) -> None:
    plan = Plan(scenarios=(name,), kinds=Kinds(**{**NOTHING, "device": 1}), calm=0.0)
    steps = [step.do for seed in range(200) for step in draw(plan, seed)[1].meanwhile]
    drawn = {step.argument for step in steps if step.verb == "disturb"}
    assert there <= drawn
    assert not drawn & not_there
    assert {step.verb for step in steps} <= {"disturb", "settle"}


def test_a_plan_says_what_is_wrong_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("scenarios: [dc-crad]\n")
    assert main(["campaign", "run", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "plan.yaml:1" in (told := capsys.readouterr().err)
    assert "dc-card" in told


def test_a_session_as_a_file_is_the_same_session(tmp_path: Path) -> None:
    for seed in (3, 4, 5, 8):
        _, scenario = draw(Plan(), seed)
        path = tmp_path / f"{seed}.yaml"
        path.write_text(written(scenario))
        assert load(Scenario, (path,), outside=False).config == scenario


# What may never happen


def test_a_quiet_charge_breaks_no_rule_and_is_the_same_again() -> None:
    first, again = (play(1, "dc-card", read("dc-card")) for _ in range(2))
    assert not first.findings
    assert first == again
    assert "iso2 CableCheck > PreCharge" in first.edges


def test_contactors_that_close_on_a_difference_are_seen() -> None:
    player = Player(read("dc-card"))
    watch = Watch(player)
    while player.sight.phase != "CableCheck":
        player.advance(100_000_000)
    contactors = player.pair.hardware.vehicle.bms.contactors
    contactors.positive.closed = contactors.negative.closed = True
    player.pair.run(0.03)
    assert [one.rule for one in watch.found] == ["contactors closed on a difference"]


def test_current_that_nobody_pays_is_seen() -> None:
    player = Player(read("dc-card"))
    watch = Watch(player)
    while not player.over:
        player.advance(1_000_000_000)
        watch.paid.holds = False
    assert "current that nobody pays" in {one.rule for one in watch.found}


def test_a_request_that_nobody_answers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not answered in the loop: the vehicle gives up after 250 ms, and the session is over."""
    plain = Responder.received

    def forgetful(self: Responder, heard: Heard) -> None:
        if type(heard.body).__name__ != "CurrentDemandReq":
            plain(self, heard)

    monkeypatch.setattr(Responder, "received", forgetful)
    assert "a request that nobody answers" in play(1, "dc-card", read("dc-card")).rules


def test_nonsense_on_the_line_cannot_be_decoded() -> None:
    spoilt = disturbed("dc-card", ("charging", 1_000, "spoil vehicle nonsense"))
    result = play(1, "dc-card", spoilt)
    assert not result.findings
    assert result.station[0].startswith("message not decodable")


def test_a_scenario_that_cuts_its_own_line_may_end_by_what_is_noticed_first() -> None:
    """With this seed the station's pilot is heard before the vehicle's own modem."""
    seed = 1041
    result = play(seed, "line-lost", read("line-lost").model_copy(update={"seed": seed}))
    assert not result.findings
    assert "link lost" not in result.endings[0]


def test_a_plug_that_is_none_is_not_pulled() -> None:
    """Under a pantograph nobody asks an inlet whether something is in it."""
    pulled = disturbed("acdp", ("", 10_260, "fault plug pulled"))
    assert "a live plug that is pulled" not in play(1, "acdp", pulled).rules


def test_an_end_without_a_cause_is_seen() -> None:
    """A line that is cut explains the end; an order that touches no line does not."""
    cut = ("charging", 1_000, "line 150 dB")
    assert not play(1, "dc-card", disturbed("dc-card", cut)).findings
    player_says = play(1, "line-lost", read("line-lost"))
    assert not player_says.findings  # the scenario itself expects it


def test_a_driver_leaves_who_has_seen_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The battery has far to go; nothing new comes of waiting for it."""
    monkeypatch.setattr("tools.campaign.leave.QUIET", 3 * S)
    emptied = disturbed("dc-card", ("charging", 0, "soc 20 %"))
    result = play(1, "dc-card", emptied)
    assert not result.findings
    assert [one.partition(",")[0] for one in result.endings] == ["terminated"]
    assert result.seconds < 30
    assert result.orders == ("charging + 0.00 s: soc 20 %",)


def test_leaving_explains_only_what_ends_after_it() -> None:
    player = Player(read("no-common-protocol"))
    leave = Leave(player)
    while not player.over:
        player.advance(1 * S)
    leave.take()
    results = player.pair.vehicle.manager.results
    assert not leave.before("vehicle", 0)
    assert leave.before("vehicle", len(results)) == [PERMIT, PULL]
    assert not player.pair.hardware.vehicle.wires.cable.plugged


# Planted defects


PLANTED = (
    (
        "forgets_permission",
        {"hands": 1},
        ("current without permission",),
        "permit no",
    ),
    ("deaf_to_crashes", {"vehicle": 1}, ("current after a crash",), "fault crash"),
    (
        "chokes_on_nonsense",
        {"peer": 1},
        ("an end that nothing explains", "our own fault"),
        "spoil vehicle nonsense",
    ),
)


def v2g(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def struck(plan: Plan, blow: str) -> int:
    """The first session in which it is ordered while current flows, and another one afterwards."""
    for seed in range(1, 50_000):
        steps = draw(plan, seed)[1].meanwhile
        came = {str(step.do): step.when for step in steps}
        others = [when for words, when in came.items() if words != blow]
        if came.get(blow) == condition("charging") and others == [condition("ended")]:
            return seed
    raise AssertionError(f"{blow} is not drawn")


@pytest.mark.long
@pytest.mark.parametrize(("plant", "kinds", "rules", "left"), PLANTED)
def test_a_planted_defect_is_found_and_made_small(
    plant: str,
    kinds: dict[str, int],
    rules: tuple[str, ...],
    left: str,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    """As a user finds one: a plan, a run, and then the line that the run says."""
    root, path = pytestconfig.rootpath, tmp_path / "plan.yaml"
    said = {"scenarios": ["dc-card"], "most": 2, "calm": "0 %", "kinds": {**NOTHING, **kinds}}
    path.write_text(json.dumps(said))
    seed = struck(load(Plan, (path,), outside=False).config, left)
    words = ("campaign", "run", str(path), "--seed", str(seed), "--sessions", "1")
    made_with = ("--with", f"tests.campaign.plants:{plant}")
    ran = v2g(*words, "--out", str(tmp_path), *made_with, cwd=root)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    (found,) = tmp_path.glob("seed-*.yaml")
    small = read(str(found))
    assert [str(step.do) for step in small.meanwhile] == [left]
    line = next(line for line in ran.stdout.splitlines() if line.endswith(f" {found}"))
    again = v2g(*line.partition(": v2g ")[2].split(), cwd=root)
    assert again.returncode == 1
    assert any(rule in again.stdout for rule in rules), again.stdout
    assert not play(0, "", small).findings, "without the defect nothing is found"


# Books, pages, crews


def test_a_campaign_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    """The last line was not written to its end, and is played again."""
    plan, told = Plan(most=0), head(Plan(most=0), 1)
    results = [Result(seed, "dc-card", digest=f"{seed}") for seed in range(1, 5)]
    with closing(Book(tmp_path, told)) as book:
        book.add(results)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-20])
    with closing(Book(tmp_path, told)) as again:
        assert sorted(again.results) == [1, 2, 3]
        again.add(results[3:])
    with closing(Book(tmp_path, told)) as whole:
        assert list(whole) == results
    for other in (head(plan, 2), head(Plan(most=1), 1), head(plan, 1, "a:b")):
        with pytest.raises(OtherBook, match="another plan"):
            Book(tmp_path, other)


def test_a_book_of_thousands_of_sessions_keeps_what_is_the_same_once(tmp_path: Path) -> None:
    """As they come from other processes, in which each has its own words."""
    ways = tuple(f"iso2 One{number} > Other{number}" for number in range(30))
    with closing(Book(tmp_path, head(Plan(), 1))) as book:
        book.add(pickle.loads(pickle.dumps(Result(seed, "din", edges=ways))) for seed in (1, 2))
    with closing(Book(tmp_path, head(Plan(), 1))) as again:
        assert again.results == book.results
        for one in (book, again):
            assert one.results[1].edges is one.results[2].edges


@pytest.mark.parametrize("octets", [b"no json\n", b"[]\n", b'{"a": 1}\n', b"\xff\xfe\n"])
def test_a_book_that_is_none_is_left_alone(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(octets)
    with pytest.raises(OtherBook):
        Book(tmp_path, head(Plan(), 1))
    assert (tmp_path / FILE).read_bytes() == octets


def test_the_digest_does_not_depend_on_the_order() -> None:
    results = [Result(seed, "dc-card", digest=f"{seed:x}") for seed in range(20)]
    assert digest(results) == digest(reversed(results))
    assert digest(results) != digest(results[1:])


def test_the_page_shows_what_was_found_and_how_to_see_it_again() -> None:
    tally = Tally()
    failed = Result(7, "din", ("charging + 1.00 s: pull",), findings=("3.00 s: a <rule>: 5 A",))
    tally.add([failed, Result(8, "dc-card", edges=("iso2 CableCheck > PreCharge",))])
    told = page(tally, "v2g campaign play", {"digest": "abc"})
    assert "v2g campaign play 7" in told
    assert "a &lt;rule&gt;" in told
    assert "1 failed" in told
    assert len(tally.missing("iso2")) == len(all_edges("iso2")) - 1


def test_the_command_plays_shows_and_remembers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("scenarios: [no-common-protocol]\n")
    words = ["campaign", "run", str(plan), "--sessions", "3", "--out", str(tmp_path)]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert "3 sessions, 0 failed" in first
    assert main(words) == 0
    again = capsys.readouterr().out
    assert "3 sessions are in" in again
    assert first.splitlines()[-1] == again.splitlines()[-1]  # the digest
    assert "3 sessions" in (tmp_path / "campaign.html").read_text()
    lines = (tmp_path / FILE).read_text().splitlines()
    assert [json.loads(line)["seed"] for line in lines[1:]] == [1, 2, 3]


def test_shrinking_gives_up_after_so_many_tries() -> None:
    scenario = disturbed("no-common-protocol", ("", 0, "line 10 dB"), ("", 0, "lag 2 ms"))
    failed = Result(1, "no-common-protocol", findings=("0.00 s: what never happens: 1",))
    shrunk = Shrinker(failed, scenario, most=3).shrink()
    assert shrunk.tries == 3
    assert shrunk.scenario == scenario


@pytest.mark.parametrize(
    ("edition", "key_type"),
    [
        (Edition.ISO2, KeyType.P256),
        (Edition.ISO20, KeyType.P521),
        (Edition.ISO20, KeyType.ED448),
    ],
)
def test_each_process_makes_the_same_keys_and_certificates(
    edition: Edition, key_type: KeyType
) -> None:
    """Else what a session with a contract says would be other octets in another process."""
    made, again = (
        {
            one.name: (one.der, written_key(one.key))
            for one in pki_of.__wrapped__(1_790_000_000, edition, key_type)
        }
        for _ in range(2)
    )
    assert made == again
    assert len({key for _, key in made.values()}) == len(made)


def test_a_contract_that_is_installed_is_the_same_in_each_process(tmp_path: Path) -> None:
    """What comes of chance comes of the seed; where its files lie is no part of what happened."""
    plan = tmp_path / "plan.yaml"
    plan.write_text("scenarios: [dc-contract-installation]\n")
    command = [sys.executable, "-m", "tools.cli", "campaign", "play", "4", "--plan", str(plan)]
    said = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)]
    digests = [line for one in said for line in one.stdout.splitlines() if "digest" in line]
    assert len(digests) == 2
    assert len(set(digests)) == 1


def test_a_handshake_that_fails_is_explained_by_a_vehicle_with_a_fault_of_its_own() -> None:
    assert explained(Ending.TLS_FAILED, (), ["peer VEHICLE_FAULT"])
    assert not explained(Ending.TLS_FAILED, (), ["peer TLS_FAILED"])


@pytest.mark.long
def test_any_number_of_processes_gives_the_same(tmp_path: Path) -> None:
    """Findings included, whatever they are: each process sees the same ones."""
    said = {}
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        main(["campaign", "run", "--sessions", "24", "--jobs", jobs, "--out", str(out)])
        lines = (out / FILE).read_text().splitlines()
        with closing(Book(out, json.loads(lines[0]))) as book:
            assert sorted(book.results) == list(range(1, 25))
            said[jobs] = (digest(book), list(book))
    assert said["1"] == said["2"]
