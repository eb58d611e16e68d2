"""Which element name a value goes by, where the schema leaves a choice."""

from __future__ import annotations

from bsw.chrgm.messages.model import Message, MessageType
from bsw.chrgm.messages.specs import Group, KindOfField
from bsw.exi.schema import Name
from bsw.exi.views.values import ViewError


def member_name(group: Group, item: Message) -> Name:
    """The element name under which a member of a group stands."""
    for wire, cls in group.members.items():
        if cls is type(item):
            return Name(wire, cls.__ns__)
    if type(item).__abstract__ and group.members.get(group.name, item) is None:
        return Name(group.name, type(item).__ns__)
    raise ViewError(f"{type(item).__name__} cannot stand for {group.name}")


def one_of(kinds: list[KindOfField], *, message: bool) -> KindOfField:
    """The declared type meant: a class or a simple one, if the name has both."""
    fitting = [kind for kind in kinds if isinstance(kind, MessageType) == message]
    return (fitting or kinds)[0]
