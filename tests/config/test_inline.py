"""Tables and lists on the command line."""

import pytest

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from evcc.config import EvccConfig


def config(*settings: str) -> EvccConfig:
    return load(EvccConfig, (), settings).config


@pytest.mark.parametrize(
    "settings",
    [
        ("log={level: debug, burst: 7, levels: {slac: error}}",),
        ("log={level: info}", "log={level: debug, burst: 7}", "log.levels={'slac': error}"),
        ('log={"level": "debug", "burst": 7, "levels": {"slac": "error"}}',),
    ],
)
def test_a_table_is_given_in_one_line(settings: tuple[str, ...]) -> None:
    log = config(*settings).log
    assert (log.level, log.burst, log.levels) == ("debug", 7, {"slac": "error"})


def test_lists_may_hold_what_they_like() -> None:
    assert config("session.protocols=[din, iso2]").session.protocols == ("din", "iso2")
    assert config("session.protocols=['din']").session.protocols == ("din",)
    assert config("log.levels={}").log.levels == {}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("log={level: debug", "a table that was opened with { is not closed"),
        ("log={level: debag}", "debag"),
        ("log={lavel: debug}", "unknown key"),
        ("log={level: debug, level: info}", "already"),
    ],
)
def test_what_is_wrong_is_said_with_the_setting(setting: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        config(setting)
    assert "--set log" in str(refused.value)
