"""Configuration values that point at something: files and folders; and values never shown.

A file is named relative to the configuration file it stands in.  Where a secret is kept is for
``csm.config`` to say; here is only the mark that keeps a value out of every message.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer

from bsw.ecuc.quantities import FromText


@dataclass(frozen=True, slots=True)
class BesideItsFile:
    """Marks a path: relative to the file it was written in, not to where the ECU was started."""


HIDDEN: Final = "[hidden]"
"""What is shown instead of a value nobody may see."""


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
