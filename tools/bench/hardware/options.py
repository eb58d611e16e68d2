"""Command-line options that name a bus, shared by the tools that open one."""

import argparse

from bsw.ecuc.text import meaning
from can_adapter.config import BusConfig

Option = bool | int | float | str


def add_bus_options(parser: argparse.ArgumentParser, prefix: str = "") -> None:
    """``--interface``, ``--channel`` and ``--option``, with a prefix for a second bus."""
    parser.add_argument(f"--{prefix}interface", help="a python-can interface, e.g. socketcan")
    parser.add_argument(f"--{prefix}channel", help="e.g. can0, or a multicast address")
    parser.add_argument(
        f"--{prefix}option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="handed to python-can, e.g. port=43200; may be repeated",
    )


def bus_config(arguments: argparse.Namespace, default: BusConfig, prefix: str = "") -> BusConfig:
    """The bus as the options say, the default where they say nothing."""
    key = prefix.replace("-", "_")
    interface = getattr(arguments, f"{key}interface") or default.interface
    channel = getattr(arguments, f"{key}channel") or default.channel
    given = dict(_option(text) for text in getattr(arguments, f"{key}option"))
    return BusConfig(interface=interface, channel=channel, options={**default.options, **given})


def _option(text: str) -> tuple[str, Option]:
    """Read as in a configuration file: numbers, true and false, else text."""
    key, _, value = text.partition("=")
    found = meaning(value)
    return key, value if found is None else found
