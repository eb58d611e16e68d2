"""``v2g bench faults``: every fault by the name it can be made with."""

import argparse

from tools.bench.hardware.faults import faults


def add(_parser: argparse.ArgumentParser) -> None:
    """It takes no word."""


def run(_arguments: argparse.Namespace) -> int:
    for name, fault in sorted(faults().items()):
        print(f"{name:40} {fault.message}".rstrip())
    return 0
