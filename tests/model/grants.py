"""Accounts are opened and credited: gifts, purchases, periods, payments of any provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.model import arguments, periods
from tests.model.expiry import catch_up, expire_new
from tests.model.money_back import move_target, settle
from tests.model.periods import Grant
from tests.model.state import MOST, NEVER, Lot, Payment, Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc import Receipt
    from tests.model.model import Model

Metadata = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What was paid: the name of the payment at its provider, and the money."""

    provider: str
    name: str
    amount_paid: int | None
    currency: str | None
    amount_returned: int = 0


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
    return _post(model, account_id, [grant], None, (reference, idempotency_key, metadata))


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
    return _post(model, account_id, [grant], bill, (reference, idempotency_key, metadata))


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
    return _post(model, account_id, [grant], None, (reference, key, metadata))


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
    )
    bill = None if payment is None else Bill("manual", payment, amount_paid, currency)
    tail = (reference, idempotency_key, metadata)
    return _post(model, account_id, [grant], bill, tail, late=True)


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
        ordered.append(Grant(**grant))
    bill = Bill(provider or "manual", payment, amount_paid, currency, amount_returned or 0)
    tail = (reference, idempotency_key, metadata)
    return _post(model, account_id, ordered, bill, tail, late=True)


def _post(
    model: Model,
    account_id: str,
    grants: list[Grant],
    bill: Bill | None,
    tail: tuple[str | None, str | None, Metadata],
    *,
    late: bool = False,
) -> Receipt:
    """Grant lots: replays by key, payment and period; then grant, claw, expire, settle."""
    order = Order("grant", *tail, request=_request(grants, bill))
    work = Work(model, account_id, create=True)
    replay = work.replay(order) or _paid(work, bill, order) or _granted(work, grants, bill)
    if replay:
        return replay

    work.require_status("active", "frozen")
    catch_up(work)
    payment = _record(work, bill, grants) if bill else None
    for number, grant in enumerate(grants):
        said = order if number == 0 else Order("grant", order.reference, None, None)
        _grant(work, grant, payment, said, late=late)
    if payment and payment.amount_returned:
        move_target(work, payment, payment.share(payment.amount_returned), None)
    expire_new(work)
    settle(work)
    return work.finish()


def _request(grants: list[Grant], bill: Bill | None) -> dict[str, Any]:
    """What a replay must ask again. Expiries are left out: callers compute them anew."""
    asked: dict[str, Any] = {}
    if bill:
        asked |= {"payment": bill.name, "provider": bill.provider}
        asked |= {"amount_paid": bill.amount_paid, "currency": bill.currency}
    asked["grants"] = [
        _given(
            {
                "amount": grant.amount,
                "pool": grant.pool,
                "subscription": grant.subscription,
                "item": grant.item,
                "period_start": grant.period_start and grant.period_start.timestamp(),
            }
        )
        for grant in grants
    ]
    return _given(asked)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _paid(work: Work, bill: Bill | None, order: Order) -> Receipt | None:
    """A payment grants once: the same again is a replay, anything else a conflict."""
    known = work.model.names.get((bill.provider, bill.name)) if bill else None
    if bill is None or known is None:
        return None
    owner, payment_id = known
    recorded = payment = None
    if owner == work.account.account_id:
        payment = work.account.payments[payment_id]
        recorded = work.account.entries[payment_id - 1].request
    same = (
        payment is not None
        and recorded is not None
        and order.request is not None
        and recorded["grants"] == order.request["grants"]
        and (payment.amount_paid, payment.currency) == (bill.amount_paid, bill.currency)
    )
    if not same:
        raise Refusal(
            "idempotency_conflict",
            payment=bill.name,
            recorded=recorded,
            amount_paid=payment and payment.amount_paid,
        )
    return work.receipt(payment_id, is_replay=True)


def _granted(work: Work, grants: list[Grant], bill: Bill | None) -> Receipt | None:
    """An item is granted once per period: again is a replay, unless money came for it."""
    for grant in grants:
        for lot in work.account.lots.values():
            same_period = (lot.subscription, lot.item, lot.period_start) == (
                grant.subscription,
                grant.item,
                grant.period_start,
            )
            if grant.item is None or lot.origin != "grant" or not same_period:
                continue
            if lot.granted != grant.amount or bill is not None:
                raise Refusal(
                    "idempotency_conflict",
                    subscription=grant.subscription,
                    item=grant.item,
                    period_start=grant.period_start,
                    lot_id=lot.lot_id,
                    recorded=lot.granted,
                    asked=grant.amount,
                    payment=bill and bill.name,
                )
            return work.receipt(work.account.entries[lot.lot_id - 1].command_id, is_replay=True)
    return None


def _record(work: Work, bill: Bill, grants: list[Grant]) -> Payment:
    granted = sum(grant.amount for grant in grants)
    if granted > MOST:
        raise Refusal("balance_limit", limit=MOST, granted=granted)
    payment = Payment(
        payment_id=work.next_entry_id,
        provider=bill.provider,
        name=bill.name,
        amount_paid=bill.amount_paid,
        currency=bill.currency,
        granted=granted,
        amount_returned=bill.amount_returned,
    )
    work.account.payments[payment.payment_id] = payment
    work.names[bill.provider, bill.name] = (work.account.account_id, payment.payment_id)
    return payment


def _grant(work: Work, grant: Grant, payment: Payment | None, order: Order, *, late: bool) -> None:
    newest = periods.newest_period(work, grant)
    ends_at = periods.end_of(grant, newest, work)
    if not late:
        argument = "p_expires_at" if grant.period_end is None else "p_period_end"
        arguments.legal(argument, ends_at > work.now, "an instant in the future")
    cost = grant.cost
    if cost is None and payment is not None and payment.amount_paid is not None:
        cost = payment.amount_paid * grant.amount // payment.granted
    lot = Lot(
        pool=grant.pool,
        granted=grant.amount,
        expires_at=ends_at,
        subscription=grant.subscription,
        item=grant.item,
        period_start=grant.period_start,
        period_end=grant.period_end,
        payment_id=payment.payment_id if payment else None,
        cost=cost,
        currency=payment.currency if payment else None,
        reference=order.reference,
    )
    work.add(lot, "grant", (), order)
    if periods.starts_period(grant, newest):
        periods.roll_over(work, grant, ends_at)
