"""A north side as data: what may be called, what can be heard, and both done by name.

The lists, the argument types and the schema all come from the role's own classes; nothing is
written twice.  Transports (a local socket, later MQTT or REST) see only ``NorthSide``; arguments
come as JSON values and results leave as JSON values.
"""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic_core import to_jsonable_python

from bsw.ecuc.arguments import Problem
from bsw.north.command import CommandError, invalid
from bsw.north.variables import Variables

Heard = Callable[[str, Any], None]
"""Told of each variable: its name, its value as JSON."""


class UnknownCommand(CommandError):
    """There is no such command; says which ones come near it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means, in a line, and why it may do nothing here."""

    commands: Mapping[str, str]
    variables: Mapping[str, str]
    idle: Mapping[str, str] = field(default_factory=dict)


class NorthSide:
    """``owner`` has the commands as methods; ``variables`` is its table of variables."""

    def __init__(
        self, owner: object, commands: Sequence[str], variables: Variables, meaning: Meaning
    ) -> None:
        self._owner = owner
        self._commands = tuple(commands)
        self._variables = variables
        self._meaning = meaning
        self._models: dict[str, type[BaseModel]] = {}
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self._description: dict[str, Any] = {}

    @property
    def commands(self) -> tuple[str, ...]:
        return self._commands

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(self._variables.table)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Do it; the result as JSON.  Raises ``CommandError`` and then nothing has changed."""
        model = self._model(name)
        try:
            taken = model.model_validate_json(json.dumps(arguments), strict=True)
        except ValidationError as error:
            raise invalid(name, error) from None
        given = {key: getattr(taken, key) for key in taken.model_fields_set}
        result = getattr(self._owner, name)(**given)
        return to_jsonable_python(result, exclude_none=True)

    def last(self, name: str) -> tuple[bool, Any]:
        """Whether the variable was ever published, and its last value as JSON."""
        told = self._variables.told(name)
        return told, self._as_json(name, self._variables.last(name)) if told else None

    def listen(self, wanted: Callable[[str], bool], heard: Heard) -> None:
        """Hear the variables that are ``wanted`` when they are published; asked each time."""

        def one(name: str) -> None:
            def tell(value: object) -> None:
                if wanted(name):
                    heard(name, self._as_json(name, value))

            self._variables.subscribe(name, tell)

        for name in self._variables.table:
            one(name)

    def knows(self, name: str) -> bool:
        return name in self._variables.table

    def near(self, name: str) -> str:
        """Variables that are spelled nearly so, for a message."""
        return _near(name, self.variables)

    def describe(self) -> dict[str, object]:
        """All names with their JSON schema and a line of explanation; made once."""
        self._description = self._description or self._described()
        return self._description

    def _described(self) -> dict[str, object]:
        meaning = self._meaning
        commands = {}
        for name in self._commands:
            result = get_type_hints(getattr(self._owner, name))["return"]
            commands[name] = {
                **_about(meaning.commands[name], meaning.idle.get(name)),
                "arguments": self._model(name).model_json_schema(),
                "result": _schema(TypeAdapter(result)),
            }
        variables = {
            name: {
                **_about(meaning.variables[name], meaning.idle.get(name)),
                "value": _schema(self._adapter(name), "serialization"),
            }
            for name in self._variables.table
        }
        return {
            "interface": self._variables.interface,
            "commands": commands,
            "variables": variables,
        }

    def _model(self, name: str) -> type[BaseModel]:
        """The arguments of a command as a model, made when first asked for."""
        if name not in self._commands:
            near = _near(name, self._commands)
            text = f"{name[:60]!r} is not a command of the {self._variables.interface} interface"
            raise UnknownCommand(text + near, (Problem("cmd", f"is not known{near}"),))
        if name not in self._models:
            self._models[name] = _arguments(name, getattr(self._owner, name))
        return self._models[name]

    def _adapter(self, name: str) -> TypeAdapter[Any]:
        if name not in self._adapters:
            kind = self._variables.table[name]
            self._adapters[name] = TypeAdapter(type(None) if kind is None else kind)
        return self._adapters[name]

    def _as_json(self, name: str, value: object) -> object:
        return self._adapter(name).dump_python(value, mode="json", exclude_none=True)


def _schema(
    adapter: TypeAdapter[object], mode: Literal["validation", "serialization"] = "validation"
) -> dict[str, object]:
    """Of a type that may not be built yet: where building is put off, an adapter that has only
    written values may hold a stand-in for its schema and not notice.
    """
    adapter.rebuild(force=True)
    return adapter.json_schema(mode=mode)


def _arguments(name: str, method: Callable[..., object]) -> type[BaseModel]:
    hints = get_type_hints(method, include_extras=True)
    fields: dict[str, Any] = {
        key: (hints[key], ... if one.default is inspect.Parameter.empty else one.default)
        for key, one in inspect.signature(method).parameters.items()
    }
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(name, __config__=config, **fields)


def _about(meaning: str, idle: str | None) -> dict[str, str]:
    return {"meaning": meaning} if idle is None else {"meaning": meaning, "idle": idle}


def _near(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    found = get_close_matches(name[:60], known, n=2)
    return f"; did you mean {' or '.join(found)}?" if found else "; ask for the list"
