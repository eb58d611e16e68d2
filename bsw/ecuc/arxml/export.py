"""A configuration written down again, as YAML or ARXML, so that loading it gives the same one.

Places in the file system that are the default are left out, because they belong to the machine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from bsw.ecuc import shape
from bsw.ecuc.arxml.values import values_document
from bsw.ecuc.definition import define
from bsw.ecuc.references import HIDDEN, BesideItsFile


class CannotExport(Exception):
    """The configuration holds something that is not written into files."""


def as_yaml(config: BaseModel, folder: Path, *, changed: bool = False) -> str:
    """YAML for a file in ``folder``; ``changed``: only what differs from the default."""
    said = plain(config, folder, changed=changed)
    if not said:
        return "{}\n"
    return yaml.dump(said, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=100)


def as_arxml(config: BaseModel, folder: Path, *, changed: bool = False) -> str:
    said = plain(config, folder, changed=changed)
    return values_document(define(type(config)), said)


class _Plain(yaml.SafeDumper):
    """Writes the same list twice rather than an alias."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def plain(config: BaseModel, folder: Path, *, changed: bool = False) -> dict[str, object]:
    written = config.model_dump(mode="json")
    if _holds_hidden(written):
        raise CannotExport(
            "a secret stands in the configuration itself, which is not exported; keep it in a "
            "file, an environment variable or a credential"
        )
    return _stated(config, written, type(config)(), folder, changed=changed)


def _holds_hidden(written: object) -> bool:
    if isinstance(written, Mapping):
        return any(_holds_hidden(value) for value in written.values())
    if isinstance(written, list):
        return any(_holds_hidden(value) for value in written)
    return written == HIDDEN


def _stated(
    model: BaseModel,
    written: Mapping[str, Any],
    default: BaseModel | None,
    folder: Path,
    *,
    changed: bool,
) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, hint in shape.hints(type(model)).items():
        value, usual = getattr(model, name), getattr(default, name, None)
        if isinstance(value, BaseModel):
            same = usual if type(usual) is type(value) else None
            inner = _stated(value, written[name], same, folder, changed=changed)
            if inner or same is None:
                found[name] = inner
        elif default is None or value != usual or not (changed or _place(value)):
            found[name] = _moved(written[name], value, hint, folder)
    return found


def _place(value: object) -> bool:
    if isinstance(value, tuple):
        return any(isinstance(item, Path) for item in value)
    return isinstance(value, Path)


def _moved(written: object, value: object, hint: shape.Hint, folder: Path) -> object:
    """A path beside its file is meant from the new file's folder on."""
    if isinstance(value, tuple) and isinstance(written, list) and _place(value):
        inner = shape.step_into(hint, 0)
        return [_moved(w, v, inner, folder) for w, v in zip(written, value, strict=True)]
    beside = any(isinstance(note, BesideItsFile) for note in shape.notes(hint))
    if isinstance(value, Path) and beside and folder != Path():
        return str(value.absolute())
    return written
