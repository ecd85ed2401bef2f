"""The route of the boundary canvases: the newest views of a run as JSON, or those near a step."""

import re
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine.charts.boundary import message
from engine.runs import RunNotFound, Store, StoreError
from engine.store.view_files import ViewError
from ui.own_page import is_own_page

VIEWS_PATH = "/api/views"
STEP = re.compile(r"[0-9]{1,18}")


def routes(store: Store) -> list[Route]:
    """`/api/views?run=ID&step=N&known=TAG` over the runs of `store`."""
    return [Route(VIEWS_PATH, partial(_answer, store))]


def _answer(store: Store, request: Request) -> Response:
    """200 with the boundaries, 204 where nothing is new, or a sentence. Starlette calls this in a thread."""
    if not is_own_page(request.headers):
        return PlainTextResponse("Only pages of this dashboard may ask.", 403)
    asked = request.query_params
    step = int(asked["step"]) if STEP.fullmatch(asked.get("step", "")) else None
    try:
        text = message(store, asked.get("run", ""), step, asked.get("known", ""))
    except RunNotFound:
        return PlainTextResponse("There is no such run.", 404)
    except ViewError as error:
        return PlainTextResponse(str(error), 409)
    except (StoreError, OSError):
        return PlainTextResponse("The views of this run cannot be read.", 500)
    headers = {"Cache-Control": "no-store"}
    return Response(status_code=204) if text is None else Response(text, 200, headers, "application/json")
