"""Names of the modem dialects, for a configuration that is read where no modem is spoken to.

What a dialect says is ``bsw.slac.links.modem``'s, which takes its time to load.
"""

from typing import Final

from bsw.slac.config import ModemConfig

AUTO: Final = "auto"
SHIPPED: Final = ("generic", "qca7000", "lumissil")


def wrong_dialect(config: ModemConfig) -> str:
    """What is wrong with the name, in words; empty if nothing is."""
    if config.dialect in {AUTO, *SHIPPED}:
        return ""
    from bsw.slac.links.modem import DIALECTS  # noqa: PLC0415 - somebody may have added one

    if config.dialect in DIALECTS:
        return ""
    return f"{config.dialect!r} is no dialect known; name one of {', '.join([*DIALECTS, AUTO])}"
