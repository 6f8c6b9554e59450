"""The HTTP side of the billing endpoints."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from pgcredits.billing.desk import Desk, Order, RefusedError
from pgcredits.billing.limits import Limiter
from pgcredits.billing.tokens import NotSignedInError, Tokens
from pgcredits.errors import CreditsError
from pgcredits.stripe_api.client import StripeTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from pgcredits.billing.config import BillingConfig

logger = logging.getLogger("pgcredits.billing")
_LONGEST_BODY = 16 * 1024
_ORDER = {"success_url", "cancel_url", "price", "quantity", "credits", "mode"}


def create_routes(config: BillingConfig, desk: Desk) -> Mount:
    """Make the routes below ``/billing``. Raises `ValueError` when tokens cannot be verified."""
    endpoints = _Endpoints(config, desk)
    app = Starlette(
        routes=[
            Route("/checkout-session", endpoints.checkout, methods=["POST"]),
            Route("/portal-session", endpoints.portal, methods=["POST"]),
            Route("/confirm-session", endpoints.confirm, methods=["POST"]),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(config.origins),
                allow_methods=["POST"],
                allow_headers=["authorization", "content-type", "idempotency-key"],
                max_age=600,
            )
        ],
    )
    app.router.redirect_slashes = False
    return Mount("/billing", app)


class _Endpoints:
    def __init__(self, config: BillingConfig, desk: Desk) -> None:
        self._desk = desk
        self._tokens = Tokens(config)
        self._limiter = Limiter(config.per_minute)

    async def checkout(self, request: Request) -> Response:
        """Open a checkout session for a price or a number of credits."""
        key = request.headers.get("idempotency-key")
        return await self._serve(
            request, lambda account, body: self._desk.checkout(account, _order(body, key), key)
        )

    async def portal(self, request: Request) -> Response:
        """Open a session of Stripe's customer portal."""
        return await self._serve(
            request,
            lambda account, body: self._desk.portal(account, _only_text(body, "return_url")),
        )

    async def confirm(self, request: Request) -> Response:
        """Grant what a session has bought, for the page that the customer returns to."""
        return await self._serve(
            request, lambda account, body: self._desk.confirm(account, _session_id(body))
        )

    async def _serve(
        self, request: Request, work: Callable[[str, dict[str, Any]], dict[str, Any]]
    ) -> Response:
        path = request.url.path
        try:
            account = await run_in_threadpool(
                self._tokens.account, request.headers.get("authorization")
            )
        except NotSignedInError as exc:
            return _refuse(path, 401, "not_signed_in", str(exc), {"WWW-Authenticate": "Bearer"})
        wait = self._limiter.wait(account)
        if wait > 0:
            headers = {"Retry-After": str(int(wait) + 1)}
            return _refuse(path, 429, "too_many_requests", "call again later", headers)
        try:
            body = await _read(request)
            answer = await run_in_threadpool(work, account, body)
        except RefusedError as exc:
            return _refuse(path, exc.status, exc.code, str(exc))
        except (StripeTrouble, psycopg.Error, CreditsError) as exc:
            return _troubled(path, exc)
        return JSONResponse(answer)


def _troubled(path: str, exc: Exception) -> Response:
    """Answer for what failed behind us; only what Stripe says of the request is passed on."""
    detail = {"path": path, "error": type(exc).__name__}
    if isinstance(exc, StripeTrouble):
        detail["detail"] = str(exc)
    logger.warning("trouble", extra={"fields": detail})
    if not isinstance(exc, StripeTrouble):
        return _refuse(path, 503, "database_unavailable", "try again later")
    if exc.kind in {"missing", "refused"}:
        return _refuse(path, 422, "stripe_refuses", str(exc))
    status = 503 if exc.kind in {"rate_limit", "network"} else 502
    return _refuse(path, status, "stripe_unavailable", "try again later")


def _refuse(
    path: str, status: int, code: str, text: str, headers: dict[str, str] | None = None
) -> Response:
    logger.info("refused", extra={"fields": {"path": path, "status": status, "code": code}})
    return JSONResponse({"error": code, "message": text}, status, headers)


def _invalid(text: str) -> RefusedError:
    return RefusedError(400, "invalid_field", text)


async def _read(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise RefusedError(413, "too_large", f"the body has more than {_LONGEST_BODY} bytes")
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise RefusedError(400, "not_json", "the body is not JSON") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "not_json", "the body is not a JSON object")
    return found


def _known(body: dict[str, Any], allowed: set[str]) -> None:
    if unknown := set(body) - allowed:
        raise _invalid(
            f"unknown field {min(unknown)[:40]!r}; there are {', '.join(sorted(allowed))}"
        )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _invalid(f"{name} must be a text")
    return value


def _only_text(body: dict[str, Any], name: str) -> str:
    _known(body, {name})
    return _text(body, name)


def _session_id(body: dict[str, Any]) -> str:
    value = _only_text(body, "session_id")
    if not re.fullmatch(r"cs_[A-Za-z0-9_]{1,250}", value):
        raise _invalid("session_id must be the id of a checkout session, cs_...")
    return value


def _order(body: dict[str, Any], key: str | None) -> Order:
    _known(body, _ORDER)
    if key is not None and not 1 <= len(key) <= 255:
        raise _invalid("Idempotency-Key must have 1 to 255 characters")
    price, credits, mode = body.get("price"), body.get("credits"), body.get("mode", "payment")
    quantity = body.get("quantity", 1)
    if mode not in {"payment", "subscription"}:
        raise _invalid("mode must be payment or subscription")
    if (price is None) == (credits is None):
        raise _invalid("either price or credits must be given")
    if price is not None and not (
        isinstance(price, str) and re.fullmatch(r"[A-Za-z0-9_]{1,255}", price)
    ):
        raise _invalid("price must be the id of a price")
    if credits is not None and (not isinstance(credits, int) or isinstance(credits, bool)):
        raise _invalid("credits must be a whole number")
    if credits is not None and (mode == "subscription" or "quantity" in body):
        raise _invalid("credits must be bought in mode payment, without a quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= 10_000:
        raise _invalid("quantity must be a whole number from 1 to 10000")
    return Order(
        _text(body, "success_url"), _text(body, "cancel_url"), price, quantity, credits, mode
    )
