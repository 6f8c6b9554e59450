"""Calls of Stripe's API: paced, repeated where that is safe, with errors that quote no secret."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any

import stripe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Object = dict[str, Any]

# Pinned, so that an upgrade of the SDK does not change what the database gets to read.
API_VERSION = "2026-10-28.endive"
_KEY = re.compile(r"\b([sr]k|whsec)_\w+")
_PERMISSION = re.compile(r"\brak_\w+")
_LONGEST_PAUSE = 30.0


class StripeTrouble(Exception):  # noqa: N818 - the trouble is Stripe's, the network's or the key's
    """A call of Stripe's API that failed for good; the text says what to do about it.

    ``kind`` is key, permission, network, rate_limit, missing, refused or stripe; ``param`` names
    the parameter that Stripe refused, if it said so.
    """

    def __init__(self, kind: str, text: str, param: str | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.param = param


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Key and limits. Times are in seconds, ``rate`` is in requests a second.

    Raises `ValueError` when the key is none. ``base`` replaces Stripe's address.
    """

    key: str = field(repr=False)
    base: str | None = None
    rate: float = 20.0
    timeout: float = 20.0
    attempts: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key.strip())
        if not re.fullmatch(r"[sr]k_(live|test)_\w+", self.key):
            raise ValueError("the API key is not one of Stripe's (sk_live_..., rk_test_...)")

    @property
    def livemode(self) -> bool:
        """The mode that the key belongs to."""
        return self.key.split("_")[1] == "live"


class StripeApi:
    """Stripe's API for one key, and one connected account where ``account`` names it.

    Objects are plain dictionaries, as Stripe sends them. Every method raises `StripeTrouble`. May
    be used by several threads, which share the pace.
    """

    def __init__(
        self,
        config: ApiConfig,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._sleep = sleep
        self._pace = _Pace(config.rate, sleep, now)
        self._client = stripe.StripeClient(
            config.key,
            stripe_version=API_VERSION,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=config.timeout),
            base_addresses={"api": config.base} if config.base else {},
        )

    @property
    def livemode(self) -> bool:
        """The mode that the key belongs to."""
        return self._config.livemode

    def pages(
        self, path: str, account: str = "", **params: Any
    ) -> Iterator[tuple[list[Object], bool]]:
        """Yield one page of a list after the other, with whether another one follows."""
        after: Mapping[str, Any] = {}
        while True:
            page = self.get(path, account, **{"limit": 100, **params, **after})
            objects: list[Object] = page["data"]
            has_more = bool(page.get("has_more")) and bool(objects)
            yield objects, has_more
            if not has_more:
                return
            after = {"starting_after": objects[-1]["id"]}

    def all(self, path: str, account: str = "", **params: Any) -> Iterator[Object]:
        """Yield every object of a list."""
        for page, _ in self.pages(path, account, **params):
            yield from page

    def get(self, path: str, account: str = "", **params: Any) -> Object:
        """Read one object, or one page of a list; ``path`` begins with ``/v1/``."""
        return self._repeat(lambda: self._send("get", path, account, params, None))

    def post(self, path: str, key: str, account: str = "", **params: Any) -> Object:
        """Create or change something; ``key`` is the idempotency key, so that it can be repeated.

        The same key with the same parameters gives the same object for at least 24 hours.
        """
        return self._repeat(lambda: self._send("post", path, account, params, key))

    def _send(
        self, method: str, path: str, account: str, params: Mapping[str, Any], key: str | None
    ) -> Object:
        options: dict[str, Any] = dict(params)
        if account:
            options["stripe_account"] = account
        if key is not None:
            options["idempotency_key"] = key
        answer = self._client.raw_request(method, path, **options)
        found: Object = answer.data
        return found

    def _repeat(self, call: Callable[[], Object]) -> Object:
        attempt = 1
        while True:
            self._pace.wait()
            try:
                return call()
            except stripe.StripeError as exc:
                if not _may_pass(exc) or attempt >= self._config.attempts:
                    raise trouble(exc) from None
            # Stripe asks for growing pauses with some chance in them.
            self._sleep(min(2.0 ** (attempt - 1), _LONGEST_PAUSE) * (0.5 + random() / 2))  # noqa: S311
            attempt += 1


def from_environment(path: str | None = None) -> StripeApi | None:
    """Open the API with the key in a file, else in STRIPE_API_KEY.

    The file is ``path``, else the one that STRIPE_API_KEY_FILE names.

    The same object each time, so that its users share the pace; None when neither is set. Raises
    `ValueError` when it is no key, and `OSError` when the file cannot be read.
    """
    key = os.environ.get("STRIPE_API_KEY", "")
    path = path or os.environ.get("STRIPE_API_KEY_FILE")
    if path:
        key = Path(path).read_text("utf-8")
    return _open(key, os.environ.get("STRIPE_API_BASE") or None) if key.strip() else None


@cache
def _open(key: str, base: str | None) -> StripeApi:
    return StripeApi(ApiConfig(key, base=base))


class _Pace:
    """Lets requests begin at even distances."""

    def __init__(
        self, rate: float, sleep: Callable[[float], object], now: Callable[[], float]
    ) -> None:
        self._gap = 1 / rate
        self._sleep = sleep
        self._now = now
        self._next = now()
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            pause = self._next - self._now()
            self._next = max(self._next, self._now()) + self._gap
        if pause > 0:
            self._sleep(pause)


def _may_pass(exc: stripe.StripeError) -> bool:
    if isinstance(exc, (stripe.RateLimitError, stripe.APIConnectionError)):
        return True
    # A conflict: another request with the same idempotency key is still running.
    return exc.http_status == 409 or (exc.http_status or 0) >= 500


def trouble(exc: stripe.StripeError) -> StripeTrouble:
    """Say what an error of the SDK means, without any key that it quotes."""
    said = _KEY.sub("the key", exc.user_message or str(exc)).strip()
    if isinstance(exc, stripe.AuthenticationError):
        return StripeTrouble("key", "Stripe does not accept the API key: set STRIPE_API_KEY anew")
    if isinstance(exc, stripe.PermissionError):
        needed = _PERMISSION.search(said)
        text = f"give it {needed[0]}" if needed else "see its permissions in the dashboard"
        return StripeTrouble("permission", f"the restricted API key may not do that: {text}")
    if isinstance(exc, stripe.APIConnectionError):
        return StripeTrouble("network", "Stripe cannot be reached: check the network and proxies")
    if isinstance(exc, stripe.RateLimitError):
        return StripeTrouble("rate_limit", "Stripe's rate limit is reached: try again later")
    if isinstance(exc, stripe.InvalidRequestError):
        kind = "missing" if exc.code == "resource_missing" else "refused"
        return StripeTrouble(kind, f"Stripe refuses the request: {said}", exc.param)
    status = f" ({exc.http_status})" if exc.http_status else ""
    return StripeTrouble("stripe", f"Stripe has failed{status}: {said}")
