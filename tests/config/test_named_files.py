"""Every file that a command line can name: what is wrong with it is told with place and remedy.

A wrong name or wrong content is status 2; what the host forbids or lacks is status 1.  Nobody
sees a traceback or the number of an error.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bsw import exi
from bsw.chrgm.messages import sap
from bsw.exi.views.as_xml import to_xml
from bsw.program.cli import parser as role_parser
from bsw.program.parser import Parser
from evcc.cli import ROLE as EVCC
from evcc.cli import main as evcc
from secc.cli import main as secc
from tests.config.ordinary import ordinary
from tools.cli import main as v2g
from tools.cli import parser as v2g_parser

WordsOf = Callable[[str, Path], list[str]]
Named = tuple[list[str], Sequence[str]]
COMMANDS = {"v2g": v2g, "evcc": evcc, "secc": secc}

READ = [
    "v2g decode @.pcapng",
    "v2g decode -k @.keys GOOD.pcapng",
    "v2g decode --dbc @.dbc GOOD.pcapng",
    "v2g wireshark table @.pcapng -o OUT/x.lua",
    "v2g wireshark table -k @.keys GOOD.pcapng -o OUT/x.lua",
    "v2g campaign run @.yaml --sessions 1",
    "v2g campaign play 1 --plan @.yaml",
    "v2g csms --port 0 --schedules @.yaml",
    "v2g monitor @.pcapng",
    "v2g monitor -k @.keys GOOD.pcapng",
    "v2g monitor --dbc @.arxml GOOD.pcapng",
    "v2g test --device @.yaml secc",
    "v2g trace check @.jsonl",
    "v2g trace show --json @.jsonl",
    "v2g trace filter @.jsonl",
    "v2g trace diff @.jsonl GOOD.pcapng",
    "v2g trace diff GOOD.pcapng @.jsonl",
    "v2g trace export @.jsonl OUT/x.csv",
    "v2g trace replay @.jsonl",
    "v2g trace replay GOOD.pcapng -k @.keys",
    "v2g exi decode --input-form file @.exi",
    "v2g exi decode --batch @.jsonl",
    "v2g exi encode @.json",
    "v2g exi check @.jsonl",
    "v2g exi check @.gz",
    "v2g exi bench @.jsonl",
    "v2g exi fuzz @.jsonl --count 1",
    "v2g schema FOLDER --amendment iso20.x=@.xsd",
    "v2g pki make OUT/pki --kind iso2 --password-file @.txt",
    "v2g pki show @.pem",
    "v2g pki show GOOD.pem --root @.pem",
    "v2g pki show GOOD.pem --staple @.ocsp",
    "v2g pki ocsp PKI --port 0 --password-file @.txt",
    "v2g pki install PKI --role evcc --password-file @.txt",
    "v2g pki install PKI --role evcc --config @.yaml",
    "v2g pki trust @.pem --as v2g --role secc --certificates OUT/c --keys OUT/k",
    "v2g pki trust GOOD.pem --as v2g --role secc --config @.yaml",
    "v2g pki csr X --role secc --config @.yaml",
    "v2g pki import @.pem --role secc --certificates OUT/c --keys OUT/k",
    "v2g pki import GOOD.pem --role secc --config @.yaml",
    "v2g pki import GOOD.pem --key @.pem --role secc --certificates OUT/c --keys OUT/k",
    "v2g pki import GOOD.pem --key GOOD.pem --password-file @.txt --role secc",
    "v2g pki vectors @.json",
    "v2g pki vectors @.gz",
    "v2g hsm import key @.pem --store OUT/store",
    "v2g hsm import key GOOD.pem --store OUT/store --certificate @.pem",
    "v2g arxml system @.dbc",
    "v2g arxml system @.arxml",
    "v2g dbc mapping @.dbc",
    "v2g dbc watch @.dbc --interface none --seconds 0.01",
    "v2g bench run @.yaml",
    "v2g bench web @.yaml",
    "v2g doctor --config @.yaml",
    "v2g commission evcc --config @.yaml",
    "v2g csms --port 0 --certificate @.pem --key GOOD.pem",
    "v2g csms --port 0 --certificate GOOD.pem --key @.pem",
    "v2g csms --port 0 --certificate GOOD.pem --key GOOD.pem --roots @.pem",
    "v2g measure --compare @.json",
    "evcc check -c @.yaml",
    "evcc config export --yaml -c @.arxml",
    "secc check -c @.yaml",
    "evcc check --set can.matrix=[@.dbc]",
    "secc check --set hardware.power=can --set can.matrix=[@.dbc]",
]
WRITTEN = [
    "v2g bench list din --to @",
    "v2g decode GOOD.pcapng --html @",
    "v2g exi encode SAP --output @",
    "v2g pki make --kind iso2 @/",
    "v2g arxml generate --output @/",
    "v2g arxml system bms.dbc --output @",
    "v2g dbc signals --output @",
    "v2g tables --out @/",
    "v2g csms --port 0 --record @",
    "v2g wireshark table GOOD.pcapng -o @",
    "v2g monitor GOOD.pcapng --junit @",
    "v2g slac sim --runs 1 --capture @",
    "evcc config export --yaml -o @",
    "secc config export --arxml -o @",
]
ELSEWHERE = {
    "v2g endure --record": "runs are read again; tests/ocpp/test_exactly_once.py",
    "v2g api --socket": "no file; tests/api",
    "v2g bench run --out": "plays first; tests/run",
    "v2g bench run --evcc": "hands it to evcc run -c",
    "v2g bench run --secc": "hands it to secc run -c",
    "v2g hsm generate --public": "makes the key first; tests/csm",
    "v2g csms --pki": "a folder; tests/ocpp",
    "v2g test --report": "tests a device first; tests/tester",
    "v2g dbc book": "a folder; tests/can",
    "v2g schema": "a folder; tests/exi/test_schema_tool.py",
    "v2g schema --output": "needs the official schemas; tests/exi/test_schema_tool.py",
    "v2g pki make": "a folder, below",
    "v2g pki ocsp": "a folder; tests/keym/test_pki_tool.py",
    "v2g pki revoke": "a folder; tests/keym/test_pki_tool.py",
    "v2g pki install": "a folder; tests/keym/test_pki_tool.py",
    "v2g pki install --certificates": "a store with words of its own; tests/keym",
    "v2g pki install --keys": "a store with words of its own; tests/csm",
    "v2g pki csr --out": "makes the key first; tests/keym/test_own_pki.py",
    **{
        f"v2g pki {verb} {option}": "a store with words of its own; tests/keym, tests/csm"
        for verb in ("csr", "import", "trust")
        for option in ("--certificates", "--keys")
    },
    "v2g wireshark open": "needs Wireshark; tests/wireshark",
    "v2g wireshark open --keys": "the same",
    "v2g interop run --report": "runs the matrix first; tests/interop",
    "v2g interop run --page": "runs the matrix first; tests/interop",
    "v2g campaign run --out": "plays first; tests/campaign",
    "v2g conformance page --out": "runs every case first",
    "v2g commission --out": "walks first; tests/commission",
    "v2g fuzz station --out": "attacks first; tests/fuzz",
    "v2g fuzz vehicle --out": "attacks first; tests/fuzz",
    "v2g soak --out": "charges first; tests/fuzz",
    "v2g measure --save": "measures first; tests/tidy",
    "evcc run --config": "as check; tests/config/test_outside.py",
}
"""What the tables do not try, and why."""
TOKENS = {"--module", "--folder", "--store"}
"""Of ``v2g hsm``: what a token's library says; tests/csm."""
NEVER = ("Traceback", "[Errno", "[SSL]", "Error:", "codec can't", "None:")
BAD_CONTENT: dict[str, bytes] = {
    "binary": b"abc \xff\xfe\xe4 : \x00\n",
    "empty": b"",
    "cut": b'{"id": "a", "exi": "80',
}
TAKEN = {
    "binary": ("exi decode --batch", "trace filter", "--staple"),
    "empty": ("-k ", "trace filter", "exi decode", "trace show", "exi fuzz", "--staple"),
    "cut": ("exi decode --batch", "trace filter", "--password-file", "--staple"),
}
"""Where a command may be content: an answer for each line, a judgement of its own."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    request = sap.SupportedAppProtocolRes(response_code=sap.ResponseCode.OK_SUCCESSFUL_NEGOTIATION)
    codec = exi.codec("sap")
    octets = codec.encode(request)
    framed = b"\x01\xfe\x80\x01" + len(octets).to_bytes(4, "big") + octets
    (folder / "GOOD.pcapng").write_text(framed.hex() + "\n")
    (folder / "SAP").write_text(to_xml(codec.schema, request))
    assert v2g(["pki", "make", str(folder / "PKI"), "--kind", "iso2"]) == 0
    key = (folder / "PKI/iso2/keys/secc.key").read_bytes()
    (folder / "GOOD.pem").write_bytes((folder / "PKI/iso2/chains/secc.pem").read_bytes() + key)
    return folder


@pytest.fixture
def words_of(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WordsOf:
    """The words of a line, with a file in the place of ``@``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "OUT").mkdir()
    known = {name: str(good / name) for name in ("GOOD.pcapng", "GOOD.pem", "PKI", "SAP")}
    known |= {"FOLDER": "/", "OUT": str(tmp_path / "OUT")}

    def words(line: str, place: Path) -> list[str]:
        for name, path in known.items():
            line = line.replace(f" {name}", f" {path}")
        return re.sub(r"@[^\s\]]*", str(place), line).split()

    return words


def said_by(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    try:
        status = COMMANDS[words[0]](words[1:])
    except SystemExit as ending:
        status = int(ending.code or 0)
    said = capsys.readouterr()
    text = said.err + said.out
    assert not [word for word in NEVER if word in text], text
    return status, said.err if status == 2 else text


def suffix_of(line: str) -> str:
    found = re.search(r"@(\.\w+)", line)
    return found[1] if found else ""


@pytest.mark.parametrize("line", READ)
def test_a_file_that_is_not_there_or_a_folder_is_status_2(
    line: str, words_of: WordsOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / f"missing{suffix_of(line)}"
    status, said = said_by(words_of(line, missing), capsys)
    assert (status, str(missing) in said, "; " in said) == (2, True, True), said
    missing.mkdir()
    status, said = said_by(words_of(line, missing), capsys)
    assert str(missing) in said, said
    assert status == (1 if "pki show @" in line else 2), said


@pytest.mark.parametrize("line", READ)
def test_a_file_that_may_not_be_read_is_status_1_and_says_what_to_do(
    line: str, words_of: WordsOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = tmp_path / f"locked{suffix_of(line)}"
    locked.write_bytes(b"x")
    locked.chmod(0)
    with ordinary():
        status, said = said_by(words_of(line, locked), capsys)
    assert status == 1, said
    remedy = f"{locked}: Permission denied; name one this user may use, or run as one who may"
    assert remedy in said


@pytest.mark.parametrize("line", READ)
def test_what_a_file_holds_ends_no_command_in_disorder(
    line: str, words_of: WordsOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"bad{suffix_of(line)}"
    for content, octets in BAD_CONTENT.items():
        path.write_bytes(octets)
        status, said = said_by(words_of(line, path), capsys)
        taken = any(word in line for word in TAKEN[content])
        assert taken or status in {1, 2}, f"{content}: {said}"
        assert taken or str(path) in said, f"{content}: {said}"


@pytest.mark.parametrize("line", WRITTEN)
def test_where_nothing_can_be_written_is_status_1_and_says_what_to_do(
    line: str, words_of: WordsOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    with ordinary():
        status, said = said_by(words_of(line, closed / "x"), capsys)
    assert (status, f"{closed}/x: Permission denied; name one" in said) == (1, True), said
    if not line.endswith("/"):
        status, said = said_by(words_of(line, Path("/dev/full")), capsys)
        assert (status, "/dev/full: No space left on device; make room" in said) == (1, True), said


@pytest.mark.parametrize("line", WRITTEN)
def test_a_place_that_cannot_be_one_is_status_2(
    line: str, words_of: WordsOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    status, said = said_by(words_of(line, tmp_path / "file" / "x"), capsys)
    assert (status, f"{tmp_path}/file/x" in said, "; name a" in said) == (2, True, True), said


def test_every_file_that_a_command_line_can_name_is_tried() -> None:
    """A new option has to stand in one of the tables, or here with what tries it."""
    tried = [line.split() for line in (*READ, *WRITTEN)]
    untried = []
    for command, options in named_files():
        name = f"{' '.join(command)} {(options or [''])[-1]}".strip()
        there = any(_tries(words, command, options) for words in tried)
        if not (there or name in ELSEWHERE or TOKENS & {*options}):
            untried.append(name)
    assert untried == []


def _tries(words: list[str], command: list[str], options: Sequence[str]) -> bool:
    places = [at for at, word in enumerate(words) if word.startswith("@")]
    named = not options or any(words[at - 1] in options for at in places)
    return words[: len(command)] == command and bool(places) and named


def named_files() -> Iterator[Named]:
    """Commands with the options, or arguments without a name, that take a path."""
    yield from _of(v2g_parser(), ["v2g"])
    yield from _of(role_parser(EVCC), ["evcc"])


def _of(
    parser: argparse.ArgumentParser, words: list[str]
) -> Iterator[tuple[list[str], Sequence[str]]]:
    if isinstance(parser, Parser):
        parser.complete()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from _of(inner, [*words, word])
        elif action.type is Path:
            yield words, action.option_strings


@pytest.mark.parametrize("words", [["--version"], ["exi", "decode", "80400040"]])
def test_an_output_that_takes_nothing_more_is_told_once(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "tools.cli", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "No space left on device; make room there, or name another place"
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
