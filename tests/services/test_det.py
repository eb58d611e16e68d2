"""Broken promises: loud in tests, counted and handed on in the field."""

import pytest

from bsw.det import Det, DevelopmentError, Report
from bsw.dlt import Dlt
from bsw.dlt_sinks import RingSink


def test_a_report_is_logged_counted_and_handed_on() -> None:
    ring = RingSink()
    heard: list[Report] = []
    det = Det(Dlt(lambda: 0, (ring,)).logger("det"), on_report=heard.append)
    det.report("com.transmit", "no such signal: soc")
    det.report("com.transmit", "no such signal: soc")
    assert [r.where for r in heard] == ["com.transmit", "com.transmit"]
    assert det.counts["com.transmit"] == 2
    assert ring.records()[-1].fields["count"] == 2


def test_a_loud_det_raises() -> None:
    det = Det(Dlt(lambda: 0).logger("det"), loud=True)
    with pytest.raises(DevelopmentError, match="cursor: two open requests"):
        det.report("cursor", "two open requests")


def test_a_fault_names_the_innermost_lines_of_code() -> None:
    det = Det(Dlt(lambda: 0).logger("det"))

    def deep(level: int) -> float:
        return deep(level - 1) if level else 1 / 0

    try:
        deep(9)
    except ZeroDivisionError as error:
        det.fault("task current_demand", error)
    (report,) = det.newest
    assert report.what == "ZeroDivisionError: division by zero"
    assert report.at.startswith("test_det.py:")
    assert report.at.count("<") == 3
