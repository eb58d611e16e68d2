"""What both roles let an integrator set about log, trace and process; a role's model extends it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part
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


class BaseConfig(Part):
    os: OsConfig = OsConfig()
    log: LogConfig = LogConfig()
    trace: TraceConfig = TraceConfig()
