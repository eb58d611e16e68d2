"""How benches print: medians and percentiles, one line each."""

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def line(what: str, values: Sequence[float], unit: str) -> str:
    """``5 ms task, lateness      median     52.1  p99    310.0  max   2200.4 us (2000)``."""
    median, late, worst = (percentile(values, share) for share in (0.5, 0.99, 1.0))
    return (
        f"{what:34} median {median:9.1f}  p99 {late:9.1f}  max {worst:9.1f} {unit} ({len(values)})"
    )
