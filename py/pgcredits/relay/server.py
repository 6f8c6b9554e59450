"""Run the relay in this process."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from pgcredits import logs
from pgcredits.relay.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pgcredits.billing import Billing
    from pgcredits.relay.config import RelayConfig


def serve(
    config: RelayConfig,
    host: str,
    port: int,
    announce: Callable[[str], None],
    billing: Billing | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, finish what is running, and exit with code 0.

    Port 0 takes a free one. ``announce`` gets the address once connections are accepted. Raises
    `OSError` when the address cannot be had, `ValueError` when the tokens of ``billing`` cannot be
    verified. Has to be called in the main thread.
    """
    logs.configure()
    app = create_app(config, billing=billing)
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
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
