"""Who may talk to the bench: pages that came from it, on this machine, and nobody else.

A page of somebody else's that is open in the same browser can send requests here; a name of
somebody else's can be made to lead here.  The first is told by its origin, the second by the host.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.responses import PlainTextResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

NAMES: Final = ("127.0.0.1", "localhost")
SAFE: Final = frozenset({"GET", "HEAD"})
OURS: Final = frozenset({"same-origin", "none", ""})
"""What a browser says of where a request came from; ``none``: a person typed the address."""

POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Around an application that listens on ``port``."""

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in NAMES}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        why = self._why_not(scope)
        if why:
            await PlainTextResponse(f"{why}\n", 403)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)

    def _why_not(self, scope: Message) -> str:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in
                   scope["headers"]}  # fmt: skip
        host = headers.get("host", "")
        if host not in self._hosts:
            return f"this bench is not {host!r}; open http://127.0.0.1 with its port"
        origin = headers.get("origin", "")
        if origin and origin.removeprefix("http://") != host:
            return f"pages of {origin} have no business here"
        if headers.get("sec-fetch-site", "") not in OURS:
            return "pages of others have no business here"
        if scope["method"] in SAFE:
            return ""
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return "orders are JSON"
        return ""
