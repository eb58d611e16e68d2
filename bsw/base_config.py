"""What both roles let an integrator set about log, trace and process; a role's model extends it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import SIZE, Octets, between
from bsw.ecuc.references import NewPath
from bsw.os.config import OsConfig

LevelName = Literal["debug", "info", "warning", "error"]


class LogConfig(Part):
    """Log lines go to the standard error output."""

    form: Literal["text", "json"] = "text"
    level: LevelName = "info"
    levels: dict[str, LevelName] = Field(default_factory=dict, examples=["{slac: debug}"])
    """Other levels for single rooms."""

    burst: Annotated[int, Field(ge=1, le=100_000)] = 50
    """How often one event is logged per second before it is only counted."""


class TraceConfig(Part):
    """The session trace: hash-chained JSON lines."""

    file: NewPath | None = Path("run/trace.jsonl")
    """``null`` keeps no trace."""
    size: Annotated[Octets, between("64 KiB", "4 GiB", SIZE)] = 32 * 1024 * 1024
    """From here on the trace goes on in a new file."""
    keep: Annotated[int, Field(ge=1, le=99)] = 4
    """Earlier files, ``FILE.1`` (the latest) to ``FILE.4``: full ones, and of earlier starts."""


class BaseConfig(Part):
    os: OsConfig = OsConfig.model_construct()
    log: LogConfig = LogConfig.model_construct()
    trace: TraceConfig = TraceConfig.model_construct()

    def lacking(self) -> Iterable[str]:
        """What is asked for here and not there outside, each with its remedy; no mistake yet."""
        return ()
