"""Content models: in which order the fields of a class may follow each other.

A class without an explicit model is the plain sequence of its fields.  The few others say it in
a small notation: ``a b?`` a sequence, ``(a | b)`` a choice, ``?`` ``*`` ``+`` occurrence, ``any``
a place for foreign elements, which we never use.  The result answers one question: what may come
after this field?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

START = ""
ANY = "any"


class Follow(NamedTuple):
    """What may come next: these fields, in schema order; something foreign; the end."""

    fields: tuple[str, ...]
    any: bool
    end: bool


Content = dict[str, Follow]


def sequence(fields: Sequence[tuple[str, bool]]) -> Content:
    """The content of a plain sequence of ``(name, may be absent)``."""
    content: Content = {}
    places = [START, *(name for name, _ in fields)]
    for place, name in enumerate(places):
        following = []
        end = True
        for candidate, optional in fields[place:]:
            following.append(candidate)
            if not optional:
                end = False
                break
        content[name] = Follow(tuple(following), any=False, end=end)
    return content


class _Part(NamedTuple):
    """A piece of a model: the positions where it may begin and end, and whether it may be empty."""

    first: frozenset[int]
    last: frozenset[int]
    empty: bool


class _Reader:
    """Reads a model and collects which position may follow which."""

    def __init__(self, model: str) -> None:
        for sign in "()|?*+":
            model = model.replace(sign, f" {sign} ")
        self._words = model.split()
        self.names: list[str] = []
        self.follow: list[set[int]] = []

    def choice(self) -> _Part:
        part = self._sequence()
        while self._words[:1] == ["|"]:
            self._words.pop(0)
            other = self._sequence()
            part = _Part(
                part.first | other.first, part.last | other.last, part.empty or other.empty
            )
        return part

    def _sequence(self) -> _Part:
        part = _Part(frozenset(), frozenset(), empty=True)
        while self._words and self._words[0] not in {"|", ")"}:
            item = self._item()
            self._link(part.last, item.first)
            part = _Part(
                part.first | item.first if part.empty else part.first,
                part.last | item.last if item.empty else item.last,
                part.empty and item.empty,
            )
        return part

    def _item(self) -> _Part:
        word = self._words.pop(0)
        if word == "(":
            part = self.choice()
            self._words.pop(0)
        else:
            position = len(self.names)
            self.names.append(word)
            self.follow.append(set())
            part = _Part(frozenset({position}), frozenset({position}), empty=False)
        sign = self._words.pop(0) if self._words and self._words[0] in {"?", "*", "+"} else ""
        if sign in {"*", "+"}:
            self._link(part.last, part.first)
        return part._replace(empty=part.empty or sign in {"?", "*"})

    def _link(self, before: Iterable[int], after: Iterable[int]) -> None:
        for position in before:
            self.follow[position].update(after)


def parse(model: str) -> Content:
    """The content that a model in the notation above describes."""
    reader = _Reader(model)
    whole = reader.choice()

    def follow(positions: Iterable[int], *, end: bool) -> Follow:
        names = [reader.names[position] for position in sorted(positions)]
        fields = tuple(dict.fromkeys(name for name in names if name != ANY))
        return Follow(fields, ANY in names, end)

    content: Content = {START: follow(whole.first, end=whole.empty)}
    for position, name in enumerate(reader.names):
        if name != ANY and name not in content:
            content[name] = follow(reader.follow[position], end=position in whole.last)
    return content
