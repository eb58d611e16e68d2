"""What a model says about one place in it: the type, the keys, an example of a right value.

Walks the type hints beside a path or beside a written tree.  It knows pydantic models and the
markers of this room, and no room's meaning.
"""

import enum
import json
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bsw.ecuc.quantities import FromText
from bsw.ecuc.references import BesideItsFile
from bsw.ecuc.tree import Items, Leaf, Node, Step, Table

Hint = Any
"""A type hint, ``Annotated`` parts included; Python has no better name for it."""


def origin(hint: Hint) -> object:
    """``tuple`` for ``tuple[int, ...]``; typed as an object, for it may be anything at all."""
    return get_origin(hint)


@lru_cache(maxsize=512)
def hints(model: type[BaseModel]) -> Mapping[str, Hint]:
    found = get_type_hints(model, include_extras=True)
    return {name: found[name] for name in model.model_fields}


def bare(hint: Hint) -> tuple[Hint, tuple[object, ...]]:
    """The type without its annotations, and the annotations."""
    if origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return inner, tuple(notes)
    return hint, ()


def notes(hint: Hint) -> tuple[object, ...]:
    """All annotations of a type, those of the members of ``X | None`` included."""
    inner, found = bare(hint)
    for member in members(inner) if is_union(inner) else ():
        found += notes(member)
    return found


def is_union(hint: Hint) -> bool:
    return origin(hint) in {Union, types.UnionType}


def members(hint: Hint) -> tuple[Hint, ...]:
    """The alternatives of a union, ``None`` left out; of another type itself."""
    inner, _ = bare(hint)
    if not is_union(inner):
        return (hint,)
    return tuple(member for member in get_args(inner) if member is not type(None))


def model_of(hint: Hint) -> type[BaseModel] | None:
    inner, _ = bare(hint)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def step_into(hint: Hint, step: Step) -> Hint | None:
    """The type one step further down, or ``None`` where the step names no place."""
    for member in members(hint):
        inner, _ = bare(member)
        model = model_of(inner)
        if model is not None and step in hints(model):
            return hints(model)[str(step)]
        outer, arguments = origin(inner), get_args(inner)
        if outer in {tuple, list} and isinstance(step, int) and arguments:
            return _item(arguments, step)
        if outer in {dict, Mapping} and isinstance(step, str) and model is None:
            return arguments[1]
    return None


def _item(arguments: tuple[Hint, ...], index: int) -> Hint:
    return arguments[min(index, len(arguments) - 1)] if arguments[-1] is not ... else arguments[0]


def known_keys(hint: Hint) -> tuple[str, ...]:
    return tuple(key for member in members(hint) if (m := model_of(member)) for key in hints(m))


def kinds(hint: Hint, key: str) -> tuple[str, ...]:
    """The words by which the alternatives of a union are told apart."""
    models = [model for member in members(hint) if (model := model_of(member)) is not None]
    return tuple(str(word) for model in models for word in get_args(bare(hints(model)[key])[0]))


def reads_text(hint: Hint) -> bool:
    """True for types that want the text as written: ``no`` is then a name and not a truth."""
    inner, found = bare(hint)
    if any(isinstance(note, FromText) for note in found) or inner is str:
        return True
    if origin(inner) is Literal:
        return all(isinstance(choice, str) for choice in get_args(inner))
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return all(isinstance(choice.value, str) for choice in inner)
    alternatives = members(inner) if is_union(inner) else ()
    return bool(alternatives) and all(reads_text(member) for member in alternatives)


def plain(node: Node, hint: Hint) -> object:
    """The tree as plain values for the model: text where the type wants text."""
    if isinstance(node, Leaf):
        return _plain_leaf(node, hint)
    if isinstance(node, Items):
        return [plain(item, step_into(hint, n)) for n, item in enumerate(node.nodes)]
    chosen = _alternative(node, hint)
    return {key: plain(entry.node, step_into(chosen, key)) for key, entry in node.entries.items()}


def _plain_leaf(leaf: Leaf, hint: Hint) -> object:
    if leaf.value is None or hint is None or not reads_text(hint):
        return leaf.value
    if any(isinstance(note, BesideItsFile) for note in notes(hint)):
        return str(FilePath(leaf.mark.source).parent / leaf.text)
    return leaf.text


def _alternative(table: Table, hint: Hint) -> Hint:
    """Among several models the one whose fixed words (``kind: pkcs11``) are the written ones."""
    for member in members(hint):
        model = model_of(member)
        if model is None:
            continue
        fixed = {
            key: get_args(bare(kind)[0])
            for key, kind in hints(model).items()
            if origin(bare(kind)[0]) is Literal and key in table.entries
        }
        written = {key: entry.node for key, entry in table.entries.items()}
        if fixed and all(
            isinstance(node := written[key], Leaf) and node.text in words
            for key, words in fixed.items()
        ):
            return member
    return hint


def example(hint: Hint, field: FieldInfo | None = None) -> str:
    """A right value, as one would write it; empty if nobody gave one."""
    for note in (*notes(hint), field):
        if isinstance(note, FieldInfo) and note.examples:
            return _shown(note.examples[0])
    inner = bare(members(hint)[0])[0] if members(hint) else None
    if origin(inner) is Literal:
        return " or ".join(_shown(choice) for choice in get_args(inner))
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return " or ".join(_shown(choice.value) for choice in inner)
    default = field.default if field is not None else None
    if isinstance(default, str | int | float) or (isinstance(default, tuple) and default):
        return _shown(default)
    return "true or false" if inner is bool else ""


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
