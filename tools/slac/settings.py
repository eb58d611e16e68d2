"""Options of the ``v2g slac`` commands that become a ``SlacConfig``."""

import argparse
from typing import Any

import yaml
from pydantic import ValidationError

from bsw.slac.config import SlacConfig
from bsw.slac.modem import problems


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
    wrong = problems(config.modem)
    if wrong:
        raise BadSetting("; ".join(wrong))
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
