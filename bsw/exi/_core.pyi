from collections.abc import Callable
from typing import Any

from bsw.chrgm.messages.model import Message

class Type:
    def __init__(
        self,
        cls: type,
        resolve: Callable[[Any], Type],
        fields: tuple[tuple[Any, ...], ...],
        states: tuple[tuple[int, tuple[tuple[int, int], ...]], ...],
        /,
    ) -> None: ...

class Codec:
    def __init__(
        self,
        classes: tuple[type | None, ...],
        width: int,
        end: int,
        most: int,
        resolve: Callable[[Any], Type],
        decode: Callable[[Any], Message],
        encode: Callable[[Message], bytes],
        /,
    ) -> None: ...
    def decode(self, data: bytes | bytearray | memoryview, /) -> Message: ...
    def encode(self, message: Message, /) -> bytes: ...
    def attempt(self, data: bytes | bytearray | memoryview, /) -> tuple[int, Message] | None: ...
    def encode_as(self, code: int, message: Message, /) -> bytes | None: ...
