"""The command ``export`` of a role: its configuration as ARXML or YAML.

Loaded when it is asked for, and not for a start.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from bsw.base_config import BaseConfig
from bsw.ecuc.arxml.export import CannotExport, as_arxml, as_yaml
from bsw.ecuc.arxml.lines import CannotWrite
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from bsw.program.ending import BAD_CONFIGURATION, unusable
from bsw.program.hostfault import at


def export(name: str, model: Callable[[], type[BaseConfig]], arguments: argparse.Namespace) -> int:
    output: Path | None = arguments.output
    write = as_arxml if arguments.arxml else as_yaml
    try:
        loaded = load(model(), tuple(arguments.config), tuple(arguments.set))
        folder = output.parent if output else Path()
        text = write(loaded.config, folder, changed=arguments.changed)
        if output is not None:
            with at(output):
                output.write_text(text, encoding="utf-8")
    except ConfigurationError as error:
        return unusable(name, error)
    except (CannotExport, CannotWrite) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return BAD_CONFIGURATION
    if output is None:
        sys.stdout.write(text)
    return 0
