"""Options of the ``v2g slac`` commands that become a ``SlacConfig``."""

import argparse
from enum import Enum
from typing import Any

import yaml
from pydantic import ValidationError

from bsw.slac.config import SlacConfig
from bsw.slac.frames.dialects import wrong_dialect


class BadSetting(ValueError):
    """What the user typed, and what is wrong with it."""


def add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        choices=("field", "conformance"),
        default="field",
        help="field: tolerant as the street needs; conformance: the norm to the letter",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one setting, e.g. timing.tt_match_join=20000 or modem.dialect=generic (repeatable)",
    )


def settings(arguments: argparse.Namespace) -> SlacConfig:
    base = SlacConfig.field() if arguments.profile == "field" else SlacConfig.conformance()
    tree: dict[str, Any] = base.model_dump()
    for assignment in arguments.set:
        _assign(tree, assignment)
    try:
        config = SlacConfig.model_validate(tree)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise BadSetting("; ".join(lines)) from None
    wrong = wrong_dialect(config.modem)
    if wrong:
        raise BadSetting(f"modem.dialect: {wrong}")
    return config


def _assign(tree: dict[str, Any], assignment: str) -> None:
    path, equals, text = assignment.partition("=")
    room, dot, name = path.partition(".")
    if not (equals and dot):
        raise BadSetting(f"--set {assignment}: write it as room.name=value")
    if room not in tree or name not in tree[room]:
        known = ", ".join(tree[room]) if room in tree else ", ".join(tree)
        raise BadSetting(f"--set {path}: no such setting; there are {known}")
    tree[room][name] = yaml.safe_load(text)


def run_settings(_arguments: argparse.Namespace) -> int:
    """Every setting with its value for the norm and for the street, and what it means."""
    norm, street = SlacConfig.conformance(), SlacConfig.field()
    for room in SlacConfig.model_fields:
        strict, tolerant = getattr(norm, room), getattr(street, room)
        for name, field in type(strict).model_fields.items():
            value, other = _text(getattr(strict, name)), _text(getattr(tolerant, name))
            shown = value if value == other else f"{value} (field: {other})"
            print(f"{room + '.' + name:38} {shown:20} {field.description or ''}".rstrip())
    return 0


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)
