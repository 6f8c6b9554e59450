"""Spends, and giving them back when the work failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.merging import pass_on
from tests.model.returns import from_the_end, put_back, settle
from tests.model.state import Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def deduct_credit(
    model: Model,
    account_id: str,
    *,
    amount: int = 1,
    feature: str | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.amount("p_amount", amount)
    arguments.text("p_feature", feature)
    arguments.text("p_member", member)
    arguments.tail(reference, idempotency_key, metadata)
    order = Order("spend", reference, idempotency_key, metadata, -amount, feature, member)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_status("active")
    catch_up(work)
    work.require_cap(member, amount)
    work.require_affordable(amount)
    work.book("spend", work.take(amount), order)
    return work.finish()


def refund_spend(
    model: Model,
    account_id: str,
    *,
    entry_id: int | None = None,
    spend_key: str | None = None,
    amount: int | None = None,
    if_expired: str | None = "grace",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.legal(
        "p_entry_id",
        (entry_id is None) != (spend_key is None),
        "number of the spend, or its key as p_spend_key: exactly one of them",
    )
    arguments.amount("p_amount", 1 if amount is None else amount)
    if_expired = if_expired or "grace"
    arguments.legal("p_if_expired", if_expired in {"grace", "lapse"}, "grace or lapse")
    arguments.tail(reference, idempotency_key, metadata)
    asked = {
        "entry_id": entry_id,
        "spend_key": spend_key,
        "amount": amount,
        "if_expired": if_expired,
    }
    request = {name: value for name, value in asked.items() if value is not None}

    work = Work(model, account_id)
    entries = work.account.entries
    spend = work.account.by_key(spend_key)
    if entry_id is not None and 1 <= entry_id <= len(entries):
        spend = entries[entry_id - 1]
    member = spend.member if spend else None
    order = Order("refund", reference, idempotency_key, metadata, member=member, request=request)
    if replay := work.replay(order):
        return replay
    if spend is None or spend.kind not in {"spend", "capture"}:
        raise Refusal(
            "entry_not_found", account_id=account_id, entry_id=entry_id, spend_key=spend_key
        )
    refunded = sum(entry.amount for entry in entries if entry.about == spend.entry_id)
    rest = -spend.amount - refunded
    returned = rest if amount is None else amount
    if returned > rest or rest == 0:
        raise Refusal(
            "refund_exceeds_spend",
            entry_id=spend.entry_id,
            spent=-spend.amount,
            refunded=refunded,
            refundable=rest,
        )

    if work.account.merged_into is None:
        work.require_status("active", "frozen")
    catch_up(work)
    parts = from_the_end(spend.parts, refunded, returned)
    work.book("refund", parts, order, about=spend.entry_id)
    if work.account.merged_into is not None:
        pass_on(work, parts, if_expired)
    else:
        put_back(work, parts, if_expired)
        settle(work)
    return work.finish()
