"""The HTTP side of the relay."""

from __future__ import annotations

import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Route

from pgcredits.billing import Desk, create_routes
from pgcredits.errors import CreditsError, InvalidArgument
from pgcredits.relay.delivery import RefusedError, read_delivery
from pgcredits.relay.gateway import Gateway, reason_of
from pgcredits.relay.lines import LineFetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from pgcredits.billing import Billing
    from pgcredits.relay.config import RelayConfig
    from pgcredits.rpc import StripeOutcome

    Ingest = Callable[[str], StripeOutcome]

logger = logging.getLogger("pgcredits.relay")


def create_app(
    config: RelayConfig,
    *,
    ingest: Ingest | None = None,
    now: Callable[[], float] = time.time,
    billing: Billing | None = None,
) -> Starlette:
    """Make the application; with ``billing``, it has the endpoints for paying as well.

    ``ingest`` takes the received text of a verified event, in a worker thread, and returns when
    the outcome is durable; by default it is the database. ``now`` is the time that signatures are
    judged by. Raises `ValueError` when the tokens of ``billing`` cannot be verified.
    """
    gateway = Gateway(config)
    fetch = None if billing is None else LineFetcher(billing.api, gateway)
    endpoints = _Endpoints(config, gateway, ingest or gateway.ingest, now, fetch)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        gateway.open()
        yield
        await run_in_threadpool(gateway.close)

    paying = []
    if billing is not None:
        desk = Desk(billing.config, billing.api, gateway, now)
        paying.append(create_routes(billing.config, desk))
    app = Starlette(
        routes=[
            *paying,
            Route("/webhooks/stripe", endpoints.stripe, methods=["POST"]),
            Route("/healthz", endpoints.healthz),
            Route("/readyz", endpoints.readyz),
        ],
        exception_handlers={Exception: endpoints.crashed},
        lifespan=lifespan,
    )
    # Stripe counts a redirect as a failed delivery; a wrong path should look wrong.
    app.router.redirect_slashes = False
    return app


class _Endpoints:
    def __init__(
        self,
        config: RelayConfig,
        gateway: Gateway,
        ingest: Ingest,
        now: Callable[[], float],
        fetch: LineFetcher | None,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._ingest = ingest
        self._now = now
        self._fetch = fetch

    async def stripe(self, request: Request) -> Response:
        """Answer 200 when the event is stored, 400 or 413 when it never will be, 503 else."""
        started = time.monotonic()
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return _answer(400, "refused", started, reason="disconnected")
        if body is None:
            return _answer(413, "refused", started, reason="too_large")
        try:
            delivery = read_delivery(
                body, request.headers.get("stripe-signature"), self._config, now=self._now()
            )
        except RefusedError as exc:
            return _answer(400, "refused", started, reason=exc.reason, explanation=exc.explanation)
        labels: dict[str, Any] = {"event": delivery.event_id, "type": delivery.event_type}
        try:
            outcome = await run_in_threadpool(self._ingest, delivery.text)
        except InvalidArgument as exc:
            return _answer(400, "refused", started, **labels, reason=exc.code, **_figures(exc))
        except (psycopg.Error, CreditsError) as exc:
            return _answer(503, "retry", started, **labels, reason=reason_of(exc), error=exc)
        answer = _answer(200, outcome.outcome, started, **labels, reason=outcome.reason)
        if self._fetch is not None and self._fetch.is_wanted(outcome):
            # After the answer, and after the event was committed; the worker makes good a failure.
            answer.background = BackgroundTask(self._fetch, delivery.text)
        return answer

    async def healthz(self, _request: Request) -> Response:
        """Answer 200 as long as the process serves requests."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """Answer 200 when the database can be reached and has exactly the schema we ship."""
        try:
            found, current = await run_in_threadpool(self._gateway.schema)
        except (psycopg.Error, CreditsError) as exc:
            return JSONResponse({"status": "unready", "reason": reason_of(exc)}, 503)
        if not current:
            return JSONResponse(
                {"status": "unready", "reason": "schema_differs", "migration": found.migration}, 503
            )
        return JSONResponse({"status": "ready", "migration": found.migration})

    async def crashed(self, _request: Request, exc: Exception) -> Response:
        """Answer 500 for a defect of ours; Stripe tries again."""
        return _answer(500, "retry", None, reason="internal_error", error=exc)

    async def _body(self, request: Request) -> bytes | None:
        """Read the raw body, or return None as soon as it is known to be too long."""
        limit = self._config.max_body_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            return None
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return None
        return bytes(body)


def _figures(exc: CreditsError) -> dict[str, Any]:
    argument = exc.values.get("argument")
    return {"explanation": f"the database refused the argument {argument}"} if argument else {}


def _answer(
    status: int,
    outcome: str,
    started: float | None,
    *,
    error: BaseException | None = None,
    **fields: str | None,
) -> Response:
    """Answer with a small JSON object, and write the same as one log line.

    Neither holds the body or a secret. Of an error only its class, SQLSTATE and constant message
    are logged: DETAIL and CONTEXT may quote the payload.
    """
    shown = {"outcome": outcome, **{k: v for k, v in fields.items() if v is not None}}
    extra: dict[str, Any] = {"status": status, **shown}
    if started is not None:
        extra["ms"] = round((time.monotonic() - started) * 1000)
    if error is not None:
        extra["error"] = type(error).__name__
        if isinstance(error, psycopg.Error):
            extra["sqlstate"] = error.sqlstate
            extra["detail"] = error.diag.message_primary or str(error)
        elif isinstance(error, CreditsError):
            extra["sqlstate"] = error.sqlstate
            extra["detail"] = error.message
    level = logging.INFO if status == 200 and outcome != "failed" else logging.WARNING
    logger.log(logging.ERROR if status >= 500 else level, "delivery", extra={"fields": extra})
    return JSONResponse(shown, status)
