"""``v2g completion``: every word of the three commands, for the shell that asks."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bsw.program.parser import Parser
from tools.cli import GROUPS, main
from tools.completion import PROGRAMS, SHELLS, grown, words_of

BASH = shutil.which("bash")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("shell", SHELLS)
def test_each_program_can_be_completed_in_each_shell(
    shell: str, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell, "--for", program]) == 0
    assert program in capsys.readouterr().out


@pytest.mark.skipif(BASH is None, reason="no bash here")
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("v2g be", {"bench"}),
        ("v2g bench ", {"run", "hardware", "faults"}),
        ("v2g bench run --ti", {"--timeout"}),
        ("v2g pki sh", {"show"}),
        ("v2g pki make --kind iso2", {"iso2", "iso20", "iso20-ed448"}),
    ],
)
def test_bash_completes_words_below_words(line: str, completed: set[str], tmp_path: Path) -> None:
    script = tmp_path / "v2g.bash"
    words = [sys.executable, "-m", "tools.cli", "completion", "bash"]
    script.write_bytes(subprocess.run(words, capture_output=True, check=True).stdout)
    typed = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in typed)
    code = (
        f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(typed) - 1}; "
        "f=$(complete -p v2g | sed 's/.*-F //; s/ .*//'); COMPREPLY=(); $f; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert BASH is not None
    ended = subprocess.run([BASH, "-c", code], capture_output=True, text=True, check=False)
    assert completed <= set(ended.stdout.split()), ended.stdout + ended.stderr


def test_without_shtab_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "pip install 'pilotwire[completion]'" in capsys.readouterr().err


def test_nothing_is_left_out_because_it_is_loaded_late() -> None:
    whole = grown(words_of("v2g"))
    groups = next(action for action in whole._actions if action.dest == "group")
    assert isinstance(groups.choices, dict)
    assert set(groups.choices) == set(GROUPS)
    bare = [
        name
        for name, group in groups.choices.items()
        if isinstance(group, Parser) and len(group._actions) < 2
    ]
    assert bare == []
