"""What a meter showed: which of it is told, in which context, and what it says of the outlet."""

from dataclasses import dataclass, replace
from typing import Final

from ocpp.station.records import ENERGY, Context, Sample

CURRENT: Final = "Current.Import"
FLOWS: Final = 0.5
"""Amperes from which on a phase is used: below are a meter's noise and standby."""
PHASES: Final = ("L1", "L2", "L3")


@dataclass(frozen=True, slots=True)
class Extra:
    """Measurands that are told besides, in the first event, in those between, in the last."""

    started: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


NO_MORE: Final = Extra()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the meter's values are told, and whether with their signed records."""

    measurands: tuple[str, ...] | None
    signs: bool


def phases_used(samples: tuple[Sample, ...]) -> int | None:
    """As a meter sees it that shows each phase; ``None`` if it does not, or nothing flows."""
    flows = {each.phase for each in samples if each.measurand == CURRENT and each.value >= FLOWS}
    return len(flows & set(PHASES)) or None


def picked(samples: tuple[Sample, ...], measurands: tuple[str, ...] | None) -> tuple[Sample, ...]:
    """Those of the measurands; ``None`` is all."""
    if measurands is None:
        return samples
    return tuple(each for each in samples if each.measurand in measurands)


def chosen(choice: Choice, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    found = picked(samples, choice.measurands)
    return found if choice.signs else tuple(replace(each, signed=None) for each in found)


def of_context(context: Context, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    return tuple(
        Sample(each.value, each.measurand, each.unit, each.phase, context, each.signed)
        for each in samples
    )


def register(samples: tuple[Sample, ...]) -> float:
    """The energy register among the samples."""
    return next((each.value for each in samples if each.measurand == ENERGY), 0.0)
