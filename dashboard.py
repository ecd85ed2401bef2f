"""The server: Tandem's pages, the routes beside them, and what starts and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import streamlit as st

from engine.runs import StoreError
from ui import board_route, live_route, views_route
from ui.server import board_server, shut_down, store, sweeps


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Find the runs and sweeps that were under way before this server began; at the end leave them to train on."""
    with contextlib.suppress(StoreError):  # the page asks again, and says what is wrong
        sweeps()
    try:
        yield
    finally:
        await asyncio.to_thread(shut_down)


app = st.App(
    "ui/main.py",
    routes=[*live_route.routes(store()), *views_route.routes(store()), *board_route.routes(board_server())],
    lifespan=lifespan,
)
