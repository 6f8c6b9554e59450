"""What the billing endpoints do: customers, sessions, and the confirmation of what was paid."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pgcredits.stripe_api.client import StripeTrouble
from pgcredits.stripe_api.envelope import event_text, is_paid
from pgcredits.stripe_api.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pgcredits import rpc
    from pgcredits.billing.config import BillingConfig
    from pgcredits.stripe_api.client import Object, StripeApi


class Ledger(Protocol):
    """The calls of the database that the desk makes, each in a transaction of its own."""

    def buyer(self, account_id: str) -> rpc.StripeBuyer:
        """Ask for the customer and subscription of an account."""

    def ingest(self, payload: str) -> rpc.StripeOutcome:
        """Store and apply an event."""

    def add_lines(self, object_id: str, lines: Sequence[Object]) -> rpc.StripeOutcome:
        """Tell what a session consists of."""


class RefusedError(Exception):
    """A request that cannot be done: HTTP status, a code, and a sentence about it."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer wants to buy: a price and how often, or a number of credits."""

    success_url: str
    cancel_url: str
    price: str | None = None
    quantity: int = 1
    credits: int | None = None
    mode: str = "payment"


@dataclass(frozen=True, slots=True)
class Billing:
    """What the endpoints need: settings, and Stripe's API in the mode of the relay."""

    config: BillingConfig
    api: StripeApi


class Desk:
    """Serves one account at a time, by its id.

    Every method blocks, and raises `RefusedError`, `StripeTrouble` and what the ledger raises.
    """

    def __init__(
        self,
        config: BillingConfig,
        api: StripeApi,
        ledger: Ledger,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._api = api
        self._ledger = ledger
        self._now = now

    def checkout(self, account: str, order: Order, key: str | None = None) -> dict[str, Any]:
        """Open a checkout session; the same ``key`` again returns the same one."""
        for name in ("success_url", "cancel_url"):
            self._check_redirect(name, getattr(order, name))
        params = self._session(account, order)
        name = str(uuid.uuid4()) if key is None else _digest(account, key)
        made = self._with_customer(
            account,
            lambda customer: self._api.post(
                "/v1/checkout/sessions",
                f"pgcredits:checkout:{name}:{customer}",
                customer=customer,
                **params,
            ),
            subscribes=order.mode == "subscription",
        )
        return {"session": made["id"], "url": made["url"]}

    def portal(self, account: str, return_url: str) -> dict[str, Any]:
        """Open a session of the customer portal, for an account that is a customer."""
        self._check_redirect("return_url", return_url)
        if self._ledger.buyer(account).customer is None:
            raise RefusedError(404, "no_customer", "the account has bought nothing so far")
        made = self._with_customer(
            account,
            lambda customer: self._api.post(
                "/v1/billing_portal/sessions",
                f"pgcredits:portal:{uuid.uuid4()}",
                customer=customer,
                return_url=return_url,
            ),
        )
        return {"url": made["url"]}

    def confirm(self, account: str, session_id: str) -> dict[str, Any]:
        """Grant what a session has bought, if its event has not done so yet."""
        try:
            session = self._api.get(f"/v1/checkout/sessions/{session_id}")
        except StripeTrouble as exc:
            if exc.kind == "missing":
                raise _unknown() from None
            raise
        owner = (session.get("metadata") or {}).get("account") or session.get("client_reference_id")
        if owner != account:
            # The same answer as for one that does not exist: ids of others are not confirmed.
            raise _unknown()
        paid = session
        if session.get("mode") == "subscription" and session.get("invoice"):
            paid = self._api.get(f"/v1/invoices/{session['invoice']}")
        if not is_paid(paid):
            return {"session": session_id, "outcome": "unpaid", "reason": None}
        outcome = self._ledger.ingest(self._event(paid))
        if (outcome.waits_for or "").startswith("lines:"):
            lines = read_lines(self._api, paid["object"], paid["id"])
            outcome = self._ledger.add_lines(paid["id"], lines)
        return {"session": session_id, "outcome": outcome.outcome, "reason": outcome.reason}

    def _session(self, account: str, order: Order) -> dict[str, Any]:
        metadata = {"account": account}
        common: dict[str, Any] = {
            "mode": order.mode,
            "client_reference_id": account,
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        if order.mode == "subscription":
            item = {"price": order.price, "quantity": order.quantity}
            return {
                **common,
                "line_items": [item],
                "metadata": metadata,
                "subscription_data": {"metadata": metadata},
            }
        if order.credits is None:
            item = {"price": order.price, "quantity": order.quantity}
            bought = {**metadata, "credits_from": "line_items"}
        else:
            item = self._custom_item(order.credits)
            bought = {**metadata, "credits_frozen": "1", "credits": str(order.credits)}
        return {
            **common,
            "line_items": [item],
            "metadata": bought,
            "payment_intent_data": {"metadata": metadata},
        }

    def _custom_item(self, credits: int) -> dict[str, Any]:
        custom = self._config.custom
        if custom is None:
            raise RefusedError(400, "no_custom_amounts", "choose a price; amounts are not offered")
        try:
            money = custom.money(credits)
        except ValueError as exc:
            raise RefusedError(400, "invalid_field", str(exc)) from None
        return {
            "quantity": 1,
            "price_data": {
                "currency": custom.currency,
                "unit_amount": money,
                "product_data": {
                    "name": f"{credits:,} credits",
                    # For those who go by line items: one unit is worth all of them.
                    "metadata": {"credits": str(credits)},
                },
            },
        }

    def _with_customer(
        self, account: str, use: Callable[[str], Object], *, subscribes: bool = False
    ) -> Object:
        """Call with the customer of the account, which is made anew when Stripe has deleted it."""
        customer = self._customer(account, subscribes=subscribes)
        try:
            return use(customer)
        except StripeTrouble as exc:
            if exc.kind != "missing" or exc.param != "customer":
                raise
        gone = {"id": customer, "object": "customer", "deleted": True}
        self._ledger.ingest(self._event(gone))
        return use(self._customer(account, subscribes=subscribes))

    def _customer(self, account: str, *, subscribes: bool) -> str:
        buyer = self._ledger.buyer(account)
        if subscribes and buyer.subscription is not None:
            raise RefusedError(
                409, "already_subscribed", "the account has a subscription: change it in the portal"
            )
        if buyer.customer is not None:
            return buyer.customer
        # Everybody who finds none uses the same key, so Stripe makes one customer of all requests.
        made = self._api.post(
            "/v1/customers",
            f"pgcredits:customer:{_digest(account, str(buyer.deleted_customers))}",
            metadata={"account": account},
        )
        self._ledger.ingest(self._event(made))
        identifier: str = made["id"]
        return identifier

    def _event(self, obj: Mapping[str, Any]) -> str:
        text = event_text(dict(obj), livemode=self._api.livemode, now=int(self._now()))
        if text is None:
            raise RefusedError(502, "stripe", "Stripe has sent an object of an unknown kind")
        return text

    def _check_redirect(self, name: str, url: str) -> None:
        if not self._config.allows(url):
            raise RefusedError(
                400, "redirect_not_allowed", f"{name} is none of the addresses that are allowed"
            )


def _unknown() -> RefusedError:
    return RefusedError(404, "session_not_found", "there is no such session of this account")


def _digest(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]
