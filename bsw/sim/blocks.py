"""Non-volatile memory that is none: what is written stays as long as this object does.

An ECU that is built anew over the same object has been switched off and on.
"""

from collections.abc import Mapping

from bsw.nvm.store import Found, Stored


class MemoryBlocks:
    """A ``BlockStore``."""

    def __init__(self) -> None:
        self.blocks: dict[str, Stored] = {}

    def claim(self) -> None:
        """There is nothing to share."""

    def load(self) -> Found:
        return Found(dict(self.blocks))

    def write(self, blocks: Mapping[str, Stored]) -> None:
        self.blocks.update(blocks)
