"""Whole programs over a real token, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csm.drivers.module import Module
from csm.drivers.pkcs11 import Pkcs11Driver
from tests.csm.conftest import PIN

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]


def run(program: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", str(PROGRAMS / program), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize("behind", ["bare", "shim"])
def test_300_concurrent_jobs_from_three_tasks_give_300_right_results(
    token: Pkcs11Driver, token_module: Module, request: pytest.FixtureRequest, behind: str
) -> None:
    """Behind the shim, two threads inside the library at once would abort the program."""
    path = token_module.path if behind == "bare" else request.getfixturevalue("shim")
    counted = json.loads(run("three_hundred.py", str(path), "evcc", PIN.decode()))
    assert counted == {
        "right": {"sign": 100, "derive": 100, "mac": 100},
        "wrong": [],
        "beside": 100,
    }


def test_a_token_deleted_in_mid_session_is_named_and_becomes_a_fault(
    token: Pkcs11Driver, token_module: Module, tmp_path: Path
) -> None:
    folder = tmp_path / "softhsm" / "tokens"
    out = run("removal.py", str(token_module.path), "evcc", PIN.decode(), str(folder))
    said = json.loads(out)
    assert said[:2] == ["signed", "signed"]
    assert [word.split(":")[0] for word in said[2:]] == [
        "event CSM_TOKEN_REMOVED failed",
        "TokenRemoved",
        "now TokenRemoved",
    ]
