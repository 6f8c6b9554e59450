"""The one way in which credits are granted: replays, then grant, claw, expire, settle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.model import arguments, periods
from tests.model.expiry import book_before, book_schedules, catch_up, expire_new
from tests.model.money_back import move_target
from tests.model.returns import settle
from tests.model.schedules import at_the_latest, finish_schedule, item_of, keep_period
from tests.model.state import MOST, Lot, Payment, Refusal
from tests.model.work import Order, Work, receipt_of

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model
    from tests.model.periods import Grant

Metadata = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What was paid: the name of the payment at its provider, and the money."""

    provider: str
    name: str
    amount_paid: int | None
    currency: str | None
    amount_returned: int = 0


def post(
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
    replay = work.replay(order) or already_paid(work, bill, order) or _granted(work, grants, bill)
    if replay:
        return replay

    work.require_status("active", "frozen")
    catch_up(work)
    granted = pending = 0
    for grant in grants:
        to_come = item_of(work, grant).to_come if grant.every else 0
        pending += grant.amount * to_come
        granted += grant.amount * (1 + to_come)
        if grant.item is not None:
            finish_schedule(work, grant, book_before(work))
    payment = record(work, bill, granted, pending) if bill else None
    for number, grant in enumerate(grants):
        said = order if number == 0 else Order("grant", order.reference, None, None)
        grant_lot(work, grant, payment, said, late=late)
    if payment and payment.amount_returned:
        move_target(work, payment, payment.share(payment.amount_returned), None)
    book_schedules(work)
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
                "plan": grant.plan,
                "grant_months": grant.every and grant.every[0],
                "grant_days": grant.every and grant.every[1],
            }
        )
        for grant in grants
    ]
    return _given(asked)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def already_paid(work: Work, bill: Bill | None, order: Order) -> Receipt | None:
    """A payment grants once: the same again is a replay, anything else a conflict."""
    known = work.model.names.get((bill.provider, bill.name)) if bill else None
    if bill is None or known is None:
        return None
    owner, payment_id = known
    recorded = payment = None
    if owner in work.model.chain(work.account.account_id):
        payment = work.model.accounts[owner].payments[payment_id]
        recorded = work.model.accounts[owner].entries[payment_id - 1].request
    if recorded != order.request:
        raise Refusal(
            "idempotency_conflict",
            payment=bill.name,
            recorded=recorded,
            amount_paid=payment and payment.amount_paid,
        )
    return as_first_booked(work, owner, payment_id)


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
            return as_first_booked(work, work.account.account_id, lot.lot_id)
    return None


def as_first_booked(work: Work, account_id: str, entry_id: int) -> Receipt:
    """The receipt of the purchase, also where the lot or payment has come with a merge."""
    account_id, entry_id = work.model.booked_first(account_id, entry_id)
    account = work.model.accounts[account_id]
    return receipt_of(account, account.entries[entry_id - 1].command_id, is_replay=True)


def record(work: Work, bill: Bill, granted: int, pending: int) -> Payment:
    """Note a payment and what it grants, ``pending`` of it later."""
    if granted > MOST:
        raise Refusal("balance_limit", limit=MOST, granted=granted)
    payment = Payment(
        payment_id=work.next_entry_id,
        provider=bill.provider,
        name=bill.name,
        amount_paid=bill.amount_paid,
        currency=bill.currency,
        granted=granted,
        pending=pending,
        amount_returned=bill.amount_returned,
    )
    work.account.payments[payment.payment_id] = payment
    work.names[bill.provider, bill.name] = (work.account.account_id, payment.payment_id)
    return payment


def grant_lot(
    work: Work, grant: Grant, payment: Payment | None, order: Order, *, late: bool
) -> None:
    """Book one lot as the order's kind; the first item of a new period renews its subscription."""
    assert order.kind is not None
    newest = periods.newest_period(work, grant)
    item = None if grant.item is None else item_of(work, grant, payment)
    first = grant
    if item is not None:
        first = replace(grant, period_end=item.instant(1))
    ends_at = periods.end_of(grant, newest, first.period_end, work)
    if item is not None:
        known = work.account.subscriptions.get(grant.subscription or "")
        ends_at = at_the_latest(ends_at, known, item.start, item.end)
    if not late:
        argument = "p_expires_at" if grant.period_end is None else "p_period_end"
        arguments.legal(argument, ends_at > work.now, "an instant in the future")
    cost = grant.cost
    if cost is not None and item is not None:
        cost //= 1 + item.to_come
    if cost is None and payment is not None and payment.amount_paid is not None:
        cost = payment.amount_paid * grant.amount // payment.granted
    lot = Lot(
        pool=grant.pool,
        granted=grant.amount,
        expires_at=ends_at,
        subscription=grant.subscription,
        item=grant.item,
        plan=item.plan if item else grant.plan,
        period_start=grant.period_start,
        period_end=first.period_end,
        payment_id=payment.payment_id if payment else None,
        cost=cost,
        currency=payment.currency if payment else None,
        reference=order.reference,
    )
    work.add(lot, order.kind, (), order)
    if periods.starts_period(grant, newest):
        periods.roll_over(work, first, ends_at)
    if item is not None:
        keep_period(work, grant, item)
