"""Subscriptions: trial, change of plan, cancellation, status, and the run of scheduled grants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgcredits.rpc import GrantRun
from tests.model import arguments
from tests.model.expiry import book_schedules, catch_up, expire_new
from tests.model.items import Item, Subscription
from tests.model.posting import Bill, Metadata, already_paid, as_first_booked, record
from tests.model.returns import settle
from tests.model.schedules import at_the_latest, first_due
from tests.model.state import MOST, Lot, Refusal, later
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc import Receipt
    from tests.model.model import Model
    from tests.model.state import Payment


def start_trial(
    model: Model,
    account_id: str,
    *,
    subscription: str,
    amount: int,
    trial_end: datetime | None,
    item: str | None = None,
    plan: str | None = None,
    trial_key: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_subscription", subscription, 127)
    arguments.amount("p_amount", amount)
    arguments.given_instant("p_trial_end", trial_end)
    arguments.text("p_item", item, 127)
    arguments.text("p_plan", plan, 127)
    arguments.text("p_trial_key", trial_key)
    arguments.tail(reference, idempotency_key, metadata)
    assert trial_end is not None
    asked = {
        "subscription": subscription,
        "item": item or "",
        "amount": amount,
        "trial_end": trial_end.timestamp(),
        "plan": plan,
        "trial_key": trial_key,
    }
    order = Order("grant", reference, idempotency_key, metadata, request=_given(asked))

    work = Work(model, account_id, create=True)
    if replay := work.replay(order):
        return replay
    account = work.account
    for lot in account.lots.values():
        if (lot.subscription, lot.origin) == (subscription, "trial"):
            owner, entry_id = model.booked_first(account_id, lot.lot_id)
            began = model.accounts[owner].entries[entry_id - 1]
            if began.request == order.request:
                return as_first_booked(work, owner, entry_id)
            raise Refusal(
                "trial_used",
                account_id=account_id,
                subscription=subscription,
                trial_end=lot.period_end,
            )
    if known := account.subscriptions.get(subscription):
        raise Refusal(
            "invalid_state",
            account_id=account_id,
            subscription=subscription,
            status=known.status,
        )
    work.require_status("active", "frozen")
    arguments.legal("p_trial_end", trial_end > work.now, "an instant in the future")
    if trial_key is not None:
        if trial_key in model.trial_keys:
            raise Refusal(
                "trial_used",
                account_id=account_id,
                subscription=subscription,
                trial_key=trial_key,
            )
        work.trial_keys.add(trial_key)
    catch_up(work)
    tried = Item(item or "", amount, 0, work.now, trial_end, plan, is_trial=True)
    account.subscriptions[subscription] = Subscription(
        subscription, "trialing", work.created_at, trial_end, items={tried.name: tried}
    )
    lot = Lot(
        pool="subscription",
        granted=amount,
        expires_at=trial_end,
        origin="trial",
        subscription=subscription,
        item=tried.name,
        plan=plan,
        period_start=work.now,
        period_end=trial_end,
        reference=reference,
    )
    work.add(lot, "grant", (), order)
    settle(work)
    return work.finish()


def change_subscription(
    model: Model,
    account_id: str,
    *,
    subscription: str,
    amount: int | None,
    policy: str | None = None,
    when: str | None = "now",
    item: str | None = None,
    plan: str | None = None,
    payment: str | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    when = when or "now"
    arguments.account_id(account_id)
    arguments.name("p_subscription", subscription, 127)
    arguments.legal(
        "p_amount", amount is not None and 0 <= amount <= MOST, f"whole number from 0 to {MOST}"
    )
    arguments.legal("p_when", when in {"now", "period_end"}, "now or period_end")
    arguments.legal(
        "p_policy",
        policy in {None, "none"} or (when == "now" and policy in {"difference", "full"}),
        "difference (the default), full or none; at the period's end none",
    )
    arguments.text("p_item", item, 127)
    arguments.text("p_plan", plan, 127)
    arguments.legal(
        "p_plan",
        plan is not None or policy != "full",
        "a plan, which p_policy full grants once in a period",
    )
    arguments.text("p_payment", payment)
    arguments.money(amount_paid, currency)
    arguments.legal(
        "p_payment",
        amount_paid is None if payment is None else when == "now",
        "id of the payment when p_amount_paid is given; null at the period's end",
    )
    arguments.tail(reference, idempotency_key, metadata)
    assert amount is not None
    policy = policy or ("difference" if when == "now" else "none")
    bill = None if payment is None else Bill("manual", payment, amount_paid, currency)
    asked = {
        "subscription": subscription,
        "item": item or "",
        "amount": amount,
        "policy": policy,
        "when": when,
        "plan": plan,
        "payment": payment,
        "provider": bill and bill.provider,
        "amount_paid": amount_paid,
        "currency": currency,
    }
    order = Order(None, reference, idempotency_key, metadata, request=_given(asked))

    work = Work(model, account_id)
    if replay := work.replay(order) or already_paid(work, bill, order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    known = _find(work, subscription, item or "")
    _require_goes_on(work, known)
    changed = known.items[item or ""]
    if when == "period_end":
        changed.next_amount, changed.next_plan = amount, plan
        work.book("subscription", (), order)
        return work.finish()

    due = _due_at_once(work, subscription, changed, asked)
    pending = max(amount - changed.amount, 0) * changed.to_come
    paid = None
    if bill is not None:
        if due + pending == 0:
            # The money would be forgotten.
            raise Refusal(
                "idempotency_conflict",
                subscription=subscription,
                item=changed.name,
                payment=bill.name,
            )
        paid = record(work, bill, due + pending, pending)
    _change(changed, amount, plan, paid)
    if due:
        lot = _upgrade(work, known, changed, due, paid)
        lot.reference = reference
        work.add(lot, "grant", (), order)
    else:
        work.book("subscription", (), order)
    settle(work)
    return work.finish()


def _due_at_once(work: Work, name: str, item: Item, asked: dict[str, Any]) -> int:
    """What a change grants for the time that is running, by its policy."""
    amount: int = asked["amount"]
    policy, plan = asked["policy"], asked["plan"]
    if policy == "none" or item.is_trial:
        return 0
    gone = {one.payment_id for one in work.account.payments.values() if one.target == one.granted}
    granted = [
        lot
        for lot in work.account.lots.values()
        if lot.origin in {"grant", "schedule", "upgrade"}
        and not (lot.origin == "upgrade" and lot.payment_id in gone)
        and (lot.subscription, lot.item) == (name, item.name)
        and lot.period_start == item.instant(item.done - 1)
    ]
    if policy == "difference":
        due = max(amount - sum(lot.granted for lot in granted), 0)
    else:
        due = 0 if plan in {lot.plan for lot in granted} else amount
    over_at = item.instant(item.done)
    if due and over_at <= work.now:
        raise Refusal(
            "invalid_state",
            account_id=work.account.account_id,
            subscription=name,
            item=item.name,
            period_end=over_at,
        )
    return due


def _change(item: Item, amount: int, plan: str | None, paid: Payment | None) -> None:
    more = amount - item.amount
    if item.every is not None and paid is None:
        keep = amount
        for number, (payment_id, credits, most, cost) in enumerate(item.parts):
            # Less is cut off the last parts; more is first what was cut off before.
            given = min(credits, keep) if more < 0 else min(most, credits + max(more, 0))
            keep -= given
            more -= given - credits if more > 0 else 0
            item.parts[number] = (payment_id, given, most, cost)
    if item.every is not None and more > 0:
        cost = None
        if paid is not None and paid.amount_paid is not None:
            cost = paid.amount_paid * more // paid.granted
        item.parts.append((paid.payment_id if paid else None, more, more, cost))
    item.amount, item.plan = amount, plan or item.plan
    item.next_amount = item.next_plan = None


def _upgrade(work: Work, known: Subscription, item: Item, due: int, paid: Payment | None) -> Lot:
    start, end = item.instant(item.done - 1), item.instant(item.done)
    cost = None
    if paid is not None and paid.amount_paid is not None:
        cost = paid.amount_paid * due // paid.granted
    return Lot(
        pool="subscription",
        granted=due,
        expires_at=at_the_latest(later(end, work.settings.renewal_grace), known, None, item.end),
        origin="upgrade",
        subscription=known.name,
        item=item.name,
        plan=item.plan,
        period_start=start,
        period_end=end,
        payment_id=paid.payment_id if paid else None,
        cost=cost,
        currency=paid.currency if paid else None,
    )


def cancel_subscription(
    model: Model,
    account_id: str,
    *,
    subscription: str,
    when: str | None = "period_end",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    when = when or "period_end"
    arguments.account_id(account_id)
    arguments.name("p_subscription", subscription, 127)
    arguments.legal("p_when", when in {"period_end", "now", "never"}, "period_end, now or never")
    arguments.tail(reference, idempotency_key, metadata)
    request = {"subscription": subscription, "cancel": when}
    order = Order("subscription", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    known = _find(work, subscription)
    work.book("subscription", (), order)
    if when == "never":
        _require_goes_on(work, known)
        known.canceled_at, known.at_period_end = None, False
        _give_grace_back(work, known)
    elif not known.has_ended(work.now):
        at_end = when == "period_end"
        known.canceled_at = (known.canceled_at if at_end else None) or work.now
        known.at_period_end = at_end
        _end_early(work, known)
        expire_new(work)
    return work.finish()


def _ends(known: Subscription, lot: Lot) -> datetime | None:
    """The end of the paid period of the lot's item."""
    item = known.items.get(lot.item) if lot.item is not None else None
    return item.end if item else lot.period_end


def _end_early(work: Work, known: Subscription) -> None:
    """Canceled now, all lots end now; else none outlives its paid period, unless that is over."""
    for lot in work.account.lots.values():
        if lot.subscription != known.name:
            continue
        if not known.at_period_end:
            lot.expires_at = min(lot.expires_at, work.now)
        elif lot.origin != "restoration" and lot.expires_at > work.now:
            end = _ends(known, lot)
            if end is not None and end > work.now:
                lot.expires_at = min(lot.expires_at, end)


def _give_grace_back(work: Work, known: Subscription) -> None:
    for lot in work.account.lots.values():
        if lot.subscription != known.name or lot.origin in {"restoration", "trial"}:
            continue
        if lot.period_end is None or lot.expires_at <= work.now:
            continue
        if lot.expires_at == _ends(known, lot):
            grace = later(lot.period_end, work.settings.renewal_grace)
            lot.expires_at = max(lot.expires_at, grace)


def set_subscription_status(
    model: Model,
    account_id: str,
    *,
    subscription: str,
    status: str,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_subscription", subscription, 127)
    arguments.legal(
        "p_status", status in {"active", "past_due", "paused"}, "active, past_due or paused"
    )
    arguments.tail(reference, idempotency_key, metadata)
    request = {"subscription": subscription, "status": status}
    order = Order("subscription", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    known = _find(work, subscription)
    _require_goes_on(work, known)
    work.book("subscription", (), order)
    known.status = status
    book_schedules(work)
    expire_new(work)
    return work.finish()


def grant_due(model: Model, limit: int | None = 1000) -> GrantRun:
    """Book what is due on the accounts on which a scheduled grant is."""
    arguments.legal("p_limit", limit is None or 1 <= limit <= 10_000, "1 to 10000")
    limit = 1000 if limit is None else limit
    due = sorted(
        (min(instants), account.account_id)
        for account in model.accounts.values()
        if (instants := _due(account, model.now))
    )[:limit]
    run = GrantRun(0, 0, 0, has_more=False)
    for _, account_id in due:
        work = Work(model, account_id)
        if first_due(work.account, work.now) is None:
            continue
        before = len(work.account.entries)
        catch_up(work)
        granted = [one.amount for one in work.account.entries[before:] if one.kind == "grant"]
        work.store()
        run = replace(
            run,
            accounts=run.accounts + 1,
            grants=run.grants + len(granted),
            credits=run.credits + sum(granted),
        )
    return replace(run, has_more=run.accounts > 0 and len(due) == limit)


def _due(account: Any, now: datetime) -> list[datetime]:
    return [
        instant
        for subscription in account.subscriptions.values()
        for item in subscription.items.values()
        if account.status != "closed"
        and (instant := subscription.next_grant(item)) is not None
        and instant <= now
    ]


def _find(work: Work, subscription: str, item: str | None = None) -> Subscription:
    known = work.account.subscriptions.get(subscription)
    if known is None or (item is not None and item not in known.items):
        raise Refusal(
            "subscription_not_found",
            account_id=work.account.account_id,
            subscription=subscription,
            item=item,
        )
    return known


def _require_goes_on(work: Work, known: Subscription) -> None:
    if known.has_ended(work.now):
        assert known.canceled_at is not None
        ended_at = (
            max(item.end for item in known.items.values())
            if known.at_period_end
            else known.canceled_at
        )
        raise Refusal(
            "subscription_ended",
            account_id=work.account.account_id,
            subscription=known.name,
            ended_at=ended_at,
        )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
