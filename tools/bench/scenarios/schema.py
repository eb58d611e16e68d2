"""``v2g bench schema``: what an editor needs to complete and check a scenario while one types."""

import argparse
import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from tools.bench.scenarios.model import Scenario

SCHEMA: Final = "scenario.schema.json"
"""Beside a scenario, as the first line of each shipped one names it."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class EditorSchema(GenerateJsonSchema):
    """Values of a form of their own, quantities and orders, are text with an example."""

    def function_plain_schema(
        self, schema: core_schema.PlainValidatorFunctionSchema
    ) -> dict[str, object]:
        del schema  # a function is no description
        return {"type": "string"}


def schema() -> dict[str, Any]:
    made = Scenario.model_json_schema(schema_generator=EditorSchema, mode="validation")
    return {"$schema": DIALECT, **_spelled(made), "title": "A scenario of v2g bench"}


def _spelled(made: Any) -> Any:  # noqa: ANN401 - JSON
    """Without defaults that are numbers where a file has text, or values of ours."""
    if isinstance(made, list):
        return [_spelled(one) for one in made]
    if not isinstance(made, dict):
        return made
    kept = made
    if made.get("type") == "string" and not isinstance(made.get("default", ""), str):
        kept = {name: value for name, value in made.items() if name != "default"}
    return {name: _spelled(value) for name, value in kept.items()}


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Write it to a file and name it in a scenario's first line: "
        "# yaml-language-server: $schema=scenario.schema.json"
    )


def run(_arguments: argparse.Namespace) -> int:
    print(document(), end="")
    return 0


def document() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
