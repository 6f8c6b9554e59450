"""A fake of the handful of calls of Stripe's API that we make: in memory, on a real socket.

Lists come in pages, newest first, as Stripe's do; creating with an idempotency key that was used
returns the first object; a deleted customer cannot be used. A test puts objects in with `add` and
troubles with `fail`, and reads `requests`.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pgcredits.stripe_api import ApiConfig, StripeApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.requests import Request

Object = dict[str, Any]

KEY = "sk_test_fake"
PREFIXES = {
    "products": "prod",
    "prices": "price",
    "customers": "cus",
    "checkout/sessions": "cs",
    "billing_portal/sessions": "bps",
}
OBJECTS = {
    "products": "product",
    "prices": "price",
    "customers": "customer",
    "checkout/sessions": "checkout.session",
    "billing_portal/sessions": "billing_portal.session",
}
LISTS = {
    "products",
    "prices",
    "customers",
    "checkout/sessions",
    "events",
    "invoices",
    "refunds",
    "disputes",
    "invoice_payments",
}
# Parameters that say how a list is to be cut, not what belongs to it.
_PAGING = {"limit", "starting_after", "expand", "delivery_success"}


@dataclass
class Seen:
    """A request as the fake got it."""

    method: str
    path: str
    params: Object
    account: str
    key: str | None


@dataclass
class FakeStripe:
    """What is at Stripe, by kind (``prices``) and id, for each connected account ("" for ours)."""

    objects: dict[tuple[str, str], dict[str, Object]] = field(default_factory=dict)
    lines: dict[str, list[Object]] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    page: int = 100
    url: str = ""
    _troubles: list[tuple[str, int, Object]] = field(default_factory=list)
    _replies: dict[str, tuple[Object, Object]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    before: Callable[[Seen], object] | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    def add(self, kind: str, *objects: Object, account: str = "") -> None:
        """Put objects in; the last one is the newest."""
        for obj in objects:
            made = {"object": OBJECTS.get(kind, kind.rstrip("s")), "created": 1, **obj}
            self.objects.setdefault((account, kind), {})[obj["id"]] = made

    def delete_customer(self, customer: str) -> None:
        self.objects["", "customers"][customer] = {
            "id": customer,
            "object": "customer",
            "deleted": True,
        }

    def fail(self, path: str, status: int, times: int = 1, **error: Any) -> None:
        """Answer the next requests of a path with an error."""
        self._troubles += [(path, status, error)] * times

    def calls(self, method: str, path: str) -> list[Object]:
        """Parameters of the requests of a path."""
        return [r.params for r in self.requests if (r.method, r.path) == (method, path)]

    def answer(self, seen: Seen) -> tuple[int, Object]:
        """Answer one request: status and body."""
        if self.before is not None:
            self.before(seen)
        with self._lock:
            self.requests.append(seen)
            for trouble in self._troubles:
                if trouble[0] == seen.path:
                    self._troubles.remove(trouble)
                    return _error(trouble[1], **trouble[2])
            if seen.method == "POST" and seen.key in self._replies:
                params, reply = self._replies[seen.key]
                if params != seen.params:
                    return _error(400, type="idempotency_error", message="other parameters")
                return 200, reply
            status, body = self._route(seen)
            if seen.method == "POST" and seen.key and status == 200:
                self._replies[seen.key] = (seen.params, body)
            return status, body

    def _route(self, seen: Seen) -> tuple[int, Object]:
        path = seen.path.removeprefix("/v1/")
        if lines := re.fullmatch(
            r"(?:checkout/sessions|invoices)/(\w+)/(?:line_items|lines)", path
        ):
            return self._list(seen, self.lines.get(lines[1], []))
        kept = self.objects.get((seen.account, path), {})
        if seen.method == "GET" and path in LISTS:
            return self._list(seen, [o for o in reversed(kept.values()) if not o.get("deleted")])
        if seen.method == "POST" and path in PREFIXES:
            return self._create(seen, path)
        kind, _, name = path.rpartition("/")
        found = self.objects.get((seen.account, kind), {}).get(name)
        if found is None:
            return _missing(f"No such {kind.rstrip('s')}: '{name}'", "id")
        if seen.method == "POST":
            found.update(_typed(seen.params))
        return 200, found

    def _list(self, seen: Seen, found: list[Object]) -> tuple[int, Object]:
        wanted = {k: v for k, v in seen.params.items() if k not in _PAGING}
        found = [obj for obj in found if all(_fits(obj, k, v) for k, v in wanted.items())]
        after = seen.params.get("starting_after")
        if after is not None:
            found = found[[obj["id"] for obj in found].index(after) + 1 :]
        size = min(int(seen.params.get("limit", 10)), self.page)
        page = {"object": "list", "data": found[:size], "has_more": len(found) > size}
        return 200, {**page, "url": seen.path}

    def _create(self, seen: Seen, kind: str) -> tuple[int, Object]:
        customer = seen.params.get("customer")
        if customer is not None:
            known = self.objects.get((seen.account, "customers"), {}).get(customer)
            if known is None or known.get("deleted"):
                return _missing(f"No such customer: '{customer}'", "customer")
        kept = self.objects.setdefault((seen.account, kind), {})
        name = seen.params.get("id") or f"{PREFIXES[kind]}_new{len(kept) + 1}"
        made = {
            "id": name,
            "object": OBJECTS[kind],
            "active": True,
            "created": int(time.time()),
            "livemode": False,
            "metadata": {},
            **_typed(seen.params),
        }
        if kind == "prices":
            if made.pop("transfer_lookup_key", False):
                for other in kept.values():
                    if other.get("lookup_key") == made["lookup_key"]:
                        other["lookup_key"] = None
            product_data = made.pop("product_data", None)
            if product_data:
                made["product"] = f"prod_of_{name}"
                self.add("products", {"id": made["product"], "active": True, **product_data})
        if kind.endswith("/sessions"):
            made["url"] = f"https://stripe.test/{name}"
        kept[name] = made
        return 200, made


def _fits(obj: Object, name: str, value: Any) -> bool:
    if name == "lookup_keys":
        return obj.get("lookup_key") in value
    if name == "created" and isinstance(value, dict):
        return bool(
            obj["created"] >= int(value.get("gte", 0))
            and obj["created"] <= int(value.get("lte", 2**40))
        )
    if name == "active":
        return bool(str(obj.get("active")).lower() == value)
    if name == "types":
        return obj.get("type") in value
    return bool(str(obj.get(name)) == value)


def _typed(params: Object) -> Object:
    """Turn what every form sends as text into what Stripe answers."""
    words: Object = {"true": True, "false": False}
    typed = {name: words.get(v, v) if isinstance(v, str) else v for name, v in params.items()}
    for name in {"unit_amount"} & typed.keys():
        typed[name] = int(typed[name])
    return typed


def _error(status: int, **error: Any) -> tuple[int, Object]:
    return status, {"error": {"type": "invalid_request_error", "message": "told so", **error}}


def _missing(message: str, param: str) -> tuple[int, Object]:
    status = 404 if param == "id" else 400
    return _error(status, code="resource_missing", message=message, param=param)


def unflatten(pairs: Iterable[tuple[str, str]]) -> Object:
    """Read ``a[b][0]=c`` as ``{"a": {"b": ["c"]}}``, as Stripe does."""
    tree: Object = {}
    for name, value in pairs:
        at, *path = re.findall(r"[^\[\]]+", name)
        node = tree
        for step in path:
            node = node.setdefault(at, {})
            at = step
        node[at] = value
    result: Object = _lists(tree)
    return result


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    inner = {name: _lists(value) for name, value in node.items()}
    return list(inner.values()) if inner and all(name.isdecimal() for name in inner) else inner


def _app(fake: FakeStripe) -> Starlette:
    async def handle(request: Request) -> Response:
        pairs = list(request.query_params.multi_items())
        if request.method == "POST":
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            status, body = _error(401, message="Invalid API Key provided: sk_test_****oops")
        else:
            seen = Seen(
                request.method,
                request.url.path,
                unflatten(pairs),
                request.headers.get("stripe-account", ""),
                request.headers.get("idempotency-key"),
            )
            status, body = await run_in_threadpool(fake.answer, seen)
        return Response(json.dumps(body), status, media_type="application/json")

    async def crashed(_request: Request, exc: Exception) -> Response:
        return JSONResponse({"error": {"message": f"the fake has a defect: {exc!r}"}}, 418)

    return Starlette(
        routes=[Route("/{path:path}", handle, methods=["GET", "POST", "DELETE"])],
        exception_handlers={Exception: crashed},
    )


@contextmanager
def serving() -> Iterator[FakeStripe]:
    """Run a fake in a thread, on a free port."""
    fake = FakeStripe()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_app(fake), log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        # The socket listens already: the first request waits until the server takes it.
        fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield fake
    finally:
        server.should_exit = True
        thread.join()


def api_of(fake: FakeStripe, **settings: Any) -> StripeApi:
    """Open the API for a fake, without any waiting."""
    config = ApiConfig(KEY, base=fake.url, rate=1e9, **settings)
    return StripeApi(config, sleep=lambda _: None)
