"""What is known of single power line modems: a name instead of settings.

A preset fills in what the configuration left at its default; what an integrator said stays.
"""

from collections.abc import Mapping
from typing import Final, Literal

from bsw.slac.config import ModemConfig, SlacConfig

ModemName = Literal["qca7000", "qca7005", "qca7006", "cg5317", "mse1021", "mse1022"]

_QUALCOMM: Final = {"dialect": "qca7000"}
_LUMISSIL: Final = {"dialect": "lumissil", "answer_within": 1_000}
"""A new key may take it most of a second."""
_VERTEXCOM: Final = {"dialect": "generic"}
"""Its vendor's messages are not public: keys work, the link cannot be asked for."""

PRESETS: Final[Mapping[ModemName, Mapping[str, object]]] = {
    "qca7000": _QUALCOMM,
    "qca7005": _QUALCOMM,
    "qca7006": _QUALCOMM,
    "cg5317": _LUMISSIL,
    "mse1021": _VERTEXCOM,
    "mse1022": _VERTEXCOM,
}


def prepared(config: SlacConfig, modem: ModemName | None) -> SlacConfig:
    if modem is None:
        return config
    said = config.modem.model_dump(exclude_defaults=True)
    filled = ModemConfig.model_validate({**PRESETS[modem], **said})
    return config.model_copy(update={"modem": filled})
