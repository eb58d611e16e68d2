"""Every command can say what it does, and start-up imports only what it needs."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.tidy.tree import ROOT
from tools.cli import GROUPS, main


def output(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_tools_explains_itself(group: str) -> None:
    module, purpose = GROUPS[group]
    assert find_spec(module.rpartition(".")[0]) is not None
    ended = output("-m", "tools.cli", group, "--help")
    assert ended.returncode == 0, ended.stderr
    assert f"usage: v2g {group}" in ended.stdout
    assert purpose.split()[0] in ended.stdout


@pytest.mark.parametrize(
    ("words", "now"),
    [
        (["run", "--out", "x"], "v2g bench run"),
        (["vehicle", "run", "--plug"], "v2g bench hardware"),
        (["vehicle", "faults"], "v2g bench faults"),
        (["vehicle"], "v2g bench hardware"),
        (["bench", "whole", "rest"], "v2g measure whole rest"),
        (["bench", "--compare", "x.json"], "v2g measure --compare x.json"),
    ],
)
def test_an_old_word_is_answered_with_the_new_one(
    words: list[str], now: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"v2g: this is now {now}\n"


def test_a_word_below_a_group_is_loaded_when_it_is_named() -> None:
    code = (
        "import sys, tools.cli\n"
        "try:\n    tools.cli.main(['bench', 'run', '--help'])\nexcept SystemExit:\n    pass\n"
        "print('tools.bench.hardware.cli' in sys.modules, 'tools.bench.run.cli' in sys.modules)"
    )
    assert output("-c", code).stdout.splitlines()[-1] == "False True"


@pytest.mark.parametrize("role", ["evcc", "secc"])
@pytest.mark.parametrize("command", ["", "run", "check", "doctor"])
def test_a_role_explains_itself(role: str, command: str) -> None:
    ended = output("-m", f"{role}.cli", *([command] if command else []), "--help")
    assert ended.returncode == 0
    assert f"usage: {role}" in ended.stdout


def test_the_list_of_tools_loads_no_tool() -> None:
    code = (
        "import sys, tools.cli\n"
        "try:\n    tools.cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('bsw', 'csm', 'keym', 'pydantic', 'cryptography', 'scapy')"
        " and name not in ('bsw', 'bsw.program', 'bsw.program.cli', 'bsw.program.ending',"
        " 'bsw.program.parser')])"
    )
    assert output("-c", code).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_help_and_doctor_load_no_models(role: str) -> None:
    code = f"import sys, {role}.cli\nprint('pydantic' in sys.modules, 'yaml' in sys.modules)"
    assert output("-c", code).stdout.split() == ["False", "False"]
