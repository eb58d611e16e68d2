"""A changed function put in the place of the one that is loaded, so that nothing is imported again.

Possible where only the code of functions differs; what a module or a class says when it is imported
has gone into other objects by then, and such a change needs fresh imports.
"""

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType


class Loaded:
    """The functions in memory, by the place they were written at."""

    def __init__(self, folder: str) -> None:
        self._functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        for one in gc.get_objects():
            if type(one) is FunctionType and one.__code__.co_filename.startswith(folder):
                self._functions.setdefault(_place(one.__code__), []).append(one)

    def swap(self, path: str, good: bytes, changed: bytes) -> bool:
        """Whether every difference could be put in place."""
        before, after = (compile(text, path, "exec", dont_inherit=True) for text in (good, changed))
        pairs = differences(before, after)
        if pairs is None:
            return False
        found = [(self._functions.get(_place(old), []), new) for old, new in pairs]
        for functions, new in found:
            for one in functions:
                one.__code__ = new
        return all(functions for functions, _ in found)


def differences(before: CodeType, after: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The outermost functions that differ; None if something outside of functions does."""
    if before.co_flags & inspect.CO_OPTIMIZED:
        return [] if before == after else [(before, after)]
    inner, other = list(_inner(before)), list(_inner(after))
    if len(inner) != len(other) or _outside(before) != _outside(after):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for old, new in zip(inner, other, strict=True):
        different = differences(old, new)
        if different is None:
            return None
        found += different
    return found


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def _outside(code: CodeType) -> tuple[object, ...]:
    said = tuple((type(one), repr(one)) for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_code, code.co_names, said


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_name, code.co_firstlineno
