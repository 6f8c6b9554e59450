"""Credits that one account gives to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.returns import settle
from tests.model.state import Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def transfer_credits(
    model: Model,
    account_id: str,
    *,
    to_account_id: str,
    amount: int,
    pool: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.other_account("p_to_account_id", to_account_id, account_id)
    arguments.amount("p_amount", amount)
    if pool is not None:
        arguments.pool("p_pool", pool)
    arguments.name("p_idempotency_key", idempotency_key)
    arguments.tail(reference, idempotency_key, metadata)
    asked = {"to_account_id": to_account_id, "pool": pool}
    request = {name: value for name, value in asked.items() if value is not None}
    order = Order("transfer", reference, idempotency_key, metadata, -amount, request=request)

    giver = Work(model, account_id)
    if replay := giver.replay(order):
        return replay
    receiver = Work(model, to_account_id, create=True)
    giver.require_status("active")
    receiver.require_status("active", "frozen")
    catch_up(giver)
    giver.require_affordable(amount if pool is None else 0)
    parts = giver.take(amount, lambda lot: pool in {None, lot.pool})
    taken = -sum(credits for _, credits in parts)
    if taken < amount:
        raise Refusal("insufficient_credits", required=amount, available=taken)
    catch_up(receiver)
    giver.book("transfer", parts, order, other=(to_account_id, receiver.next_entry_id))
    for lot_id, credits in parts:
        _receive(giver, receiver, lot_id, -credits, reference)
    settle(receiver)
    receiver.finish()
    return giver.finish()


def _receive(giver: Work, receiver: Work, lot_id: int, amount: int, reference: str | None) -> None:
    """A lot as good as the one that gave, and no better; bought and subscribed by nobody."""
    source = giver.account.lots[lot_id]
    # Once is enough for the grace of a refund, however often the credits change hands.
    origin = "restoration" if source.origin == "restoration" else "transfer"
    lot = source.derived(origin, amount, source.expires_at)
    lot.payment_id = lot.subscription = lot.item = lot.period_start = lot.period_end = None
    lot.reference = reference
    lot.giver = (giver.account.account_id, lot_id)
    source.cost_moved += lot.cost or 0
    order = Order(None, reference, None, None)
    gave = (giver.account.account_id, giver.account.entries[-1].entry_id)
    receiver.add(lot, "transfer", (), order, other=gave)
