"""Puts the secc together on host time: rooms, ports, and the order in which they stop."""

import sys

from bsw.base import CannotStart, open_base
from bsw.os.process import Status
from secc.config import SeccConfig


def run(config: SeccConfig) -> int:
    try:
        base = open_base(config)
    except CannotStart as error:
        print(f"secc: {error}", file=sys.stderr)  # noqa: T201 - the log does not stand yet
        return Status.FAILED
    base.trace.begin(role="secc")
    base.scheduler.after(0, base.process.done, name="job")
    return base.run()
