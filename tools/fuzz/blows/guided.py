"""The process that atheris instruments: every input goes to ``tools.fuzz.blows.exi.attempt``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bsw.exi"]):
    from tools.fuzz.blows.exi import attempt, unpacked


def one(data: bytes) -> None:
    """One input of the fuzzer."""
    if data:
        attempt(*unpacked(data))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
