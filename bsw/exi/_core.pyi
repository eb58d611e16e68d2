from collections.abc import Callable
from typing import Any

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
        decode: Callable[[bytes], Any],
        encode: Callable[[Any], bytes],
        /,
    ) -> None: ...
    def decode(self, data: bytes, /) -> Any: ...
    def encode(self, message: Any, /) -> bytes: ...
    def attempt(self, data: bytes, /) -> tuple[int, Any] | None: ...
    def encode_as(self, code: int, message: Any, /) -> bytes | None: ...
