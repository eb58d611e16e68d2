"""Every schema gives a type; types agree with another validator; values survive the way."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import jsonschema_rs
import pytest

from ocpp.catalogue import Catalogue, Refused
from ocpp.folder import Kind, SchemaFolder, SchemaUnusable, shipped, shipped_folder
from ocpp.versions import Version
from tests.ocpp.payloads import FILES, Json, altered, right, schema_of, version_of

STRICT = {version: Catalogue(version, strict=True) for version in Version}
COUNTS = {Version.V16: 39, Version.V201: 64, Version.V21: 91}


def purpose(path: Path) -> tuple[str, Kind]:
    for kind in Kind:
        if path.stem.endswith(kind.value):
            return path.stem.removesuffix(kind.value), kind
    return path.stem, Kind.REQUEST


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("version", Version)
def test_all_messages_of_a_version_are_there(version: Version) -> None:
    assert len(shipped(version).actions) == COUNTS[version]


PUBLISHED = {
    Version.V16: "ec54d70be5312de00f76e0d977b16e5721346a9509643aa1b8f44a0abbbbfcfc",
    Version.V201: "c4a9f9a7cb5f822a7fc14f0857971200eb84bb739ca4bba09309f7e785ea5602",
    Version.V21: "576da4ad321efd49c63e02799347c08ad1a5448bc9aa920d48679a8de8cd8663",
}
"""Over the names and octets of a version's files."""


@pytest.mark.parametrize("version", Version)
def test_the_schemas_are_octet_for_octet_as_published(version: Version) -> None:
    digest = hashlib.sha256()
    for path in sorted(shipped_folder(version).glob("*.json")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == PUBLISHED[version], "repairs belong in the loader"


def test_only_the_event_stream_has_no_answer() -> None:
    sends = {
        (version, action)
        for version, catalogue in STRICT.items()
        for action in catalogue.schemas.actions
        if catalogue.is_send(action)
    }
    assert sends == {(Version.V21, "NotifyPeriodicEventStream")}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_message_survives_the_way_there_and_back(path: Path) -> None:
    catalogue = STRICT[version_of(path)]
    for payload in right(path, 8):
        octets = json.dumps(payload).encode()
        message = catalogue.decode(*purpose(path), octets).message
        again = catalogue.encode(*purpose(path), message)
        assert catalogue.decode(*purpose(path), again).message == message
        assert same(json.loads(again), payload)
        assert json.loads(catalogue.encode(*purpose(path), payload)) == payload


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_types_agree_with_another_validator(path: Path) -> None:
    catalogue = STRICT[version_of(path)]
    other = jsonschema_rs.validator_for(schema_of(path), validate_formats=True)
    for number, payload in enumerate(right(path, 40)):
        seed = (path.parent.name, path.stem, number)
        tried = whole(payload if number < 4 else altered(payload, seed))
        assert accepts(catalogue, purpose(path), tried) == other.is_valid(tried), tried


@pytest.mark.parametrize("path", FILES, ids=named)
def test_what_we_send_satisfies_the_other_validator(path: Path) -> None:
    catalogue = STRICT[version_of(path)]
    other = jsonschema_rs.validator_for(schema_of(path), validate_formats=True)
    for payload in right(path, 8):
        assert other.is_valid(json.loads(catalogue.encode(*purpose(path), payload)))


def accepts(catalogue: Catalogue, what: tuple[str, Kind], payload: object) -> bool:
    octets = json.dumps(payload).encode()
    try:
        catalogue.decode(*what, octets)
    except Refused:
        return False
    return True


def whole(value: Json) -> Json:
    """``1.0`` is an integer to the one and none to the other; the tolerances have a test."""
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def same(one: Json, other: Json) -> bool:
    """Equal as JSON, a date-time by the instant it names."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (
        isinstance(one, str) and isinstance(other, str) and instant(one) == instant(other)
    )


def instant(text: str) -> datetime:
    head, sign, zone = text.replace("Z", "+00:00").replace("T", " ").rpartition(text[-6:-5])
    if text.endswith("Z"):
        head, sign, zone = text[:-1], "+", "00:00"
    if "." in head:
        seconds, _, fraction = head.partition(".")
        head = f"{seconds}.{fraction:0<6}"
    return datetime.fromisoformat(f"{head.replace('T', ' ')}{sign}{zone}")


def test_another_edition_replaces_the_schemas_by_its_folder(tmp_path: Path) -> None:
    heartbeat = shipped(Version.V21).file("Heartbeat", Kind.REQUEST)
    schema = {**schema_of(heartbeat), "comment": "OCPP 2.1 Edition 2 (c) OCA"}
    schema["properties"] = {"pulse": {"type": "integer", "minimum": 30}}
    (tmp_path / "HeartbeatRequest.json").write_text(json.dumps(schema))
    catalogue = Catalogue(Version.V21, tmp_path)
    assert catalogue.schemas.edition == "OCPP 2.1 Edition 2"
    assert catalogue.decode("Heartbeat", Kind.REQUEST, b'{"pulse":60}').message.pulse == 60
    assert not catalogue.knows("BootNotification")


def test_the_folders_say_their_edition() -> None:
    assert [SchemaFolder(version).edition for version in Version] == [
        "OCPP 1.6",
        "OCPP 2.0.1 FINAL",
        "OCPP 2.1 Edition 1",
    ]


ITSELF = (
    '{"definitions":{"B":{"type":"array","items":{"$ref":"#/definitions/B"}}},'
    '"type":"object","properties":{"a":{"$ref":"#/definitions/B"}}}'
)


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ("[]", "not a schema"),
        ("{", "put the published file there"),
        ('{"type":"object","patternProperties":{}}', "'patternProperties'"),
        (
            '{"type":"object","properties":{"a":{"type":"date"}},"additionalProperties":false}',
            "'date'",
        ),
        ('{"type":"object","properties":{"a":{"type":"string","format":"ipv4"}}}', "'ipv4'"),
        ('{"type":"object","properties":{"a":{"$ref":"#/definitions/B"}}}', "not there"),
        (
            ITSELF,
            "contains itself",
        ),
        ('{"type":"string"}', "a message is an object"),
    ],
)
def test_a_schema_that_cannot_be_kept_wholly_is_refused(
    schema: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "HeartbeatRequest.json").write_text(schema)
    with pytest.raises(SchemaUnusable, match=complaint):
        Catalogue(Version.V21, tmp_path).type_of("Heartbeat", Kind.REQUEST)


def test_an_empty_folder_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SchemaUnusable, match="leave it out"):
        Catalogue(Version.V21, tmp_path)


def test_a_field_may_have_a_name_that_python_keeps_for_itself(tmp_path: Path) -> None:
    schema = (
        '{"type":"object","properties":{"from":{"type":"integer"}},"additionalProperties":false}'
    )
    (tmp_path / "HeartbeatRequest.json").write_text(schema)
    catalogue = Catalogue(Version.V21, tmp_path)
    assert catalogue.decode("Heartbeat", Kind.REQUEST, b'{"from":1}').message.from_ == 1
    assert catalogue.encode("Heartbeat", Kind.REQUEST, {"from": 1}) == b'{"from":1}'
