"""How benches print, medians and percentiles, and how figures are kept for a comparison.

A figure has the name of its bench before its own.  Saved, they are one JSON file; compared, each
that both runs have is printed with the ratio of the two.
"""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    unit: str


@dataclass(slots=True)
class Ledger:
    """What was measured in this run."""

    bench: str = ""
    figures: dict[str, Figure] = field(default_factory=dict)

    def keep(self, what: str, value: float, unit: str) -> None:
        self.figures[f"{self.bench}: {what}".removeprefix(": ")] = Figure(value, unit)


LEDGER = Ledger()
"""Of this process; ``v2g measure`` says which bench is measured now."""


def keep(what: str, value: float, unit: str) -> None:
    """Note a figure that was printed."""
    LEDGER.keep(what, value, unit)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def line(what: str, values: Sequence[float], unit: str) -> str:
    """``5 ms task, lateness      median     52.1  p99    310.0  max   2200.4 us (2000)``."""
    median, late, worst = (percentile(values, share) for share in (0.5, 0.99, 1.0))
    keep(what, median, unit)
    return (
        f"{what:34} median {median:9.1f}  p99 {late:9.1f}  max {worst:9.1f} {unit} ({len(values)})"
    )


class NoFigures(Exception):
    """A file to compare with that holds no figures."""


def save(figures: Mapping[str, Figure], file: Path) -> None:
    content = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": {name: [one.value, one.unit] for name, one in figures.items()},
    }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> dict[str, Figure]:
    """What an earlier run saved.  Raises ``NoFigures``."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["figures"]
        return {name: Figure(float(value), str(unit)) for name, (value, unit) in found.items()}
    except FileNotFoundError as error:
        raise NoFigures(f"{file}: {error.strerror}; make one with --save {file}") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise NoFigures(f"{file}: holds no figures; make one with --save {file}") from error


def ratios(now: Mapping[str, Figure], before: Mapping[str, Figure]) -> Iterator[str]:
    """One line for each figure of this run; the ratio is now to before."""
    for name, figure in now.items():
        old = before.get(name)
        if old is None or old.unit != figure.unit:
            yield f"{name:66} {figure.value:10.2f} {figure.unit}, not measured before"
            continue
        ratio = f"x {figure.value / old.value:.2f}" if old.value else "was 0"
        yield f"{name:66} {old.value:10.2f} -> {figure.value:10.2f} {figure.unit:16} {ratio}"
