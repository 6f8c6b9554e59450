"""Lots end: by their expiry, whoever comes first books it, or because a subscription is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgcredits.rpc import Sweep
from tests.model import arguments
from tests.model.state import Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def catch_up(work: Work) -> None:
    """First step of every command that writes: book what is due, each as a command of its own."""
    _expire(work, on_their_own=True)


def expire_new(work: Work) -> None:
    """Book what the running command itself brought past its expiry, as a part of it."""
    _expire(work, on_their_own=False)


def _expire(work: Work, *, on_their_own: bool) -> None:
    due = [lot for lot in work.account.holding() if lot.expires_at <= work.now]
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
    if work.account.status is None:
        raise Refusal("account_not_found", account_id=account_id)
    if replay := work.replay(order):
        return replay
    catch_up(work)
    parts = []
    for lot in sorted(work.account.lots.values(), key=lambda lot: lot.rank):
        ended = (
            lot.subscription == subscription
            if subscription is not None
            else lot.subscription is not None or lot.pool == "subscription"
        )
        if ended:
            if lot.left:
                parts.append((lot.lot_id, -lot.left))
            lot.expired += lot.left
            lot.left = 0
            lot.expires_at = min(lot.expires_at, work.now)
    work.book("expire", parts, order)
    return work.finish()


def expire_account(model: Model, account_id: str) -> int:
    """Book what is due on one account; return the credits that were lost."""
    if account_id not in model.accounts:
        return 0
    work = Work(model, account_id)
    before = work.account.balance
    catch_up(work)
    if work.account.balance != before:
        work.store()
    return before - work.account.balance


def expire_due(model: Model, limit: int | None = 1000) -> Sweep:
    """Book what is due on all accounts.

    The number of accounts and lots counts those that hold credits; the database may count lots,
    too, that were used up before they expired.
    """
    arguments.legal("p_limit", limit is None or 1 <= limit <= 10_000, "1 to 10000")
    due = {
        account_id: lots
        for account_id, account in model.accounts.items()
        if (lots := [lot for lot in account.holding() if lot.expires_at <= model.now])
    }
    lost = sum(expire_account(model, account_id) for account_id in due)
    return Sweep(len(due), 0, sum(map(len, due.values())), lost, has_more=False)
