"""Run the worker in this process."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from pgcredits import logs
from pgcredits.worker.app import create_app
from pgcredits.worker.board import Board
from pgcredits.worker.jobs import connect
from pgcredits.worker.runner import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from pgcredits.worker.runner import Scheduled


def serve(
    database_url: str,
    schedule: Sequence[Scheduled],
    host: str,
    port: int,
    announce: Callable[[str], None],
) -> None:
    """Run the jobs until SIGINT or SIGTERM, finish the running batches, and exit with code 0.

    Port 0 takes a free one. ``announce`` gets the address once connections are accepted. Raises
    `OSError` when the address cannot be had. Has to be called in the main thread.
    """
    logs.configure()
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )
    board = Board(schedule)
    worker = Worker(schedule, lambda job: connect(job, database_url), board)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(board, worker),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
    )
    # uvicorn raises the signal again after it has shut down; before it has started it is ours.
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    bound = listener.getsockname()[1]
    announce(f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}")
    server.run(sockets=[listener])


def _leave(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
