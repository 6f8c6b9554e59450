"""Grants that a paid period brings later: booked when they are due, by whoever comes first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.model.items import Item, Subscription
from tests.model.periods import Grant, roll_over
from tests.model.returns import claw, settle
from tests.model.state import MOST, Lot, Payment, later

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.state import Account
    from tests.model.work import Work

_US = timedelta(microseconds=1)
Due = tuple[datetime, Subscription, Item]


def first_due(account: Account, now: datetime) -> Due | None:
    """The scheduled grant that is due first, if it is due and fits into the account."""
    due = [
        (instant, subscription, item)
        for subscription in account.subscriptions.values()
        for item in subscription.items.values()
        if (instant := subscription.next_grant(item)) is not None and instant <= now
    ]
    if not due or account.status == "closed":
        return None
    first = min(due, key=lambda one: (one[0], one[1].name, one[2].name))
    fits = account.balance + account.debt + account.held + first[2].amount <= MOST
    return first if fits else None


def book_schedule(work: Work, book_before: Callable[[datetime], None], *, own: bool) -> None:
    """Book what is due in the order of time, each after what was over before it."""
    while first := first_due(work.account, work.now):
        instant, subscription, item = first
        book_before(instant - _US)
        grant_scheduled(work, subscription, item)
        if own:
            work.end_command()


def grant_scheduled(work: Work, subscription: Subscription, item: Item) -> None:
    """Book the next grant as of its instant; the first one of an instant rolls over."""
    account = work.account
    start, end = item.instant(item.done), item.instant(item.done + 1)
    ends_at = at_the_latest(later(end, work.settings.renewal_grace), subscription, None, item.end)
    is_first = not any(
        lot.origin in {"grant", "schedule"}
        and (lot.subscription, lot.period_start) == (subscription.name, start)
        for lot in account.lots.values()
    )
    work.as_of = start if start <= work.now else None
    grant_parts(work, subscription, item, item.done, ends_at)
    if is_first:
        period = Grant(
            0,
            "subscription",
            subscription=subscription.name,
            period_start=start,
            period_end=end,
            rollover_cap=item.cap,
        )
        roll_over(work, period, ends_at)
    item.done += 1
    settle(work)
    work.as_of = None


def at_the_latest(
    ends_at: datetime, subscription: Subscription | None, start: datetime | None, end: datetime
) -> datetime:
    """The end of a lot, or the earlier one that a cancellation of its subscription puts to it."""
    latest = subscription.latest(start, end) if subscription else None
    return ends_at if latest is None else min(ends_at, latest)


def grant_parts(
    work: Work, subscription: Subscription, item: Item, number: int, ends_at: datetime
) -> None:
    """A lot for each payment; what a payment has to give back by now is taken out of it at once."""
    if not item.amount:
        work.book("subscription")
    parts = [part for part in item.parts if part[1]]
    for position, (payment_id, amount, most, paid) in enumerate(parts):
        cost = None if paid is None else paid * amount // most
        payment = None if payment_id is None else work.account.payments[payment_id]
        lot = Lot(
            pool="subscription",
            granted=amount,
            expires_at=ends_at,
            origin="upgrade" if position else "schedule",
            subscription=subscription.name,
            item=item.name,
            plan=item.plan,
            period_start=item.instant(number),
            period_end=item.instant(number + 1),
            payment_id=payment_id,
            cost=cost,
            currency=payment.currency if payment else None,
        )
        work.add(lot, "grant")
        if payment:
            _pay(work, payment, lot)


def _pay(work: Work, payment: Payment, lot: Lot) -> None:
    payment.pending -= lot.granted
    back = max(payment.withheld - payment.pending, 0)
    if back:
        payment.withheld -= back
        payment.clawed += back
        lot.left -= back
        claw(work, lot, back)
        work.book("clawback", [(lot.lot_id, -back)])


def item_of(work: Work, grant: Grant, payment: Payment | None = None) -> Item:
    """The item as a paid period makes it; it stays on its plan unless another one is named."""
    assert grant.item is not None
    assert grant.period_start is not None
    assert grant.period_end is not None
    known = work.account.subscriptions.get(grant.subscription or "")
    before = known.items.get(grant.item) if known else None
    plan = grant.plan or (before and (before.next_plan or before.plan)) or None
    item = Item(
        grant.item,
        grant.amount,
        grant.rollover_cap,
        grant.period_start,
        grant.period_end,
        plan,
        every=grant.every,
        zone=work.account.time_zone,
    )
    if grant.every is not None:
        cost = None
        if grant.cost is not None:
            cost = grant.cost // (1 + item.to_come)
        elif payment is not None and payment.amount_paid is not None:
            cost = payment.amount_paid * grant.amount // payment.granted
        item.parts = [(payment.payment_id if payment else None, grant.amount, grant.amount, cost)]
    return item


def is_older(item: Item, newest: Item | None) -> bool:
    """Whether a period is not newer than the newest one; one after a trial's start is."""
    if newest is None:
        return False
    return newest.start >= (item.end if newest.is_trial else item.start)


def finish_schedule(work: Work, grant: Grant, book_before: Callable[[datetime], None]) -> None:
    """Book what the period until now still grants before the new one, as commands of their own."""
    known = work.account.subscriptions.get(grant.subscription or "")
    item = known.items.get(grant.item or "") if known else None
    assert grant.period_start is not None
    if known is None or item is None or item.every is None:
        return
    if known.canceled_at is not None and not known.at_period_end:
        return
    while item.instant(item.done) < min(item.end, grant.period_start):
        book_before(min(item.instant(item.done) - _US, work.now))
        grant_scheduled(work, known, item)
        work.end_command()
    book_before(work.now)


def keep_period(work: Work, grant: Grant, item: Item) -> None:
    """The period becomes the newest of its item; an older one is granted until that began."""
    account = work.account
    name = grant.subscription
    assert name is not None
    known = account.subscriptions.get(name)
    newest = known.items.get(item.name) if known else None
    if known is not None and newest is not None and is_older(item, newest):
        _grant_older(work, known, item, newest)
        return
    if known is None:
        known = account.subscriptions[name] = Subscription(
            name, "active", work.account.entries[-1].created_at
        )
    if known.status == "trialing" or item.end > work.now:
        known.status = "active"
    if known.canceled_at is not None and known.canceled_at <= item.start:
        known.canceled_at, known.at_period_end = None, False
    known.items[item.name] = item


def _grant_older(work: Work, known: Subscription, item: Item, newest: Item) -> None:
    for number in range(1, 1 + item.to_come):
        start, end = item.instant(number), item.instant(number + 1)
        if start >= newest.start:
            break
        is_there = any(
            lot.origin == "schedule"
            and (lot.subscription, lot.item, lot.period_start) == (known.name, item.name, start)
            for lot in work.account.lots.values()
        )
        if not is_there:
            ends_at = at_the_latest(end, known, item.start, item.end)
            grant_parts(work, known, item, number, ends_at)
