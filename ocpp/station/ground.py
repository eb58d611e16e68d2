"""What every block of a station stands on: time, line, memory, device model, outlets.

Blocks get one of these and nothing else.  Owns no behaviour of its own beyond "say it if the back
end may hear it now".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bsw.dlt import Logger
from bsw.os.scheduler import Scheduler
from ocpp.catalogue import Message
from ocpp.station.memory import Memory
from ocpp.station.outlets.places import Charger, Place
from ocpp.station.provisioning.local_time import LocalTime
from ocpp.station.provisioning.model import Model
from ocpp.station.questions import BackendLine, Done, Questions
from ocpp.station.runtime import Runtime
from ocpp.station.translation import Translator, timestamp
from ocpp.versions import Version


@dataclass(slots=True)
class Ground:
    """``version`` and ``translator`` while there is a line; ``calendar_ns`` once it is known.

    ``accepted``: the back end has taken the station in, once and for this run.
    """

    runtime: Runtime
    memory: Memory
    model: Model
    places: Mapping[int, Place]
    charger: Charger
    questions: Questions
    line: BackendLine
    version: Version | None = None
    translator: Translator | None = None
    calendar_ns: int | None = None
    accepted: bool = False
    wall: LocalTime = field(init=False)

    def __post_init__(self) -> None:
        self.wall = LocalTime(self.model)

    @property
    def scheduler(self) -> Scheduler:
        return self.runtime.scheduler

    @property
    def log(self) -> Logger:
        return self.runtime.log

    @property
    def online(self) -> bool:
        """Whether the back end may be asked."""
        return self.translator is not None and self.accepted and self.line.is_open

    @property
    def unix_ns(self) -> int | None:
        """Since 1970, once somebody has told the time."""
        return None if self.calendar_ns is None else self.calendar_ns + self.scheduler.now

    @property
    def seconds(self) -> float:
        """Since 1970; before anybody told the time, since the station runs."""
        unix_ns = self.unix_ns
        return (self.scheduler.now if unix_ns is None else unix_ns) / 1e9

    def stamp(self) -> str:
        """Now, as it goes on the wire; before the time is known, as much since 1970 as it runs."""
        unix_ns = self.unix_ns
        return timestamp(self.scheduler.now if unix_ns is None else unix_ns)

    def ask(
        self,
        action: str,
        fields: Mapping[str, Any],
        done: Done,
        *,
        within: int | None = None,
    ) -> None:
        """``done`` hears ``None`` at once while the back end cannot be asked."""
        if self.online:
            self.questions.ask((action, fields), done, within=within)
        else:
            done(None)

    def tell(self, action: str, fields: Mapping[str, object]) -> None:
        """Whose answer says nothing.  Lost while nobody listens."""

        def done(answer: Message | None) -> None:
            """Nothing depends on it."""

        self.ask(action, fields, done)
