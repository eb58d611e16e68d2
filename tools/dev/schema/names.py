"""From wire names to Python names, by one fixed rule.

A word ends before a capital that follows a small letter, and before the last capital of a run that
a small letter follows; digits belong to the word they follow; an underscore always ends a word.
The few spellings that this would tear apart stand in ``WHOLE``.
"""

from __future__ import annotations

import keyword
import re

# Spelling on the wire -> how the rule should see it.
WHOLE = {
    "SoC": "Soc",
    "PnC": "Pnc",
    "eMAID": "Emaid",
    "EMAIDs": "Emaids",
    "IDs": "Ids",
    "eMSP": "Emsp",
    "DHpublickey": "Dhpublickey",
    "VARh": "Varh",
}
_WHOLE = re.compile("|".join(sorted(WHOLE, key=len, reverse=True)))
_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(wire: str) -> str:
    """``DC_EVSEStatus`` -> ``dc_evse_status``.

    >>> [snake(name) for name in ("EVTargetCurrent", "eMAID", "RemainingTimeToFullSoC")]
    ['ev_target_current', 'emaid', 'remaining_time_to_full_soc']
    """
    text = _WHOLE.sub(lambda match: WHOLE[match[0]], wire)
    text = re.sub(r"[^0-9A-Za-z]+", "_", _BREAK.sub("_", text)).strip("_").lower()
    return f"{text}_" if keyword.iskeyword(text) else text


def constant(wire: str) -> str:
    """``OK_NewSessionEstablished`` -> ``OK_NEW_SESSION_ESTABLISHED``; ``None`` -> ``NONE``."""
    return snake(wire).rstrip("_").upper()


def stem(wire: str) -> str:
    """A type's name without the ``Type`` that most of them end in."""
    return wire[: -len("Type")] if wire.endswith("Type") and wire != "Type" else wire


def capital(wire: str) -> str:
    """``DC_EVStatusType`` -> ``DCEVStatus``: no ``Type``, no underscores, a capital in front."""
    joined = stem(wire).replace("_", "")
    return joined[:1].upper() + joined[1:]
