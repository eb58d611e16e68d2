"""Every command can say what it does, and start-up imports only what it needs."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.tidy.tree import ROOT
from tools.cli import GROUPS


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
        " and name not in ('bsw', 'bsw.cli', 'bsw.parser')])"
    )
    assert output("-c", code).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_help_and_doctor_load_no_models(role: str) -> None:
    code = f"import sys, {role}.cli\nprint('pydantic' in sys.modules, 'yaml' in sys.modules)"
    assert output("-c", code).stdout.split() == ["False", "False"]
