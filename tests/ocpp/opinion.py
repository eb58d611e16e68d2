"""A second opinion on every message we send: another validator reads it before it goes out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from ocpp.catalogue import Catalogue, Message
from ocpp.folder import Kind, shipped
from ocpp.versions import Version


@cache
def validator(version: Version, action: str, kind: Kind) -> Any:  # noqa: ANN401 - has no name of its own
    schema = shipped(version).read(action, kind)
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def check(version: Version, action: str, kind: Kind, payload: bytes) -> None:
    errors = validator(version, action, kind).iter_errors(msgspec.json.decode(payload))
    assert not [str(error) for error in errors], f"{version.number} {action} {kind.value}"


@contextmanager
def watched() -> Iterator[list[int]]:
    """While this holds, whatever is written by the shipped schemas is shown to it; how often."""
    seen = [0]
    plain = Catalogue.encode

    def encode(
        self: Catalogue, action: str, kind: Kind, fields: "Mapping[str, object] | Message"
    ) -> bytes:
        octets = plain(self, action, kind, fields)
        if self.schemas is shipped(self.version):
            check(self.version, action, kind, octets)
            seen[0] += 1
        return octets

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Catalogue, "encode", encode)
        yield seen
