"""The command line's own mistakes: the nearest known word, one form of message, status 2."""

import argparse
import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NoReturn

STATUSES = """exit status:
  0    it was done, and what was asked came out well
  1    it was done and did not come out well, or this machine lacks something; said why
  2    the command line or a configuration is wrong; nothing was begun
  70   (ECU) stopped for a fault of its own; 71: its ordered stop took too long; 72: broken off
  130  interrupted"""
"""One rule for all commands; also in docs/running.md."""

_CHOICE = re.compile(r"invalid choice: '(?P<word>[^']*)' \(choose from (?P<known>.*)\)$", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Sub-commands get the same class, so one of these at the top is enough."""

    _module, _key = "", ""

    def put_off(self, module: str, key: str) -> None:
        """The module's ``add`` says what comes after this word, and its ``run`` becomes the
        argument ``key``; it is imported when the word is named, and not before.
        """
        self._module, self._key = module, key

    def complete(self) -> None:
        """Add what was put off."""
        name, self._module = self._module, ""
        if name:
            module = import_module(name)
            module.add(self)
            self.set_defaults(**{self._key: module.run})

    def parse_known_args(  # type: ignore[override]  # the base has one overload for each namespace
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401 - the base's
    ) -> tuple[Any, list[str]]:
        self.complete()
        found, rest = super().parse_known_args(args, namespace)
        if "speaker" not in found:
            found.speaker = self.prog  # of the innermost command, which is done first
        return found, rest

    def error(self, message: str) -> NoReturn:
        super().error(_CHOICE.sub(_nearest, message))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` ; did you mean X?``, or nothing if nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _nearest(found: re.Match[str]) -> str:
    known = [name.strip().strip("'\"") for name in found["known"].split(",")]
    return f"there is no {found['word']!r}{did_you_mean(found['word'], known)} ({', '.join(known)})"
