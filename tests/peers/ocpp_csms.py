# mypy: ignore-errors
# ruff: noqa: ANN001, ANN003, ANN201, ANN202, T201
# (the package lives in an environment of its own, is untyped, and has our room's name)
"""A back end made of the PyPI package ``ocpp``; started with the interpreter that has it.

Speaks all three versions on one port of ``::1``, which it prints.  Commands are calls made from
standard input, one JSON line ``[action, fields]`` each; everything that comes, and every answer to
a command, is printed as a JSON line.
"""

import asyncio
import base64
import json
import sys
from dataclasses import asdict, is_dataclass
from datetime import datetime, timezone
from importlib import import_module
from inspect import signature

import websockets
from ocpp.routing import on

VERSIONS = {"ocpp2.1": "v21", "ocpp2.0.1": "v201", "ocpp1.6": "v16"}
USER, PASSWORD = "CS-1", "a secret of 16 characters"
TRANSACTIONS = iter(range(1, 10_000))


def say(what, name, fields):
    print(json.dumps([what, name, fields], default=str), flush=True)


def now():
    return datetime.now(tz=timezone.utc).isoformat()


def station_class(short):
    """Its charge point class with a handler for each call of ours."""
    module = import_module(f"ocpp.{short}")
    calls = import_module(f"ocpp.{short}.call_result")
    old = short == "v16"
    token = {"id_tag_info" if old else "id_token_info": {"status": "Accepted"}}
    answers = {
        "BootNotification": lambda: {"current_time": now(), "interval": 2, "status": "Accepted"},
        "Heartbeat": lambda: {"current_time": now()},
        "StatusNotification": dict,
        "Authorize": lambda: token,
        "MeterValues": dict,
        "SecurityEventNotification": dict,
        "DataTransfer": lambda: {"status": "Accepted"},
    }
    if old:
        answers["StartTransaction"] = lambda: {"transaction_id": next(TRANSACTIONS), **token}
        answers["StopTransaction"] = dict
    else:
        answers["TransactionEvent"] = dict
    members = {}
    for action, answer in answers.items():

        def handle(self, _action=action, _answer=answer, **fields):
            say("call", _action, fields)
            return getattr(calls, _action)(**_answer())

        handle.__name__ = f"on_{action}"  # by which the package finds it
        members[handle.__name__] = on(action)(handle)
    return type("Station", (module.ChargePoint,), members)


STATIONS = {name: station_class(short) for name, short in VERSIONS.items()}


async def commands(station, short):
    calls = import_module(f"ocpp.{short}.call")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        action, fields = json.loads(line)
        kind = getattr(calls, action)
        known = {key: value for key, value in fields.items() if key in signature(kind).parameters}
        answer = await station.call(kind(**known))
        say("answer", action, asdict(answer) if is_dataclass(answer) else answer)


async def serve(connection):
    name = connection.subprotocol
    if name is None:
        await connection.close()
        return
    say("connected", name, {"extensions": len(connection.protocol.extensions)})
    station = STATIONS[name]("CS-1", connection)
    asking = asyncio.create_task(commands(station, VERSIONS[name]))
    try:
        await station.start()
    except websockets.ConnectionClosed:
        say("closed", name, {})
    finally:
        asking.cancel()


def check(connection, request):
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if request.headers.get("Authorization") != wanted:
        return connection.respond(401, "who are you?\n")
    return None


async def main():
    speaks = sys.argv[1:] or list(VERSIONS)
    async with websockets.serve(
        serve, "::1", 0, subprotocols=speaks, process_request=check
    ) as server:
        print(json.dumps(server.sockets[0].getsockname()[1]), flush=True)
        await asyncio.Future()


asyncio.run(main())
