"""From a tree to a role's model, or to the list of everything that is wrong with it.

pydantic judges the values; this module joins its findings with the places in the files, says
them in the words of the file, names the nearest known key and an example of a right value.
"""

import difflib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from bsw.ecuc import shape
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.references import Hidden
from bsw.ecuc.tree import (
    ConfigurationError,
    Items,
    Leaf,
    Mark,
    Node,
    Path,
    Problem,
    Step,
    Table,
    child,
    dotted,
)
from bsw.redaction import secret_name

M = TypeVar("M", bound=Part)

MOST_SHOWN: Final = 80
"""Characters of a wrong value in a message."""

_WANTED = {
    "int_type": "a whole number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_from_float": "a whole number is wanted",
    "float_type": "a number is wanted",
    "float_parsing": "a number is wanted",
    "finite_number": "a finite number is wanted",
    "bool_type": "true or false is wanted",
    "bool_parsing": "true or false is wanted",
    "string_type": "text is wanted",
    "tuple_type": "a list is wanted",
    "list_type": "a list is wanted",
    "dict_type": "keys with values are wanted",
    "model_type": "keys with values are wanted",
    "model_attributes_type": "keys with values are wanted",
    "path_type": "a path is wanted",
}
_BOUNDS = {
    "greater_than_equal": "{shown} is too small: at least {ge}",
    "greater_than": "{shown} is too small: above {gt}",
    "less_than_equal": "{shown} is too large: at most {le}",
    "less_than": "{shown} is too large: below {lt}",
    "string_too_short": "{shown} is too short: at least {min_length} characters",
    "string_too_long": "{shown} is too long: at most {max_length} characters",
    "string_pattern_mismatch": "{shown} does not have the form {pattern}",
    "too_short": "{actual_length} entries are too few: at least {min_length}",
    "too_long": "{actual_length} entries are too many: at most {max_length}",
}


def check(model: type[M], tree: Table) -> M:
    """The typed configuration; raises ``ConfigurationError`` with all problems at once.

    Files that the values name are not looked into: see ``check_outside``.
    """
    try:
        written = json.dumps(_with_defaults(shape.plain(tree, model), model))
        made = model.model_validate_json(written, strict=True)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        raise ConfigurationError({_problem(model, tree, found) for found in findings}) from None
    _raise_for(tree, _parts(made, ()), lambda part: part.problems())
    return made


def _with_defaults(said: Any, model: type[BaseModel]) -> Any:  # noqa: ANN401 - JSON
    """What is said of a part changes the default of its place, not that of its class."""
    if not isinstance(said, dict):
        return said
    found = dict(said)
    for name, field in model.model_fields.items():
        usual = field.get_default(call_default_factory=True)
        plain_part = isinstance(field.annotation, type)  # not one of several kinds
        if plain_part and isinstance(usual, BaseModel) and isinstance(said.get(name), dict):
            inner = _with_defaults(said[name], type(usual))
            found[name] = _over(usual.model_dump(mode="json", exclude_defaults=True), inner)
    return found


def _over(usual: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Both, key by key; where both say something, the second counts."""
    found = {**usual, **said}
    for name in usual.keys() & said.keys():
        if isinstance(usual[name], dict) and isinstance(said[name], dict):
            found[name] = _over(usual[name], said[name])
    return found


def check_outside(config: Part, tree: Table) -> None:
    """Look into the files that the values name."""
    _raise_for(tree, _parts(config, (), idle=False), lambda part: part.problems_outside())


Judgement = Callable[[Part], Iterable[Wrong]]


def _raise_for(tree: Table, parts: Iterable[tuple[Path, Part]], judge: Judgement) -> None:
    broken = [_relation(tree, path, wrong) for path, part in parts for wrong in judge(part)]
    if broken:
        raise ConfigurationError(broken)


def _parts(value: object, path: Path, *, idle: bool = True) -> Iterator[tuple[Path, Part]]:
    """Every part of a configuration, with the way to it; maybe without the idle ones.

    Idle is what nobody reads and nobody has written anything of.
    """
    unused: Collection[str] = ()
    if isinstance(value, Part):
        yield path, value
        unused = () if idle else frozenset(value.unused()) - value.model_fields_set
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in unused:
                yield from _parts(getattr(value, name), (*path, name), idle=idle)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _parts(item, (*path, str(key)), idle=idle)
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _parts(item, (*path, index), idle=idle)


def _relation(tree: Table, path: Path, wrong: Wrong) -> Problem:
    whole = (*path, *(wrong.key.split(".") if wrong.key else ()))
    where = place(tree, whole)
    mark = where.mark if where.missing else where.node.mark
    return Problem(mark, dotted(whole), wrong.message, wrong.example)


class Place:
    """How far a path leads in what was written and in the model."""

    def __init__(self, node: Node, hint: shape.Hint) -> None:
        self.node = node
        self.hint = hint
        self.mark: Mark = node.mark
        self.path: list[Step] = []
        self.model: type[BaseModel] | None = None
        self.missing = False

    def follow(self, step: Step) -> None:
        """Go one step; a step that is neither in model nor file is the name of an alternative."""
        hint = shape.step_into(self.hint, step) if self.hint is not None else None
        node = child(self.node, step) if not self.missing else None
        if hint is None and node is None:
            return
        self.path.append(step)
        self.model = next((m for h in shape.members(self.hint) if (m := shape.model_of(h))), None)
        if isinstance(self.node, Table) and node is not None:
            self.mark = self.node.entries[str(step)].key
        if node is not None:
            self.node = node
        self.missing = node is None
        self.hint = hint


def place(tree: Table, path: Path, model: type[BaseModel] | None = None) -> Place:
    found = Place(tree, model)
    for step in path:
        found.follow(step)
    return found


def _problem(model: type[Part], tree: Table, found: Mapping[str, Any]) -> Problem:
    kind, location = found["type"], tuple(found["loc"])
    if kind == "extra_forbidden":
        return _unknown_key(model, tree, location)
    where = place(tree, location, model)
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _wrong_kind(where, found)
    wrong = found.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return _relation(tree, tuple(where.path), wrong)
    mark = where.mark if where.missing else where.node.mark
    return Problem(mark, dotted(where.path), _said(found, where), _example(where))


def _said(found: Mapping[str, Any], where: "Place") -> str:
    """Say what pydantic found in the words of who edits a file."""
    kind = found["type"]
    if kind == "missing":
        return "is missing"
    if kind in {"value_error", "assertion_error"}:
        return str(found["ctx"]["error"])
    shown = _written(where)
    if kind in _WANTED:
        return f"{_WANTED[kind]}, not {shown}"
    if kind in {"literal_error", "enum"}:
        return f"{shown} is no choice{_nearest(where)}"
    context = {"shown": shown, **found.get("ctx", {})}
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**context)
    return f"{shown} {str(found['msg']).removeprefix('Input ')}"


def _unknown_key(model: type[Part], tree: Table, location: Path) -> Problem:
    *parents, key = location
    above = place(tree, tuple(parents), model)
    mark = above.mark
    if isinstance(above.node, Table) and str(key) in above.node.entries:
        mark = above.node.entries[str(key)].key
    known = shape.known_keys(above.hint)
    near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
    advice = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
    return Problem(mark, dotted((*above.path, key)), f"unknown key; {advice}")


def _wrong_kind(where: Place, found: Mapping[str, Any]) -> Problem:
    """Of several models the one to take is named by a key, and that key is missing or wrong."""
    context, path = found["ctx"], dotted(where.path)
    key = str(context["discriminator"]).strip("'")
    right = f"{key}: {' or '.join(shape.kinds(where.hint, key))}"
    written = child(where.node, key)
    if written is None:
        message = f"the key {key!r} is missing, which says what kind this is"
        return Problem(where.node.mark, path, message, right)
    return Problem(written.mark, f"{path}.{key}", f"{context['tag']!r} is no kind known", right)


def _nearest(where: Place) -> str:
    choices = _example(where).split(" or ")
    text = where.node.text if isinstance(where.node, Leaf) else ""
    near = difflib.get_close_matches(text, choices, n=1, cutoff=0.6)
    near = [one for one in near if not _another_number(text, one)]
    return f", did you mean {near[0]!r}?" if near else ""


def _another_number(text: str, choice: str) -> bool:
    """``iso20`` is no slip of the pen for ``iso2`` but something else."""
    return len(text) != len(choice) and _without_digits(text) == _without_digits(choice)


def _without_digits(text: str) -> str:
    return "".join(letter for letter in text if not letter.isdigit())


def _example(where: Place) -> str:
    field = None
    if where.model is not None and where.path:
        field = where.model.model_fields.get(str(where.path[-1]))
    return shape.example(where.hint, field) if where.hint is not None else ""


def _written(where: Place) -> str:
    """The wrong value as it stands in the file - unless it may be a secret."""
    if any(isinstance(note, Hidden) for note in shape.notes(where.hint)) or any(
        secret_name(str(step)) for step in where.path
    ):
        return "what stands there (not shown)"
    if isinstance(where.node, Leaf):
        return _clipped(repr(where.node.text)) if where.node.text else "nothing"
    return "a list" if isinstance(where.node, Items) else "keys with values"


def _clipped(text: str) -> str:
    """A value of many pages is told by its beginning."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}... ({len(text)} characters)"
