"""Payloads made from schemas by a seed: right ones, and ones with one thing wrong.

Reads the schema files itself, so that it cannot share a mistake with the types under test.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from ocpp.versions import Version

FOLDER = Path(__file__).parents[2] / "ocpp" / "schemas"
FILES = sorted(FOLDER.glob("*/*.json"))
Json = Any


def version_of(path: Path) -> Version:
    return Version("ocpp" + path.parent.name)


def schema_of(path: Path) -> dict[str, object]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


class Maker:
    """Makes values that fit."""

    def __init__(self, schema: dict[str, Any], seed: object) -> None:
        self._definitions = schema.get("definitions", {})
        self._schema = schema
        self._random = Random(str(seed))

    def payload(self, *, fullness: float) -> Json:
        return self._value(self._schema, fullness)

    def _value(self, schema: dict[str, Any], fullness: float) -> Json:
        if "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema, fullness)
            case "array":
                return self._array(schema, fullness)
            case kind:
                return self._plain(kind, schema)

    def _plain(self, kind: str | None, schema: dict[str, Any]) -> Json:
        low = int(schema.get("minimum", -5))
        makers: dict[str | None, Callable[[], Json]] = {
            "string": lambda: self._string(schema),
            "integer": lambda: self._random.randint(low, int(schema.get("maximum", low + 9e5))),
            "number": lambda: self._number(schema),
            "boolean": lambda: self._random.random() < 0.5,
            None: lambda: self._random.choice(["text", 1.5, None, {"a": [1]}, []]),
        }
        return makers[kind]()

    def _array(self, schema: dict[str, Any], fullness: float) -> Json:
        low = schema.get("minItems", 0)
        count = self._random.randint(low, min(schema.get("maxItems", low + 2), low + 2))
        return [self._value(schema["items"], fullness) for _ in range(count)]

    def _object(self, schema: dict[str, Any], fullness: float) -> Json:
        required = schema.get("required", ())
        made = {
            key: self._value(each, fullness)
            for key, each in schema.get("properties", {}).items()
            if key in required or self._random.random() < fullness
        }
        if not schema.get("additionalProperties", True) or self._random.random() < 0.5:
            return made
        return {**made, "vendorsOwn": {"deep": [1, None, 2.5]}}

    def _string(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "date-time":
            r = self._random
            clock = f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"
            zone = r.choice(["Z", "+02:00", "-09:30", ".5Z", ".123456+00:00"])
            return (
                f"20{r.randint(20, 40)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{clock}{zone}"
            )
        if schema.get("format") == "uri":
            return self._random.choice(["ftp://a.b/c", "https://x:1/y?z=1#q", "urn:a:b"])
        longest = schema.get("maxLength", 40)
        length = self._random.choice([0, 1, min(longest, 7), longest])
        return "".join(self._random.choices('aZ9 -"\\ü漢😀\n', k=length))

    def _number(self, schema: dict[str, Any]) -> float | int:
        if "multipleOf" in schema:
            return self._random.randint(-300, 3000) / 10
        low = schema.get("minimum", -100.0)
        return self._random.choice([self._random.uniform(low, low + 90), int(low) + 1])


def right(path: Path, count: int) -> Iterator[Json]:
    schema = schema_of(path)
    for number in range(count):
        maker = Maker(schema, (path.parent.name, path.stem, number))
        yield maker.payload(fullness=(0.0, 1.0, 0.5, 0.3)[number % 4])


WORTH: list[Json] = [
    None, True, 0, -1, 1.0, 2.5, 1e30, "", "text", "x" * 20_000, [], [1], {}, {"vendorId": "v"},
    "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z",
]  # fmt: skip


def altered(payload: Json, seed: object) -> Json:
    """One place changed: taken away, added to, or given another value."""
    random = Random(str(seed))
    changed = copy.deepcopy(payload)
    places = list(_places(changed))
    holder, key = random.choice(places) if places else (changed, None)
    how = random.randrange(4)
    if key is None or how == 0:
        if isinstance(holder, dict):
            holder["strange" if random.random() < 0.9 else "customData"] = random.choice(WORTH)
        else:
            holder.append(random.choice(WORTH))
    elif how == 1 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = random.choice(WORTH)
    return changed


def _places(value: Json) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield value, key
            yield from _places(each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield value, index
            yield from _places(each)
