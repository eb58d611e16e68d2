"""The command ``check`` of a role: what the configuration says in the end, and what it lacks.

Loaded when it is asked for, and not for a start.
"""

import argparse
import sys
from collections.abc import Callable

from bsw.base_config import BaseConfig
from bsw.ecuc.load import load
from bsw.ecuc.show import effective
from bsw.ecuc.tree import ConfigurationError
from bsw.program.ending import unusable


def check(name: str, model: Callable[[], type[BaseConfig]], arguments: argparse.Namespace) -> int:
    try:
        loaded = load(model(), tuple(arguments.config), tuple(arguments.set))
    except ConfigurationError as error:
        return unusable(name, error)
    files = ", ".join(str(path) for path in arguments.config) or "defaults only"
    sys.stdout.write(f"# effective configuration of {name}: {files}\n")
    for line in effective(loaded.config, loaded.tree):
        sys.stdout.write(f"{line}\n")
    for note in loaded.notes:
        sys.stdout.write(f"# {note}\n")
    for lacking in loaded.config.lacking():
        sys.stderr.write(f"{name}: warning: {lacking}\n")
    return 0
