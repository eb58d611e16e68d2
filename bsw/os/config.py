"""What an integrator may set about the process itself: real-time class, memory, time to stop."""

from typing import Annotated

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.os.clock import S


class OsConfig(Part):
    """The defaults ask nothing of the host that a plain user may not have."""

    fifo_priority: Annotated[int, Field(ge=0, le=99, examples=[50])] = 0
    """SCHED_FIFO priority; 0 stays in the ordinary class."""

    lock_memory: bool = False
    """Keep all pages in memory (mlockall)."""

    stop_within: Annotated[Duration, between("100 ms", "60 s", TIME)] = 5 * S
    """The ordered stop may take this long; then the process ends without it."""

    stuck_after: Annotated[Duration, between("0 s", "60 s", TIME)] = 5 * S
    """A task that runs this long is broken off and the ECU stops; 0 s never."""
