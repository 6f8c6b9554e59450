"""What administrators do: freeze, unfreeze, close and repair accounts, correct a balance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up, forfeit
from tests.model.periods import Grant
from tests.model.posting import grant_lot
from tests.model.returns import end_hold, settle
from tests.model.state import MOST, NEVER, Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def freeze_account(model: Model, account_id: str, **given: Any) -> Receipt:
    return _set_status(model, account_id, "freeze", "frozen", **given)


def unfreeze_account(model: Model, account_id: str, **given: Any) -> Receipt:
    return _set_status(model, account_id, "unfreeze", "active", **given)


def _set_status(
    model: Model,
    account_id: str,
    kind: str,
    status: str,
    *,
    reason: str | None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_reason", reason)
    arguments.tail(reference, idempotency_key, metadata)
    order = Order(kind, reference, idempotency_key, metadata, request={"reason": reason})

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    work.book(kind, (), order)
    work.account.status = status
    return work.finish()


def close_account(
    model: Model,
    account_id: str,
    *,
    reason: str | None,
    if_credits: str | None = "refuse",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    if_credits = if_credits or "refuse"
    arguments.account_id(account_id)
    arguments.name("p_reason", reason)
    arguments.legal("p_if_credits", if_credits in {"refuse", "forfeit"}, "refuse or forfeit")
    arguments.tail(reference, idempotency_key, metadata)
    request = {"reason": reason, "if_credits": if_credits}
    order = Order("close", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    account = work.account
    if if_credits == "refuse" and (account.held or account.holding()):
        raise Refusal(
            "account_not_empty",
            account_id=account_id,
            balance=account.balance,
            held=account.held,
            debt=account.debt,
        )
    work.book("close", (), order)
    for hold in account.holds.values():
        if hold.status == "open":
            end_hold(work, hold, "released")
    forfeit(work)
    account.status = "closed"
    return work.finish()


def erase_metadata(
    model: Model,
    account_id: str,
    *,
    reason: str | None,
    reference: str | None = None,
    idempotency_key: str | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_reason", reason)
    arguments.tail(reference, idempotency_key, None)
    order = Order("erase", reference, idempotency_key, None, request={"reason": reason})

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    catch_up(work)
    work.book("erase", (), order)
    work.account.entries = [replace(entry, metadata=None) for entry in work.account.entries]
    return work.finish()


def repair_account(
    model: Model,
    account_id: str,
    *,
    reason: str | None,
    person: str | None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    """Nothing is ever wrong with the rows: it books what is due and that it was called."""
    arguments.account_id(account_id)
    arguments.name("p_reason", reason)
    arguments.name("p_person", person)
    arguments.tail(reference, idempotency_key, metadata)
    request: dict[str, Any] = {"reason": reason, "person": person, "repaired": []}
    order = Order("repair", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    catch_up(work)
    work.book("repair", (), order)
    return work.finish()


def adjust_balance(
    model: Model,
    account_id: str,
    *,
    reason: str | None,
    person: str | None,
    difference: int | None = None,
    target: int | None = None,
    pool: str | None = None,
    expires_at: datetime | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_reason", reason)
    arguments.name("p_person", person)
    arguments.legal(
        "p_difference",
        (difference is None) != (target is None),
        "credits more or less, or the balance wanted as p_target: exactly one of them",
    )
    arguments.legal(
        "p_difference",
        difference is None or (difference != 0 and -MOST <= difference <= MOST),
        f"whole number from -{MOST} to {MOST}, not 0",
    )
    arguments.legal(
        "p_target", target is None or 0 <= target <= MOST, f"whole number from 0 to {MOST}"
    )
    if pool is not None:
        arguments.pool("p_pool", pool)
    arguments.instant("p_expires_at", expires_at)
    arguments.tail(reference, idempotency_key, metadata)
    asked = {
        "reason": reason,
        "person": person,
        "difference": difference,
        "target": target,
        "pool": pool,
        "expires_at": expires_at and _without_zone(expires_at),
    }
    request = {name: value for name, value in asked.items() if value is not None}
    order = Order("adjust", reference, idempotency_key, metadata, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    more = difference if target is None else target - work.account.balance
    assert more is not None
    if more > 0:
        grant = Grant(more, pool or "promotional", expires_at or NEVER)
        grant_lot(work, grant, None, order, late=False)
        settle(work)
    else:
        _take(work, -more, pool, order)
    return work.finish()


def _take(work: Work, amount: int, pool: str | None, order: Order) -> None:
    """Less, out of one pool or of all: never below zero, and not from an account in debt."""
    if amount:
        work.require_affordable(0)
    parts = work.take(amount, lambda lot: pool in {None, lot.pool})
    taken = -sum(credits for _, credits in parts)
    if taken < amount:
        raise Refusal("insufficient_credits", required=amount, available=taken)
    work.book("adjust", parts, order)


def _without_zone(moment: datetime) -> str:
    """As the request of the entry has it: in UTC, without saying so."""
    text = moment.replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text
