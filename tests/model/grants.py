"""Accounts are opened and credited: gifts, purchases, periods, payments of any provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.periods import Grant
from tests.model.posting import Bill, Metadata, post
from tests.model.state import NEVER, Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def open_account(
    model: Model,
    account_id: str,
    *,
    kind: str | None = "user",
    time_zone: str | None = "UTC",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    kind, time_zone = kind or "user", time_zone or "UTC"
    arguments.account_id(account_id)
    arguments.legal(
        "p_kind", kind in {"user", "organisation", "guest"}, "user, organisation or guest"
    )
    arguments.time_zone("p_time_zone", time_zone)
    arguments.tail(reference, idempotency_key, metadata)
    request = {"kind": kind, "time_zone": time_zone}
    order = Order("open", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id, create=True)
    if replay := work.replay(order):
        return replay
    account = work.account
    if account.open_entry_id is not None:
        if (account.kind, account.time_zone) != (kind, time_zone):
            raise Refusal(
                "invalid_state",
                account_id=account_id,
                kind=account.kind,
                time_zone=account.time_zone,
            )
        return work.receipt(account.open_entry_id, is_replay=True)
    work.require_status("active", "frozen")
    catch_up(work)
    account.kind, account.time_zone = kind, time_zone
    account.open_entry_id = work.next_entry_id
    work.book("open", (), order)
    return work.finish()


def grant_credits(
    model: Model,
    account_id: str,
    *,
    amount: int,
    pool: str | None = "promotional",
    expires_at: datetime | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    pool = pool or "promotional"
    arguments.account_id(account_id)
    arguments.amount("p_amount", amount)
    arguments.pool("p_pool", pool)
    arguments.instant("p_expires_at", expires_at)
    arguments.tail(reference, idempotency_key, metadata)
    grant = Grant(amount, pool, expires_at or NEVER)
    return post(model, account_id, [grant], None, (reference, idempotency_key, metadata))


def add_purchased_credits(
    model: Model,
    account_id: str,
    *,
    amount: int,
    expires_at: datetime | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.amount("p_amount", amount)
    arguments.instant("p_expires_at", expires_at)
    arguments.money(amount_paid, currency)
    arguments.legal("p_reference", reference is not None, "id of the payment, 1 to 255 characters")
    arguments.tail(reference, idempotency_key, metadata)
    grant = Grant(amount, "purchased", expires_at or NEVER)
    bill = Bill("manual", str(reference), amount_paid, currency)
    return post(model, account_id, [grant], bill, (reference, idempotency_key, metadata))


def add_subscription_credits(
    model: Model,
    account_id: str,
    *,
    amount: int,
    period_end: datetime | None,
    subscription: str | None = "default",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.amount("p_amount", amount)
    arguments.given_instant("p_period_end", period_end)
    arguments.text("p_subscription", subscription, 127)
    arguments.legal(
        "p_idempotency_key",
        idempotency_key is not None or reference is not None,
        "a key, or else p_reference, so that the period is granted once",
    )
    arguments.tail(reference, idempotency_key, metadata)
    grant = Grant(
        amount, "subscription", subscription=subscription or "default", period_end=period_end
    )
    key = idempotency_key or f"ref:subscription:{reference}"
    return post(model, account_id, [grant], None, (reference, key, metadata))


def renew_subscription(
    model: Model,
    account_id: str,
    *,
    subscription: str,
    amount: int,
    period_start: datetime,
    period_end: datetime | None,
    rollover_cap: int | None = 0,
    item: str | None = None,
    plan: str | None = None,
    grant_every: timedelta | str | None = None,
    payment: str | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_subscription", subscription, 127)
    arguments.amount("p_amount", amount)
    arguments.given_instant("p_period_start", period_start)
    is_after = period_end is not None and period_end > period_start
    arguments.legal("p_period_end", is_after, "an instant after p_period_start")
    arguments.instant("p_period_end", period_end)
    arguments.rollover_cap("p_rollover_cap", rollover_cap)
    arguments.text("p_item", item, 127)
    arguments.text("p_plan", plan, 127)
    every = arguments.grant_every("p_grant_every", grant_every, period_start, period_end)
    arguments.text("p_payment", payment)
    arguments.money(amount_paid, currency)
    arguments.legal(
        "p_payment",
        payment is not None or amount_paid is None,
        "id of the payment when p_amount_paid is given",
    )
    arguments.tail(reference, idempotency_key, metadata)
    grant = Grant(
        amount,
        "subscription",
        None,
        subscription,
        item or "",
        period_start,
        period_end,
        rollover_cap,
        plan=plan,
        every=every,
    )
    bill = None if payment is None else Bill("manual", payment, amount_paid, currency)
    tail = (reference, idempotency_key, metadata)
    return post(model, account_id, [grant], bill, tail, late=True)


def record_payment(
    model: Model,
    account_id: str,
    *,
    payment: str,
    amount_paid: int,
    currency: str,
    grants: list[dict[str, Any]],
    provider: str | None = "manual",
    amount_returned: int | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_payment", payment)
    arguments.money_given("p_amount_paid", amount_paid)
    arguments.money(amount_paid, currency)
    arguments.text("p_provider", provider, 63)
    arguments.legal(
        "p_provider",
        provider != "stripe",
        "any provider but stripe, whose payments come in with its events",
    )
    arguments.money_back("p_amount_returned", amount_returned)
    arguments.tail(reference, idempotency_key, metadata)
    arguments.grants(grants)
    ordered = []
    for given in grants:
        grant = dict(given)
        subscription = grant.get("subscription")
        grant["pool"] = grant.get("pool") or ("subscription" if subscription else "purchased")
        if grant.get("period_start") is not None:
            grant["item"] = grant.get("item") or ""
        grant["every"] = arguments.months_and_days(grant.pop("grant_every", None))
        ordered.append(Grant(**grant))
    bill = Bill(provider or "manual", payment, amount_paid, currency, amount_returned or 0)
    tail = (reference, idempotency_key, metadata)
    return post(model, account_id, ordered, bill, tail, late=True)
