"""What the ``can`` driver of a plug is made from: its configuration, and who opens its bus."""

from collections.abc import Callable
from dataclasses import dataclass

from can_adapter.bus import CanPort
from can_adapter.plug.config import PlugCanConfig


@dataclass(frozen=True, slots=True)
class NodeDoor:
    config: PlugCanConfig
    open: Callable[[str], CanPort]
