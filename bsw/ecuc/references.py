"""Configuration values that point at something: files, folders, and where a secret is kept.

A file is named relative to the configuration file it stands in.  A secret itself never stands
in a configuration: only the place it is read from when it is needed.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer

from bsw.ecuc.quantities import FromText, from_file

_LONGEST_SECRET = 4096
_PLACE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")


@dataclass(frozen=True, slots=True)
class BesideItsFile:
    """Marks a path: relative to the file it was written in, not to where the ECU was started."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Marks a value that is never shown, not even to say that it is wrong."""


def _a_file(path: Path) -> Path:
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder, a file is wanted")
    if not path.exists():
        raise ValueError(f"there is no file {str(path)!r}")
    return path


def _a_folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {str(path)!r}")
    return path


_AS_TEXT = PlainSerializer(str, when_used="json")

ExistingFile = Annotated[
    Path, FromText(), BesideItsFile(), AfterValidator(_a_file), _AS_TEXT, Field(examples=["a.dbc"])
]
ExistingFolder = Annotated[
    Path, FromText(), BesideItsFile(), AfterValidator(_a_folder), _AS_TEXT, Field(examples=["pki"])
]
NewPath = Annotated[
    Path, FromText(), BesideItsFile(), _AS_TEXT, Field(examples=["run/evcc.trace.jsonl"])
]
"""A file or folder the ECU makes itself."""


def _read_place(text: object) -> str:
    if not isinstance(text, str) or not _PLACE.fullmatch(text):
        raise ValueError("a secret does not stand in a configuration; name the place it is kept")
    return text


SecretPlace = Annotated[
    str, FromText(), Hidden(), from_file(_read_place), Field(examples=["env:PILOTWIRE_TOKEN_PIN"])
]


class SecretMissing(Exception):
    """The place a secret should be read from has none."""


def reveal(place: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret kept at ``env:NAME`` or in the first line of ``file:PATH``."""
    kind, _, name = place.partition(":")
    if kind == "env":
        if not environment.get(name):
            raise SecretMissing(f"environment variable {name} is not set")
        return environment[name]
    try:
        with Path(name).open(encoding="utf-8") as file:
            lines = file.read(_LONGEST_SECRET).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretMissing(f"{name} cannot be read: {error}") from None
    if not lines or not lines[0]:
        raise SecretMissing(f"{name} is empty; its first line is the secret")
    return lines[0]
