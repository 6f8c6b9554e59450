"""The HTTP side of the worker: health and metrics."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from pgcredits.worker.board import Board
    from pgcredits.worker.runner import Worker


def create_app(board: Board, worker: Worker) -> Starlette:
    """Make the application; the jobs start and stop with it."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        worker.start()
        yield
        await run_in_threadpool(worker.stop)

    async def healthz(_request: Request) -> Response:
        """Answer 200 while every job succeeds now and then, 503 else."""
        health = board.health()
        if not worker.is_alive():
            health["status"] = "stopped"
        return JSONResponse(health, 200 if health["status"] == "ok" else 503)

    async def metrics(_request: Request) -> Response:
        """Answer with the metrics in Prometheus's text format."""
        return Response(board.metrics(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/metrics", metrics)], lifespan=lifespan
    )
