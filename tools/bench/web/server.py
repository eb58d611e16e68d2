"""The pages and orders of ``v2g bench web``: routes, and what is wrong with an order."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bsw.ecuc.tree import ConfigurationError
from tools.bench.hardware.faults import faults
from tools.bench.hardware.module_faults import MODULE_FAULTS
from tools.bench.scenarios.find import NoScenario, read, shipped
from tools.bench.scenarios.model import PricePart
from tools.bench.scenarios.words import BadWords
from tools.bench.web.director import Director
from tools.bench.web.guard import App, Guard

HERE: Final = Path(__file__).parent
FILES: Final = {
    "/": "page.html",
    "/page.js": "page.js",
    "/page.css": "page.css",
    "/uPlot.js": "vendor/uPlot.iife.min.js",
    "/uPlot.css": "vendor/uPlot.min.css",
}
LARGEST_ORDER: Final = 64 * 1024
FASTEST: Final = 1000.0
_LOOK: Final = 0.05
_PRICES: Final = TypeAdapter(tuple[PricePart, ...])


class WrongOrder(ValueError):
    """What was sent is no order; says what would be."""


class Desk:
    """Takes orders for a director."""

    def __init__(self, director: Director) -> None:
        self._director = director
        self._titles = {name: one.title for name, one in shipped()}

    async def known(self, _request: Request) -> Response:
        """What can be chosen."""
        return JSONResponse(
            {
                "scenarios": self._titles,
                "faults": sorted(faults()),
                "module_faults": sorted(MODULE_FAULTS),
            }
        )

    async def history(self, _request: Request) -> Response:
        return JSONResponse(self._director.history)

    async def events(self, _request: Request) -> Response:
        return StreamingResponse(self._pictures(), media_type="text/event-stream")

    async def _pictures(self) -> AsyncIterator[str]:
        seen = -1
        while True:
            if self._director.serial != seen:
                seen = self._director.serial
                yield f"data: {self._director.picture}\n\n"
            await asyncio.sleep(_LOOK)

    async def order(self, request: Request) -> Response:
        """``{"do": WORDS}``, ``{"play": NAME}``, ``{"speed": N}`` or ``{"prices": [...]}``."""
        try:
            self._carry_out(await _said(request))
        except (BadWords, NoScenario, ConfigurationError, WrongOrder) as error:
            return JSONResponse({"wrong": str(error)}, 400)
        except ValidationError as error:
            return JSONResponse({"wrong": _first(error)}, 400)
        return JSONResponse({"wrong": ""})

    def _carry_out(self, said: dict[str, Any]) -> None:
        if set(said) == {"do"} and isinstance(said["do"], str):
            self._director.do(said["do"])
        elif (
            "play" in said and set(said) <= {"play", "story"} and str(said["play"]) in self._titles
        ):
            scenario = read(str(said["play"]))
            if said.get("story") is False:
                scenario = scenario.model_copy(update={"story": ()})
            self._director.play(scenario)
        elif set(said) == {"speed"} and _number(said["speed"]):
            self._director.speed(min(float(said["speed"]), FASTEST))
        elif set(said) == {"prices"}:
            prices = _PRICES.validate_json(json.dumps(said["prices"]), strict=True)
            if not prices or prices[0].at != 0:
                raise WrongOrder("prices begin at 0 s")
            self._director.price(prices)
        else:
            raise WrongOrder(
                'an order is {"do": ...}, {"play": ...}, {"speed": ...}, {"prices": ...}'
            )


async def _said(request: Request) -> dict[str, Any]:
    octets = b""
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > LARGEST_ORDER:
            raise WrongOrder(f"an order has at most {LARGEST_ORDER} octets")
    try:
        said = json.loads(octets)
    except (ValueError, RecursionError):
        raise WrongOrder("an order is a JSON object") from None
    if not isinstance(said, dict):
        raise WrongOrder("an order is a JSON object")
    return said


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    place = ".".join(map(str, found["loc"]))
    return f"{place}: {found['msg']}"


def application(director: Director, port: int) -> App:
    desk = Desk(director)
    routes = [
        Route("/known", desk.known),
        Route("/history", desk.history),
        Route("/events", desk.events),
        Route("/order", desk.order, methods=["POST"]),
    ]
    routes += [Route(path, _file(HERE / name)) for path, name in FILES.items()]
    return Guard(Starlette(routes=routes), port)


def _file(path: Path) -> Any:  # noqa: ANN401 - an endpoint
    async def serve(_request: Request) -> Response:
        return FileResponse(path)

    return serve
