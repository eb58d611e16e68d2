"""Valid configurations by chance: the roles' own models, with many values set as a person would.

Each value is tried as it would be written; what the configuration does not allow is taken out
again, so that what remains is valid and far from the default.
"""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from bsw.base_config import BaseConfig
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError

WRITTEN = (
    *("0", "1", "2", "3", "5", "7", "17", "40", "100", "512", "4242", "70000", "0x7F1", "0.5"),
    *("33.25", "true", "false", "null", "x", "no", "0012", "1.20", "a: b", "<&>", "", "eth1"),
    *("10 ms", "250 ms", "1 s", "2500 ms", "90 s", "12 V", "6 A", "11 kW", "50 %", "20 degC"),
    *("conformance", "tls", "json", "debug", "plug", "software:key", "02:00:00:00:00:17"),
    *("[din]", "[iso2, din]", "[1, 2]", "[]", "/var/lib/x y", "fe80::1", "explicit", "socketcan"),
    *("/a/1.20", "/a/no", "/a/<&>", "[a b, c]", "[0012, 1.20]"),
)
"""Some fit here, some there."""

NAMED = ("log.levels.slac", "can.bus.options.bitrate", "can.messages.M.timeout", "can.receive.soc")
"""Where an integrator chooses the keys."""


def places(part: BaseModel, above: str = "") -> Iterator[str]:
    """Every value in a configuration, by the names that lead to it."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from places(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def shuffled(model: type[BaseConfig], wanted: Mapping[str, str]) -> BaseConfig:
    """With as many of these values as can be together."""
    left = {place: text for place, text in wanted.items() if _absolute(place, text)}
    while True:
        settings = tuple(f"{place}={text}" for place, text in left.items())
        try:
            return load(model, (), settings, outside=False).config
        except ConfigurationError as error:
            wrong = {problem.mark.source.removeprefix("--set ") for problem in error.problems}
            kept = {place: text for place, text in left.items() if place not in wrong}
            left = kept if len(kept) < len(left) else {}


def _absolute(place: str, text: str) -> bool:
    """A path on the command line is relative to where one stands; in a file it is written out."""
    return text.startswith("/") or not place.endswith(
        ("file", "folder", "module", "socket", "slots", "sysfs", "outlets")
    )
