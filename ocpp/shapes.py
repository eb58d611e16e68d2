"""Message types made from JSON schemas: one ``msgspec`` struct for each object.

A struct has the fields under OCPP's own names (``idToken``, ``evseId``): what stands in the
document, in a log and in code is one word, and no table between them can be wrong.  A field that
is left out is ``UNSET``.  Owns the schema words that OCPP uses; another one is refused, so that
nothing is checked less than a new edition asks.
"""

import keyword
from collections.abc import Callable
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, Final, Literal, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ocpp.folder import Schema, SchemaUnusable, with_both_spellings

VENDOR_ID_AT_MOST: Final = 255
URI: Final = r"^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$"

_PROSE: Final = {
    "$id", "$schema", "comment", "default", "definitions", "description", "javaType", "title",
}  # fmt: skip
_UNDERSTOOD: Final = _PROSE | {
    "$ref", "additionalItems", "additionalProperties", "enum", "format", "items", "maxItems",
    "maxLength", "maximum", "minItems", "minimum", "multipleOf", "properties", "required", "type",
}  # fmt: skip


_defstruct: Any = msgspec.defstruct  # its types describe what is written by hand


class CustomData(dict[str, Any]):
    """A vendor's own data.  Kept whole; only ``vendorId`` is known."""


class Tenths(float):
    """A number with at most one decimal."""


def decode_special(wanted: type, value: object) -> object:
    """For ``msgspec``: the two types that it does not know."""
    if wanted is CustomData:
        return _custom_data(value)
    assert wanted is Tenths
    return _tenths(value)


def encode_special(value: object) -> object:
    if isinstance(value, Tenths):
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _custom_data(value: object) -> CustomData:
    if not isinstance(value, dict):
        raise ValueError("Expected `object`")  # noqa: TRY004 - msgspec adds the place to this one
    if "vendorId" not in value:
        raise ValueError("Object missing required field `vendorId`")
    vendor = value["vendorId"]
    if not isinstance(vendor, str):
        raise ValueError("Expected `str` for `vendorId`")  # noqa: TRY004 - as above
    if len(vendor) > VENDOR_ID_AT_MOST:
        raise ValueError(f"Expected `str` of length <= {VENDOR_ID_AT_MOST} for `vendorId`")
    return CustomData(value)


def _tenths(value: object) -> Tenths:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Expected `float`")  # noqa: TRY004 - as above
    if abs(value * 10 - round(value * 10)) > 1e-6 * max(1.0, abs(value)):
        raise ValueError("Expected a multiple of 0.1")
    return Tenths(value)


class ShapeBuilder:
    """Builds the types of one schema file."""

    def __init__(self, name: str, schema: Schema) -> None:
        self._name = name
        self._definitions: dict[str, Schema] = schema.get("definitions", {})
        self._built: dict[str, Any] = {}
        self._building: set[str] = set()
        self._schema = schema

    def build(self) -> type[msgspec.Struct]:
        made = self._type(self._schema, self._name)
        if not (isinstance(made, type) and issubclass(made, msgspec.Struct)):
            raise SchemaUnusable(f"{self._name}: a message is an object with named fields")
        return made

    def _type(self, schema: Schema, name: str) -> object:
        strange = set(schema) - _UNDERSTOOD
        if strange:
            raise SchemaUnusable(f"{name}: does not know the schema word {min(strange)!r}")
        if "$ref" in schema:
            return self._referred(schema["$ref"], name)
        if "enum" in schema:
            return Literal[tuple(with_both_spellings(schema["enum"]))]
        kinds: dict[str | None, Callable[[Schema, str], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": _string,
            "integer": _integer,
            "number": _number,
            "boolean": lambda _schema, _name: bool,
            None: lambda _schema, _name: Any,  # DataTransfer's data may be anything
        }
        kind = schema.get("type")
        if kind not in kinds:
            raise SchemaUnusable(f"{name}: does not know the type {kind!r}")
        return kinds[kind](schema, name)

    def _referred(self, reference: str, name: str) -> object:
        target = reference.removeprefix("#/definitions/")
        if target not in self._definitions:
            raise SchemaUnusable(f"{name}: refers to {reference}, which is not there")
        if target in self._building:
            raise SchemaUnusable(f"{name}: {reference} contains itself")
        if target not in self._built:
            self._building.add(target)
            self._built[target] = self._type(self._definitions[target], target)
            self._building.discard(target)
        return self._built[target]

    def _object(self, schema: Schema, name: str) -> object:
        is_open = schema.get("additionalProperties", True) is not False
        if is_open and "vendorId" in schema.get("properties", {}):
            return CustomData
        if is_open and not schema.get("properties"):
            return dict[str, Any]
        required = set(schema.get("required", ()))
        return _defstruct(
            name,
            [self._field(key, each, key in required) for key, each in _properties(schema)],
            kw_only=True,
            forbid_unknown_fields=not is_open,
            gc=False,  # a message holds no message that holds it
            rename={f"{key}_": key for key, _ in _properties(schema) if keyword.iskeyword(key)},
        )

    def _field(self, key: str, schema: Schema, required: bool) -> object:  # noqa: FBT001 - one field
        name = f"{key}_" if keyword.iskeyword(key) else key
        made = self._type(schema, f"{key[:1].upper()}{key[1:]}")
        return (name, made) if required else (name, Union[made, UnsetType], UNSET)  # noqa: UP007 - made at run time

    def _array(self, schema: Schema, name: str) -> Any:  # noqa: ANN401 - a type to be
        items = schema.get("items", {})
        limits = _limits(schema, minItems="min_length", maxItems="max_length")
        made: Any = GenericAlias(list, (self._type(items, name),))
        return Annotated[made, Meta(**limits)] if limits else made


def _properties(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema.get("properties", {}).items())


def _limits(schema: Schema, **words: str) -> dict[str, Any]:
    return {ours: schema[theirs] for theirs, ours in words.items() if theirs in schema}


def _string(schema: Schema, name: str) -> Any:  # noqa: ANN401 - a type to be
    match schema.get("format"):
        case "date-time":
            return Annotated[datetime, Meta(tz=True)]
        case "uri":
            return Annotated[str, Meta(pattern=URI, **_limits(schema, maxLength="max_length"))]
        case None:
            limits = _limits(schema, maxLength="max_length")
            return Annotated[str, Meta(**limits)] if limits else str
        case other:
            raise SchemaUnusable(f"{name}: does not know the format {other!r}")


def _integer(schema: Schema, _name: str) -> Any:  # noqa: ANN401 - a type to be
    limits: dict[str, Any] = {
        key: int(at) for key, at in _limits(schema, minimum="ge", maximum="le").items()
    }
    return Annotated[int, Meta(**limits)] if limits else int


def _number(schema: Schema, name: str) -> Any:  # noqa: ANN401 - a type to be
    if "multipleOf" in schema:
        if schema["multipleOf"] != 0.1 or "minimum" in schema or "maximum" in schema:
            raise SchemaUnusable(f"{name}: knows multiples of 0.1 without limits only")
        return Tenths
    limits: dict[str, Any] = {
        key: float(at) for key, at in _limits(schema, minimum="ge", maximum="le").items()
    }
    return Annotated[float, Meta(**limits)] if limits else float
