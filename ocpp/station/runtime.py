"""What a station runs on: time, a worker, its disk, chance, a log.

Owns nothing of OCPP; a station that is started anew gets the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from bsw.dlt import Logger
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from ocpp.station.records import Instant
from ocpp.station.store import Store


@dataclass(frozen=True, slots=True)
class Runtime:
    """``store`` is open, and only ``worker`` touches it.

    ``unix`` tells the seconds since 1970 by a clock that outlives the program; 0 without one.
    """

    scheduler: Scheduler
    worker: Worker
    store: Store
    randomness: Randomness
    log: Logger
    unix: Callable[[], int] = int

    def instant(self) -> Instant:
        """Now, in this run."""
        return Instant(self.store.run, self.scheduler.now)

    def new_id(self) -> str:
        return str(UUID(bytes=self.randomness.octets(16), version=4))
