"""The page of commands is of today."""

import re

from tools.dev.commands import PAGE, commands


def test_the_page_of_commands_has_each_with_its_options() -> None:
    """How help is laid out differs between Pythons, what it names does not."""
    parts = re.split(r"^(?=##)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {part.partition("\n")[0].lstrip("# "): part for part in parts}
    for name, parser in commands().items():
        assert name in sections, f"no {name}: run python -m tools.dev.commands"
        told = set(re.findall(r"--[a-z][a-z0-9-]*", sections[name]))
        has = {one for one in parser._option_string_actions if one.startswith("--")}
        assert has <= told, f"{name}: run python -m tools.dev.commands"
    assert set(sections) - {"Commands"} <= set(commands()), "run python -m tools.dev.commands"
