"""An account that goes on under another id: lots, payments, subscriptions, with all figures."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.returns import end_hold, put_back, settle
from tests.model.state import Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgcredits.rpc import Receipt
    from tests.model.model import Model
    from tests.model.state import Part


def merge_accounts(
    model: Model,
    account_id: str,
    *,
    into_account_id: str,
    if_holds: str | None = "refuse",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    if_holds = if_holds or "refuse"
    arguments.account_id(account_id)
    arguments.other_account("p_into_account_id", into_account_id, account_id)
    arguments.legal("p_if_holds", if_holds in {"refuse", "release"}, "refuse or release")
    arguments.tail(reference, idempotency_key, metadata)
    request = {"into_account_id": into_account_id, "if_holds": if_holds}
    order = Order("merge", reference, idempotency_key, metadata, request=request)

    old = Work(model, account_id, create=True)
    if replay := old.replay(order):
        return replay
    new = Work(model, into_account_id, create=True)
    old.require_status("active")
    new.require_status("active", "frozen")
    catch_up(old)
    catch_up(new)
    is_open = any(hold.status == "open" for hold in old.account.holds.values())
    if is_open and if_holds == "refuse":
        raise Refusal("holds_open", account_id=account_id, held=old.account.held)
    for hold in old.account.holds.values():
        if hold.status == "open":
            end_hold(old, hold, "released")
            old.end_command()

    left = {lot.lot_id: lot.left for lot in old.account.lots.values()}
    parts = [(lot.lot_id, -lot.left) for lot in old.account.holding()]
    debt = old.account.debt
    old.book(
        "merge",
        [*parts, (0, debt)] if debt else parts,
        order,
        other=(into_account_id, new.next_entry_id),
    )
    gave = (account_id, old.account.entries[-1].entry_id)
    new.book("merge", (), Order(None, reference, None, None), other=gave)
    _move_payments(old, new, gave)
    _move_lots(old, new, gave, left)
    _move_subscriptions(old, new)
    _move_caps(old, new)
    old.account.status = "closed"
    old.account.merged_into = into_account_id
    settle(new)
    new.finish()
    return old.finish()


def _move_payments(old: Work, new: Work, gave: tuple[str, int]) -> None:
    for payment in old.account.payments.values():
        # A repeated purchase is compared with what was asked first.
        request = old.account.entries[payment.payment_id - 1].request
        moved = copy(payment)
        moved.was = (old.account.account_id, payment.payment_id)
        moved.back = payment.clawed + payment.owed + payment.settled
        moved.payment_id = payment.moved_to = new.next_entry_id
        owed = [(0, -payment.owed)] if payment.owed else []
        new.book("merge", owed, Order(None, None, None, None, request=request), other=gave)
        new.account.payments[moved.payment_id] = moved
        for name, known in old.model.names.items():
            if known == moved.was:
                new.names[name] = (new.account.account_id, moved.payment_id)


def _move_lots(old: Work, new: Work, gave: tuple[str, int], left: dict[int, int]) -> None:
    """All of them, used up or not: what was spent may come back."""
    for lot in old.account.lots.values():
        moved = copy(lot)
        moved.was = (old.account.account_id, lot.lot_id)
        moved.gone = lot.granted - lot.clawed - left[lot.lot_id]
        moved.lot_id = lot.moved_to = new.next_entry_id
        if lot.payment_id is not None:
            moved.payment_id = old.account.payments[lot.payment_id].moved_to
        periods = {
            (one.subscription, one.item, one.period_start)
            for one in new.account.lots.values()
            if one.origin == "grant" and one.item is not None
        }
        if lot.origin == "grant" and (lot.subscription, lot.item, lot.period_start) in periods:
            moved.item = None
        if lot.origin in {"schedule", "upgrade"} and lot.subscription in new.account.subscriptions:
            moved.item = None
        moved.granted_at = new.created_at
        lot.left = 0
        new.book("merge", [(moved.lot_id, moved.left)], other=gave)
        new.account.lots[moved.lot_id] = moved


def _move_subscriptions(old: Work, new: Work) -> None:
    """They go on as they are, under the same payments; what is known there stays as it is."""
    for name, one in sorted(old.account.subscriptions.items()):
        if name not in new.account.subscriptions:
            moved = new.account.subscriptions[name] = one.copy()
            for item in moved.items.values():
                item.parts = [
                    (paid and old.account.payments[paid].moved_to, amount, most, cost)
                    for paid, amount, most, cost in item.parts
                ]
            continue
        is_over = one.canceled_at is not None and not one.at_period_end
        if not is_over and any(item.to_come for item in one.items.values()):
            raise Refusal(
                "invalid_state",
                account_id=old.account.account_id,
                subscription=name,
                status=one.status,
            )
    old.account.subscriptions.clear()


def _move_caps(old: Work, new: Work) -> None:
    """What the members had used over there is not used here."""
    for (member, period), cap in sorted(old.account.caps.items()):
        if (member, period) not in new.account.caps:
            request = {"period": period, "cap": cap}
            order = Order("cap", None, None, None, member=member, request=request)
            new.book("cap", (), order)
            new.account.caps[member, period] = cap


def pass_on(work: Work, parts: Iterable[Part], if_expired: str) -> None:
    """Let credits that came back to lots of a merged account come back to where these are now."""
    assert work.account.merged_into is not None
    into = Work(work.model, work.account.merged_into)
    if into.account.merged_into is None:
        into.require_status("active", "frozen")
    catch_up(into)
    moved = []
    for lot_id, amount in parts:
        here = work.account.lots[lot_id].moved_to
        assert here is not None
        moved.append((here, amount))
    work.book(
        "merge",
        [(lot_id, -amount) for lot_id, amount in parts],
        other=(into.account.account_id, into.next_entry_id),
    )
    gave = (work.account.account_id, work.account.entries[-1].entry_id)
    into.book("merge", moved, other=gave)
    if into.account.merged_into is not None:
        pass_on(into, moved, if_expired)
    else:
        put_back(into, moved, if_expired)
        settle(into)
    into.finish()
