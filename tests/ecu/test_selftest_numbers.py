"""What a tester reads of the contactors' self-test, by number."""

from evcc.health.selftest import Finding, Verdict


def test_verdicts_and_findings_keep_the_numbers_that_testers_know() -> None:
    assert {one.name: one.value for one in Verdict} == {
        "NOT_RUN": 0,
        "RUNNING": 1,
        "PASSED": 2,
        "FAILED": 3,
        "BROKEN_OFF": 4,
    }
    assert {one.name: one.value for one in Finding} == {
        "NONE": 0,
        "NO_FEEDBACK": 1,
        "WRONG_POSITION": 2,
        "LIVE_INLET": 3,
        "NO_VOLTAGE_VALUE": 4,
        "INTERRUPTED": 5,
    }
