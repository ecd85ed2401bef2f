"""The process that serves one exported file, on this machine alone: `… engine.exports.server SIDE FORMAT FOLDER PLACE`.

FOLDER is that of the export. The port goes to PLACE/port once it answers. GET /example gives a body for POST /predict.
It ends when whoever started it is gone, and after IDLE_SECONDS without a request.
"""

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine import system
from engine.exports import runtimes
from engine.exports.catalogue import FORMATS
from engine.exports.runtimes import Answer

HOST = "127.0.0.1"
IDLE_SECONDS = 600.0
LOOK_SECONDS = 0.5
MOST_BYTES, MOST_ROWS = 8_000_000, 1024
FORM = 'The body has to be JSON of the form {"inputs": [[…], …]}.'


class Model:
    """What is served: `answer` for inputs like `example` (1, …); `used` is when the last request came.

    Inputs that are whole numbers are tokens, and there are as many of those as a place has outputs.
    """

    def __init__(self, answer: Answer, example: np.ndarray):
        self.answer, self.example = answer, example
        outputs = answer(example)  # the first call may also prepare something
        self.tokens = outputs.shape[-1] if example.dtype.kind == "i" else 0
        self.used = time.monotonic()

    async def body(self, request: Request) -> Response:
        """A body that /predict takes."""
        self.used = time.monotonic()
        return JSONResponse({"inputs": self.example.tolist()})

    async def predict(self, request: Request) -> Response:
        """The network's outputs for the body's inputs; one sentence and 400 where it cannot have them."""
        self.used = time.monotonic()
        if int(request.headers.get("content-length", MOST_BYTES + 1)) > MOST_BYTES:
            return refused(f"A body says its length, and has at most {MOST_BYTES:,} bytes.", 413)
        try:
            inputs = self.inputs(await request.body())
        except ValueError as error:
            return refused(str(error))
        try:
            outputs = self.answer(inputs)
        except Exception:  # every runtime has errors of its own
            return refused("The file cannot compute the outputs for these inputs.")
        if not np.isfinite(outputs).all():
            return refused("The outputs for these inputs are no finite numbers, which JSON cannot hold.")
        return JSONResponse({"outputs": outputs.tolist()})

    def inputs(self, body: bytes) -> np.ndarray:
        """The array that a body gives. Raises ValueError with one sentence where the network has no use for it."""
        try:
            given = np.asarray(json.loads(body)["inputs"], object)  # a text or a boolean stays what it is
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ValueError(FORM) from None
        shape = self.example.shape[1:]
        rows = f"Inputs are 1 to {MOST_ROWS:,} rows of the shape {shape}"
        if given.ndim != self.example.ndim or given.shape[1:] != shape or not 1 <= len(given) <= MOST_ROWS:
            raise ValueError(f"{rows}, and finite.")
        if not set(map(type, given.flat)) <= {int, float}:
            raise ValueError(f"{rows}, and all of them numbers.")
        try:
            numbers = given.astype(np.float64)
        except OverflowError:
            raise ValueError(f"{rows}, and finite.") from None
        if self.tokens and not np.isin(numbers, range(self.tokens)).all():
            raise ValueError(f"{rows}, and each is a token: a whole number from 0 to {self.tokens - 1:,}.")
        with np.errstate(over="ignore"):  # too large for float32 is infinite, and refused
            inputs = numbers.astype(self.example.dtype)
        if not np.isfinite(inputs).all():
            raise ValueError(f"{rows}, and finite.")
        return inputs


def refused(sentence: str, status: int = 400) -> Response:
    """Why a request is not answered."""
    return JSONResponse({"error": sentence}, status)


def application(model: Model) -> Starlette:
    """The routes, for this machine's own names alone: no page from elsewhere may ask by another one."""
    routes = [Route("/example", model.body), Route("/predict", model.predict, methods=["POST"])]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


def main(side: str, name: str, folder: Path, place: Path) -> None:
    """Serve until nobody needs it any more."""
    parent = os.getppid()
    _, load = runtimes.opener(side, name)
    with np.load(folder / "outputs.npz", allow_pickle=False) as kept:
        example = kept["inputs"][:1]
    model = Model(load(folder / FORMATS[name].file), example)
    # Without its protocol named, asyncio would let the system hold answers back for 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind((HOST, 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(application(model), log_level="warning", access_log=False))
        threading.Thread(target=_watch, args=(server, model, parent), daemon=True).start()
        system.write_whole(place / "port", str(listening.getsockname()[1]))
        server.run(sockets=[listening])


def _watch(server: uvicorn.Server, model: Model, parent: int) -> None:
    while os.getppid() == parent and time.monotonic() - model.used < IDLE_SECONDS:
        time.sleep(LOOK_SECONDS)
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
