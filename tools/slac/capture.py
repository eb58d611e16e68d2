"""``--capture FILE``: what passes a port or a line, as pcapng."""


class Capture:
    @classmethod
    def to(cls, path: str) -> "Capture":
        raise NotImplementedError(path)

    def frame(self, now: int, octets: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
