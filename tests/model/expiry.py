"""Lots end: by their expiry, whoever comes first books it, or because a subscription is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgcredits.rpc import Sweep
from tests.model import arguments
from tests.model.returns import end_hold
from tests.model.schedules import book_schedule
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def catch_up(work: Work) -> None:
    """First step of every command that writes: book what is due, each as a command of its own.

    It is booked in the order of time, scheduled grants first where it is the same.
    """
    before = None
    while before != len(work.account.entries):
        # Once more where a grant waits for room, since what is over may have made some.
        before = len(work.account.entries)
        book_schedule(work, book_before(work), own=True)
        _book_due(work, work.now)


def book_schedules(work: Work) -> None:
    """Book scheduled grants that the running command has made due, as a part of it."""
    book_schedule(work, lambda until: _expire(work, until, on_their_own=False), own=False)


def book_before(work: Work) -> Callable[[datetime], None]:
    """Book what is over at an instant, before something that happens then is booked."""
    return lambda until: _book_due(work, until)


def _book_due(work: Work, until: datetime) -> None:
    """Book what is over, each hold as its deadline would have found the account.

    Lots that were alive then get their credits back, and end later if they are over by now.
    """
    overdue = [hold for hold in work.account.holds.values() if hold.is_overdue(until)]
    for hold in sorted(overdue, key=lambda hold: (hold.expires_at, hold.hold_id)):
        _expire(work, hold.expires_at, on_their_own=True)
        work.as_of = hold.expires_at
        end_hold(work, hold, "expired")
        work.as_of = None
        work.end_command()
    _expire(work, until, on_their_own=True)


def expire_new(work: Work) -> None:
    """Book what the running command itself brought past its expiry, as a part of it."""
    _expire(work, work.now, on_their_own=False)


def forfeit(work: Work) -> None:
    """End every lot now; what is left in them is lost."""
    lost = []
    for lot in work.account.holding():
        lost.append((lot.lot_id, -lot.left))
        lot.expired += lot.left
        lot.left = 0
        lot.expires_at = work.now
    if lost:
        work.book("expire", lost)


def _expire(work: Work, until: datetime, *, on_their_own: bool) -> None:
    due = [lot for lot in work.account.holding() if lot.expires_at <= until]
    for lot in sorted(due, key=lambda lot: (lot.expires_at, lot.lot_id)):
        work.book("expire", [(lot.lot_id, -lot.left)], occurred_at=lot.expires_at)
        lot.expired += lot.left
        lot.left = 0
        if on_their_own:
            work.end_command()


def expire_subscription_credits(
    model: Model,
    account_id: str,
    *,
    subscription: str | None = None,
    reason: str | None = "cycle_end",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.text("p_subscription", subscription, 127)
    arguments.text("p_reason", reason)
    arguments.tail(reference, idempotency_key, metadata)
    request = {"reason": reason or "cycle_end"}
    if subscription is not None:
        request["subscription"] = subscription
    order = Order("expire", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    work.require_known()
    if replay := work.replay(order):
        return replay
    work.require_status("active", "frozen", "closed")
    catch_up(work)
    parts = []
    for lot in sorted(work.account.lots.values(), key=lambda lot: lot.rank):
        ended = (
            lot.subscription == subscription
            if subscription is not None
            else lot.subscription is not None or (lot.pool == "subscription" and not lot.giver)
        )
        if ended:
            if lot.left:
                parts.append((lot.lot_id, -lot.left))
            lot.expired += lot.left
            lot.left = 0
            lot.expires_at = min(lot.expires_at, work.now)
    work.book("expire", parts, order)
    return work.finish()


def expire_account(model: Model, account_id: str) -> Sweep:
    """Book what is due on one account, and tell what that was."""
    if account_id not in model.accounts:
        return Sweep(0, 0, 0, 0, has_more=False)
    work = Work(model, account_id)
    before = len(work.account.entries)
    account, now = work.account, work.now
    is_over = any(lot.expires_at <= now for lot in account.holding()) or any(
        hold.is_overdue(now) for hold in account.holds.values()
    )
    if is_over:
        catch_up(work)
    booked = work.account.entries[before:]
    if booked:
        work.store()
    holds = sum(entry.kind == "release" for entry in booked)
    over = [part for entry in booked if entry.kind == "expire" for part in entry.parts]
    lost = -sum(amount for _, amount in over)
    lots = {lot_id for lot_id, _ in over}
    return Sweep(int(bool(booked)), holds, len(lots), lost, has_more=False)


def expire_due(model: Model, limit: int | None = 1000) -> Sweep:
    """Book what is due on all accounts.

    The number of accounts and lots counts those that hold credits; the database may count lots,
    too, that were used up before they expired.
    """
    arguments.legal("p_limit", limit is None or 1 <= limit <= 10_000, "1 to 10000")
    done = [expire_account(model, account_id) for account_id in list(model.accounts)]
    return Sweep(
        sum(one.accounts for one in done),
        sum(one.holds for one in done),
        sum(one.lots for one in done),
        sum(one.credits for one in done),
        has_more=False,
    )
