"""``v2g bench web``: the bench in a browser, on this machine alone."""

import argparse
import os
import socket
import sys
from typing import Final

from bsw.ecuc.tree import ConfigurationError
from tools.bench.scenarios.find import NoScenario, read

PORT: Final = 8717
SPEED: Final = 20.0
MOST_AT_ONCE: Final = 64
"""Requests, of which each open page holds one for as long as it is open."""
LAST_PORT: Final = 65_535


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Only pages that came from it may order anything.  Ctrl-C ends it."
    parser.add_argument("scenario", nargs="?", default="charge", metavar="SCENARIO")
    parser.add_argument("--port", type=_port, default=PORT, help=f"({PORT}); 0: any")
    parser.add_argument("--speed", type=float, default=SPEED, help=f"times life ({SPEED:g})")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {LAST_PORT}")
    return port


def run(arguments: argparse.Namespace) -> int:
    try:
        scenario = read(arguments.scenario)
    except (NoScenario, ConfigurationError) as error:
        print(f"v2g bench web: {error}", file=sys.stderr)
        return 2
    try:
        listener = socket.create_server(("127.0.0.1", arguments.port))
    except OSError as error:
        told = f"port {arguments.port}: {os.strerror(error.errno or 0)}; name another: --port N"
        print(f"v2g bench web: {told}", file=sys.stderr)
        return 1
    import uvicorn  # noqa: PLC0415 - only for this

    from tools.bench.web.director import Director  # noqa: PLC0415 - a world
    from tools.bench.web.server import application  # noqa: PLC0415 - the same

    port = listener.getsockname()[1]
    director = Director(scenario, arguments.speed)
    director.start()
    print(f"http://127.0.0.1:{port}/  (Ctrl-C ends it)", flush=True)
    config = uvicorn.Config(
        application(director, port),
        log_level="warning",
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=1,
        lifespan="off",
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        director.close()
        listener.close()
    return 0
