"""``evcc`` and ``secc`` on the command line: broken configurations end with one clear message."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evcc.cli import main as evcc
from secc.cli import main as secc

ROOT = Path(__file__).parents[2]


def make(text: str | bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "c.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def folder_with_loop(folder: Path) -> Path:
    (folder / "a.yaml").write_text("include: b.yaml\n")
    (folder / "b.yaml").write_text("include: a.yaml\n")
    return folder / "a.yaml"


def link_to_itself(folder: Path) -> Path:
    (folder / "c.yaml").symlink_to(folder / "c.yaml")
    return folder / "c.yaml"


def wrong_suffix(folder: Path) -> Path:
    (folder / "c.toml").write_text("log = 1\n")
    return folder / "c.toml"


@dataclass(frozen=True)
class Kind:
    name: str
    path: Callable[[Path], Path]
    said: str


def bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for last, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join(['*' + last] * 10)}]")
    return "\n".join(lines)


KINDS = [
    Kind("missing file", lambda f: f / "none.yaml", "none.yaml: no such file"),
    Kind("folder", lambda f: f, "this is a folder; name a YAML file"),
    Kind("device", lambda _f: Path("/dev/zero"), "/dev/zero: this is no regular file"),
    Kind("name too long", lambda f: f / ("x" * 300 + ".yaml"), "cannot be read: File name too"),
    Kind("link to itself", link_to_itself, "c.yaml: cannot be read: Too many levels"),
    Kind("wrong suffix", wrong_suffix, "c.toml: no configuration by its suffix; known: .yaml"),
    Kind("empty", make(""), "c.yaml: the file is empty; leave it out to run the defaults"),
    Kind("only comments", make("# nothing\n"), "the file is empty"),
    Kind("only null", make("~\n"), "the file is empty"),
    Kind("not UTF-8", make(b"log:\n  level: \xff\n"), ":2:10: octet 0xFF is not UTF-8"),
    Kind("UTF-16", make("log: {}".encode("utf-16")), ":1:1: octet 0xFF is not UTF-8"),
    Kind("binary", make(bytes(range(128))), "a control character cannot stand in YAML"),
    Kind("control", make("log:\n  level: \x07\n"), ":2:10: not valid YAML: a control character"),
    Kind("tab", make("log:\n\tlevel: info\n"), ":2:1: not valid YAML: this character cannot"),
    Kind("prose", make("level info\nis what I want\n"), ":1:1: keys with values are wanted here"),
    Kind("a list", make("- a\n- b\n"), ":1:1: keys with values are wanted here"),
    Kind("open quote", make("log: {level: 'info}\n"), "a quote is opened and not closed"),
    Kind("open list", make("log: [a, b\nx: 1\n"), "not valid YAML: a list that was opened with ["),
    Kind("open table", make("log: {a: b\nx\n"), "not valid YAML: a table that was opened with {"),
    Kind("indentation", make("log:\n   form: text\n  level: info\n"), ":3:3: not valid YAML: the"),
    Kind("second colon", make("log: level: info\n"), ":1:11: not valid YAML: a second ': '"),
    Kind("key only", make("log: {}\nlevel\n"), "not valid YAML: a key without ': ' after it"),
    Kind("key twice", make("log: {}\nos: {}\nlog: {}\n"), ":3:1: key 'log' stands in line 1"),
    Kind("two documents", make("log: {}\n---\nos: {}\n"), ":2:1: a second document begins here"),
    Kind("list as key", make("? [a, b]\n: 1\n"), ":1:3: a key must be one word"),
    Kind("merge key", make("a: &a {}\nlog: {<<: *a}\n"), ":2:7: merge keys (<<) are not read"),
    Kind("no anchor", make("log: *none\n"), ":1:6: *none refers to nothing that stands above"),
    Kind("alias in itself", make("log: &a {level: *a}\n"), "*a stands within itself and would"),
    Kind("alias bomb", make(bomb()), "more than 50000 values, aliases written out"),
    Kind("python tag", make("log: !!python/object:os.system x\n"), "is not read; write the plain"),
    Kind("too deep", make("[" * 40 + "]" * 40), "nested too deeply: at most 32 levels"),
    Kind("very deep", make("[" * 200_000), "nested too deeply: at most 32 levels"),
    Kind("huge", make("x: " + "y" * (1 << 20)), "too large: 1048579 octets, at most 1048576"),
    Kind("many", make("log: [" + "a, " * 60_000 + "]"), "more than 50000 values"),
    Kind("includes itself", folder_with_loop, "a.yaml includes itself"),
    Kind("includes nothing", make("include: x.yaml\n"), ":1:10: include: "),
    Kind("includes a table", make("include: {a: b}\n"), ":1:10: include: a list of file names"),
    Kind("unknown key", make("log: {lvl: info}\n"), ":1:7: log.lvl: unknown key; did you mean"),
    Kind("unknown room", make("logs: {}\n"), ":1:1: logs: unknown key; did you mean 'log'?"),
    Kind("wrong type", make("os: {lock_memory: maybe}\n"), ":1:19: os.lock_memory: true or false"),
    Kind("no unit", make("os: {stop_within: 5}\n"), "os.stop_within: 5 has no unit; known: ns"),
    Kind("wrong unit", make("os: {stop_within: 5 V}\n"), "os.stop_within: 'V' is no unit of dur"),
    Kind("out of range", make("os: {stop_within: 1 h}\n"), "1 h is not between"),
    Kind("too large", make("os: {fifo_priority: 100}\n"), "'100' is too large: at most 99"),
    Kind("no choice", make("log: {level: inf}\n"), "'inf' is no choice, did you mean 'info'?"),
    Kind("list for a table", make("log: []\n"), ":1:6: log: keys with values are wanted, not a"),
    Kind("table for a word", make("log: {form: {a: b}}\n"), "log.form: keys with values is no"),
]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_broken_configuration_gives_one_message_and_status_2(
    kind: Kind, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kind.path(tmp_path)
    for role in (evcc, secc):
        assert role([command, "-c", str(path)]) == 2
        captured = capsys.readouterr()
        head, *said = captured.err.splitlines()
        assert head.endswith("the configuration cannot be used")
        assert len(said) == 1
        assert kind.said in said[0]
        assert captured.out == ""


def test_a_setting_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert evcc(["check", "--set", "log.level"]) == 2
    assert "--set log.level: no KEY=VALUE" in capsys.readouterr().err


def test_a_wrong_command_is_refused_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        evcc(["charge"])
    assert ended.value.code == 2
    assert "usage: evcc" in capsys.readouterr().err


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_the_process_itself_says_it_without_a_traceback(role: str, tmp_path: Path) -> None:
    path = make("log: {level: loud}\nos: {stop_within: 5}\n")(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", f"{role}.cli", "check", "-c", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count(str(path)) == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("role", [evcc, secc])
def test_what_check_prints_can_be_checked_again(
    role: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make("log: {level: debug, levels: {slac: error}}\nos: {stop_within: 1500 ms}\n")(
        tmp_path
    )
    assert role(["check", "-c", str(path), "--set", "trace.file=null"]) == 0
    printed = capsys.readouterr().out
    assert f"  stop_within: 1500 ms  # {path}:2\n" in printed
    assert f"  level: debug  # {path}:1\n" in printed
    assert "  file: null  # --set trace.file\n" in printed
    again = tmp_path / "again.yaml"
    again.write_text(printed)
    assert role(["check", "-c", str(again)]) == 0
    strip = [line.partition("  #")[0] for line in printed.splitlines()[1:]]
    assert [line.partition("  #")[0] for line in capsys.readouterr().out.splitlines()[1:]] == strip


@pytest.mark.parametrize("role", [evcc, secc])
def test_the_defaults_need_no_file(
    role: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert role(["check"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "os:"


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_the_shipped_file_is_the_defaults(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = {"evcc": evcc, "secc": secc}[role]
    assert main(["check"]) == 0
    defaults = capsys.readouterr().out.splitlines()[1:]
    assert main(["check", "-c", str(ROOT / "config" / f"{role}.yaml")]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == defaults


def test_a_trace_that_cannot_be_written_is_said_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert evcc(["run", "--set", f"trace.file={tmp_path}/file/x.jsonl"]) == 1
    assert "set trace.file to a place this user may write" in capsys.readouterr().err


def test_a_secret_in_the_clear_is_checked_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make('csm: {software: {unlock: {dangerously_in_clear: "hunter2"}}}\n')(tmp_path)
    assert evcc(["check", "-c", str(path)]) == 0
    captured = capsys.readouterr()
    assert 'dangerously_in_clear: "[hidden]"' in captured.out
    assert "hunter2" not in captured.out + captured.err
