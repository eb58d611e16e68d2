"""What a role's model looks like to AUTOSAR: modules with containers and parameters.

One description, made from the model, feeds all three that have to agree on it: the ECUC definition
file, the reader of value files and the export.  Names are those of the YAML files.  It knows types
and markers, and no room's meaning.
"""

import ast
import enum
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Union, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bsw.ecuc import shape

KEY, VALUE, EMPTY = "entry_key", "value", "left_empty"
SETTINGS, GENERAL = "settings", "general"
"""Names with a meaning of their own: the key of a keyed container, the value of a container that
holds nothing else, the list of what is written down as empty, the container of a module, and the
module of what belongs to no room."""

ROOT = "/Pilotwire"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")


class Kind(Enum):
    """Kinds of parameters, called like their definitions in ARXML."""

    BOOLEAN = "ECUC-BOOLEAN-PARAM-DEF"
    INTEGER = "ECUC-INTEGER-PARAM-DEF"
    FLOAT = "ECUC-FLOAT-PARAM-DEF"
    CHOICE = "ECUC-ENUMERATION-PARAM-DEF"
    TEXT = "ECUC-STRING-PARAM-DEF"

    @property
    def numerical(self) -> bool:
        return self in {Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value, or a list of them.  ``scalar``: a text that may also be a number or a truth."""

    name: str
    kind: Kind
    many: bool = False
    scalar: bool = False
    file: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    default: object = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """``many`` with ``keyed`` is a table with free keys, ``many`` alone a list.

    ``wraps``: it stands for its parameter ``value`` alone; ``either``: that may stand in place of
    all the others.
    """

    name: str
    members: tuple["Member", ...] = ()
    many: bool = False
    keyed: bool = False
    wraps: bool = False
    either: bool = False
    about: str = ""

    def member(self, name: str) -> "Member | None":
        return next((member for member in self.members if member.name == name), None)

    @property
    def emptiable(self) -> tuple[str, ...]:
        """What may be written down as holding nothing."""
        empty = self.member(EMPTY)
        return empty.choices if isinstance(empty, Parameter) else ()


Member = Union[Parameter, Container]  # noqa: UP007 - a forward name cannot stand in a | expression


@dataclass(frozen=True, slots=True)
class Definition:
    """All modules of a role; each one's settings are one container."""

    role: str
    modules: tuple[Container, ...]

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.role}"


def role_of(model: type[BaseModel]) -> str:
    """``EvccConfig`` is the configuration of ``evcc``."""
    return model.__name__.removesuffix("Config").lower()


@lru_cache(maxsize=8)
def define(model: type[BaseModel]) -> Definition:
    """A field with a model of its own is a module; the others share the module ``general``."""
    members = _members(model, _defaults(model))
    modules = [m for m in members if isinstance(m, Container) and not m.many and not m.either]
    loose = tuple(member for member in members if member not in modules)
    if any(member.name != EMPTY for member in loose):
        modules.append(Container(GENERAL, loose, about="What belongs to no single room."))
    return Definition(role_of(model), tuple(modules))


def _defaults(model: type[BaseModel]) -> Mapping[str, object]:
    """What a model says that nobody told anything; nothing if it must be told something."""
    try:
        return model().model_dump(mode="json")
    except ValidationError:
        return {}


def _members(model: type[BaseModel], defaults: object) -> tuple[Member, ...]:
    about = _docs(model)
    given = defaults if isinstance(defaults, Mapping) else {}
    made = [
        _member(name, hint, model.model_fields[name], given.get(name), about.get(name, ""))
        for name, hint in shape.hints(model).items()
    ]
    names = {name for name in shape.hints(model) if _may_be_empty(shape.hints(model)[name])}
    return (*made, *_empty(made, names))


def _empty(made: list[Member], nullable: set[str]) -> Iterator[Parameter]:
    lists = {member.name for member in made if member.many}
    names = tuple(member.name for member in made if member.name in lists | nullable)
    if names:
        about = "Names what is meant to hold nothing, where leaving it out gives the default."
        yield Parameter(EMPTY, Kind.CHOICE, many=True, choices=names, about=about)


def _may_be_empty(hint: shape.Hint) -> bool:
    inner, _ = shape.bare(hint)
    return shape.is_union(inner) and type(None) in get_args(inner)


def _member(
    name: str, hint: shape.Hint, field: FieldInfo | None, default: object, about: str = ""
) -> Member:
    if _NAME.fullmatch(name) is None or (field is not None and name in {EMPTY, KEY}):
        raise ValueError(f"{name!r} cannot be a name in ARXML")
    options = shape.members(hint)
    models = [model for option in options if (model := shape.model_of(option)) is not None]
    if models:
        return _of_models(name, options, models, default, about)
    inner, _ = shape.bare(options[0]) if len(options) == 1 else (None, ())
    outer, arguments = shape.origin(inner), get_args(inner)
    if outer in {dict, Mapping}:
        return _of_items(name, arguments[1], about, keyed=True)
    if outer in {tuple, list} and len({str(a) for a in arguments if a is not ...}) == 1:
        item = _member(VALUE, arguments[0], None, None)
        if isinstance(item, Container) or item.many:
            return _of_items(name, arguments[0], about, keyed=False)
        return _scalar(name, arguments[0], field, default, about, many=True)
    return _scalar(name, hint, field, default, about, many=outer in {tuple, list})


def _of_models(
    name: str,
    options: tuple[shape.Hint, ...],
    models: list[type[BaseModel]],
    default: object,
    about: str,
) -> Container:
    members: dict[str, Member] = {}
    for model in models:
        for member in _members(model, default or _defaults(model)):
            members[member.name] = _both(members.get(member.name), member)
    either = len(models) < len(options)
    if either:
        other = next(option for option in options if shape.model_of(option) is None)
        said = None if isinstance(default, Mapping) else default
        members[VALUE] = _scalar(VALUE, other, None, said, "In place of all the others.")
    text = about or _about(models[0])
    return Container(name, tuple(members.values()), either=either, about=text)


def _both(one: Member | None, other: Member) -> Member:
    """The same name in two alternatives: the words of both, where words are what it takes."""
    if isinstance(one, Parameter) and isinstance(other, Parameter) and one.choices:
        return Parameter(one.name, one.kind, many=one.many, choices=one.choices + other.choices)
    return other


def _of_items(name: str, item: shape.Hint, about: str, *, keyed: bool) -> Container:
    made = _member(VALUE, item, None, None)
    wraps = isinstance(made, Parameter) or made.many
    members = (made,) if isinstance(made, Parameter) or made.many else made.members
    if wraps and made.many:
        members = (*members, *_empty([made], set()))
    if keyed:
        key = Parameter(KEY, Kind.TEXT, about="The key; left out, the short name is the key.")
        members = (key, *members)
    either = isinstance(made, Container) and made.either
    return Container(name, members, True, keyed, wraps, either, about)


def _scalar(
    name: str,
    hint: shape.Hint,
    field: FieldInfo | None,
    default: object,
    about: str,
    *,
    many: bool = False,
) -> Parameter:
    kind, choices = _kind(hint)
    scalar = kind is Kind.TEXT and not choices and not shape.reads_text(hint)
    inner = shape.bare(shape.members(hint)[0])[0] if shape.members(hint) else None
    file = isinstance(inner, type) and issubclass(inner, Path)
    low, high, pattern = _bounds(hint, None if many else field)
    if kind is Kind.TEXT and choices:
        pattern = "|".join(re.escape(choice).replace("\\-", "-") for choice in choices)
    return Parameter(
        name, kind, many, scalar and not file, file, choices, low, high, pattern, default, about
    )


def _kind(hint: shape.Hint) -> tuple[Kind, tuple[str, ...]]:
    if shape.members(hint) and len(shape.members(hint)) == 1:
        inner, _ = shape.bare(shape.members(hint)[0])
        choices = _choices(inner)
        if choices and all(isinstance(choice, str) for choice in choices):
            words = tuple(str(choice) for choice in choices)
            named = all(_NAME.fullmatch(word) for word in words)
            return (Kind.CHOICE if named else Kind.TEXT), words
        if choices and all(type(choice) is int for choice in choices):
            return Kind.INTEGER, ()
        if not shape.reads_text(hint):
            kinds: Mapping[object, Kind] = {
                bool: Kind.BOOLEAN,
                int: Kind.INTEGER,
                float: Kind.FLOAT,
            }
            return kinds.get(inner, Kind.TEXT), ()
    return Kind.TEXT, ()


def _choices(inner: shape.Hint) -> tuple[object, ...]:
    if shape.origin(inner) is Literal:
        return get_args(inner)
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return tuple(choice.value for choice in inner)
    return ()


def _bounds(hint: shape.Hint, field: FieldInfo | None) -> tuple[float | None, float | None, str]:
    found: dict[str, Any] = {}
    rules: list[object] = list(field.metadata) if field is not None else []
    for note in shape.notes(hint):
        rules += note.metadata if isinstance(note, FieldInfo) else [note]
    for rule in rules:
        for word in ("ge", "le", "pattern"):
            found[word] = getattr(rule, word, None) if found.get(word) is None else found[word]
    numbers = _choices(shape.bare(hint)[0])
    if numbers and all(type(number) is int for number in numbers):
        return min(map(_number, numbers)), max(map(_number, numbers)), ""
    pattern = found.get("pattern")
    return found.get("ge"), found.get("le"), pattern if isinstance(pattern, str) else ""


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _about(model: type[BaseModel]) -> str:
    return _flat(inspect.cleandoc(model.__doc__ or "")) if "__doc__" in vars(model) else ""


def _flat(text: str) -> str:
    return " ".join(text.replace("``", "").split())


@lru_cache(maxsize=256)
def _docs(model: type[BaseModel]) -> Mapping[str, str]:
    """What stands below each field in the source, where there is a source."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel:
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        except (OSError, TypeError, SyntaxError, IndexError):
            continue
        found |= dict(_texts(tree.body if isinstance(tree, ast.ClassDef) else []))
    return found


def _texts(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield field.target.id, _flat(text.value.value)
