"""A page of somebody else's, or a name of somebody else's, reaches nothing of the bench."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tools.bench.scenarios.find import read
from tools.bench.web.director import Director
from tools.bench.web.guard import App, Message
from tools.bench.web.server import LARGEST_ORDER, application

PORT = 8717
HERE = {"host": f"127.0.0.1:{PORT}"}
JSON = {**HERE, "content-type": "application/json"}


@pytest.fixture(scope="module")
def director() -> Iterator[Director]:
    made = Director(read("din"), 20.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(director: Director) -> App:
    return application(director, PORT)


def ask(
    app: App, path: str, headers: dict[str, str], method: str = "GET", body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """One request, without a socket."""
    sent: list[Message] = []
    asked: list[bool] = []
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "server": ("127.0.0.1", PORT), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> Message:
        if asked:
            await asyncio.Event().wait()  # the browser stays
        asked.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:])


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css", "/uPlot.js", "/known", "/history"])
def test_its_own_page_is_served_whole_and_closed(app: App, path: str) -> None:
    status, headers, body = ask(app, path, HERE)
    assert status == 200
    assert body
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]  # none but our own files
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": f"127.0.0.1.evil.example:{PORT}"},
        {"host": "127.0.0.1"},
        {"host": f"127.0.0.1:{PORT + 1}"},
        {},
        {**HERE, "origin": "http://evil.example"},
        {**HERE, "origin": "null"},
        {**HERE, "origin": f"https://127.0.0.1:{PORT}"},
        {**HERE, "origin": f"http://127.0.0.1:{PORT + 1}"},
        {**HERE, "sec-fetch-site": "cross-site"},
        {**HERE, "sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/events"), ("POST", "/order")])
def test_others_are_refused(
    app: App, director: Director, headers: dict[str, str], method: str, path: str
) -> None:
    said = {**headers, "content-type": "application/json"}
    status, told, _ = ask(app, path, said, method, b'{"do": "plug"}')
    assert status == 403
    assert "access-control-allow-origin" not in told
    assert director._acts.empty()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_of_another_page_could_send_is_no_order(
    app: App, director: Director, kind: str
) -> None:
    headers = {**HERE, "content-type": kind}
    assert ask(app, "/order", headers, "POST", b'{"do": "plug"}')[0] == 403
    assert director._acts.empty()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "GET"])
def test_orders_are_posted(app: App, director: Director, method: str) -> None:
    assert ask(app, "/order", JSON, method, b'{"do": "plug"}')[0] == 405
    assert director._acts.empty()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "an order is a JSON object"),
        (b"[1]", "an order is a JSON object"),
        (b"{", "an order is a JSON object"),
        (b"[" * 60_000, "an order is a JSON object"),
        (b"{}", "an order is"),
        (b'{"do": 1}', "an order is"),
        (b'{"do": "plugg"}', "did you mean plug?"),
        (b'{"do": "plug", "speed": 1}', "an order is"),
        (b'{"play": "../../../etc/passwd"}', "an order is"),
        (b'{"play": []}', "an order is"),
        (b'{"speed": "fast"}', "an order is"),
        (b'{"speed": -1}', "an order is"),
        (b'{"prices": []}', "prices begin at 0 s"),
        (b'{"prices": [{"at": "1 h"}]}', "prices begin at 0 s"),
        (b'{"prices": [{"at": "0 s", "power": "11"}]}', "power"),
        (b'{"prices": [{"at": "0 s", "level": 1.5}]}', "level"),
        (b'{"do": "' + b"x" * LARGEST_ORDER + b'"}', "at most"),
    ],
)
def test_what_is_no_order_is_told(app: App, director: Director, body: bytes, says: str) -> None:
    status, _, answer = ask(app, "/order", JSON, "POST", body)
    assert status == 400
    assert says in answer.decode()
    assert director._acts.empty()


@pytest.mark.parametrize(
    "body",
    [
        b'{"do": "soc 50 %"}',
        b'{"speed": 5}',
        b'{"prices": [{"at": "0 s", "power": "11 kW", "level": 1}]}',
    ],
)
def test_orders_wait_for_the_world(app: App, director: Director, body: bytes) -> None:
    origin = {**JSON, "origin": f"http://127.0.0.1:{PORT}", "sec-fetch-site": "same-origin"}
    assert ask(app, "/order", origin, "POST", body)[0] == 200
    assert not director._acts.empty()
    director._take_orders()
    assert director._acts.empty()
