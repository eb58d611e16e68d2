"""Puts the evcc together on host time: rooms, ports, and the order in which they stop."""

import sys

from bsw.base import CannotStart, open_base
from bsw.os.process import Status
from evcc.config import EvccConfig


def run(config: EvccConfig) -> int:
    try:
        base = open_base(config)
    except CannotStart as error:
        print(f"evcc: {error}", file=sys.stderr)  # noqa: T201 - the log does not stand yet
        return Status.FAILED
    base.trace.begin(role="evcc")
    base.scheduler.after(0, base.process.done, name="job")
    return base.run()
