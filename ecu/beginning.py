"""The first record of a trace: when by the calendar, by which release, set up how."""

import platform
from datetime import datetime, timezone
from hashlib import sha256

from bsw.ecuc.part import Part
from bsw.os.clock import S
from bsw.trace import Trace
from bsw.version import VERSION


def begin(trace: Trace, role: str, protocols: tuple[str, ...], config: Part, unix: int) -> None:
    """``unix`` is this moment in nanoseconds since 1970: with it the traces of both sides, and a
    capture beside them, lie on one axis.  ``config`` is told by its digest alone.
    """
    trace.begin(
        role=role,
        protocols=" ".join(protocols),
        version=VERSION,
        python=platform.python_version(),
        config=sha256(config.model_dump_json().encode()).hexdigest(),
        unix=unix,
        at=datetime.fromtimestamp(unix // S, tz=timezone.utc).isoformat(),
    )
