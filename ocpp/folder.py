"""A folder of OCPP's JSON schemas: the one that comes with the code, or another edition's.

The files are the Open Charge Alliance's and lie here octet for octet as published; what has to be
mended is mended in memory, by the table of repairs below.  Knows no message by name.
"""

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from ocpp.versions import Version

Schema = dict[str, Any]


class SchemaUnusable(Exception):
    """A schema cannot be used; says which and what to do."""


class Kind(Enum):
    """Which way a payload goes: with a call (or a message without answer), or with the answer."""

    REQUEST = "Request"
    RESPONSE = "Response"


SPELLINGS: Final[Mapping[str, str]] = {
    "IdleTIme": "IdleTime",  # 2.1 edition 1 has the first, the document's text the second
    "Celcius": "Celsius",  # 1.6 first had the one, errata have the other
}
"""Values that are also right in another spelling, each way round."""


def with_both_spellings(values: list[str]) -> list[str]:
    """An enumeration that takes either spelling where one of the two is listed."""
    found = list(values)
    for one, other in SPELLINGS.items():
        if one in found and other not in found:
            found.append(other)
        elif other in found and one not in found:
            found.append(one)
    return found


def shipped_folder(version: Version) -> Path:
    return Path(__file__).parent / "schemas" / version.number


class SchemaFolder:
    """The files of one edition, found when made, read when asked for."""

    def __init__(self, version: Version, path: Path | None = None) -> None:
        self.version = version
        self.path = path if path is not None else shipped_folder(version)
        self._files = dict(self._find())
        if not self._files:
            raise SchemaUnusable(
                f"{self.path} holds no JSON schema; name the folder with the files of OCPP "
                f"{version.number}, or leave it out for those that come with the program"
            )

    def _find(self) -> list[tuple[tuple[str, Kind], Path]]:
        return [(_purpose(path.stem), path) for path in sorted(self.path.glob("*.json"))]

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that can be called or sent, in alphabetical order."""
        return tuple(sorted({action for action, kind in self._files if kind is Kind.REQUEST}))

    def knows(self, action: str, kind: Kind = Kind.REQUEST) -> bool:
        return (action, kind) in self._files

    def file(self, action: str, kind: Kind) -> Path:
        return self._files[action, kind]

    def read(self, action: str, kind: Kind) -> Schema:
        return read_schema(self.file(action, kind))

    @property
    def edition(self) -> str:
        """What the files say of themselves: ``OCPP 2.1 Edition 1``."""
        action, kind = next(iter(self._files))
        said = self.read(action, kind).get("comment", "")
        return said.partition(" (c)")[0] if said else f"OCPP {self.version.number}"


@cache
def shipped(version: Version) -> SchemaFolder:
    """The folder that comes with the code, looked for once."""
    return SchemaFolder(version)


def read_schema(path: Path) -> Schema:
    try:
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SchemaUnusable(f"{path}: {error}; put the published file there") from None
    if not isinstance(schema, dict):
        raise SchemaUnusable(f"{path}: not a schema; put the published file there")
    return schema


def _purpose(stem: str) -> tuple[str, Kind]:
    """1.6 calls a request ``Authorize``, 2.x ``AuthorizeRequest``; a SEND has no ending either."""
    for kind in Kind:
        if stem.endswith(kind.value):
            return stem.removesuffix(kind.value), kind
    return stem, Kind.REQUEST
