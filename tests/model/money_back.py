"""Clawbacks: the target of a payment, moved up and down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up, expire_new, forfeit
from tests.model.returns import claw, put_back, restore_settled, settle
from tests.model.state import Lot, Part, Payment, Refusal, later
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def clawback_credits(
    model: Model,
    account_id: str,
    *,
    payment: str,
    target: int | None = None,
    amount_returned: int | None = None,
    provider: str | None = "manual",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_payment", payment)
    arguments.legal(
        "p_amount_returned",
        amount_returned is None or (target is None and 0 <= amount_returned < 2**53),
        "null or whole number of the smallest currency unit, 0 or more; not together with p_target",
    )
    arguments.text("p_provider", provider, 63)
    arguments.tail(reference, idempotency_key, metadata)
    provider = provider or "manual"
    asked = {
        "provider": provider,
        "payment": payment,
        "target": target,
        "amount_returned": amount_returned,
    }
    request = {name: value for name, value in asked.items() if value is not None}
    order = Order(None, reference, idempotency_key, metadata, request=request)

    # The payment is where its account's credits are now; the key may be known on the way there.
    *formerly, account_id = model.chain(account_id)
    for name in [*formerly, account_id]:
        work = Work(model, name)
        if replay := work.replay(order):
            return replay
    owner, payment_id = model.names.get((provider, payment), ("", 0))
    if owner != account_id:
        raise Refusal(
            "payment_not_found", account_id=account_id, provider=provider, payment=payment
        )
    paid = work.account.payments[payment_id]
    if amount_returned is not None:
        arguments.legal(
            "p_amount_returned",
            paid.amount_paid is not None,
            "null for a payment recorded without its amount; give p_target",
        )
        paid.amount_returned = amount_returned
        target = paid.share(amount_returned)
    if target is None:
        target = paid.granted
    arguments.legal(
        "p_target",
        0 <= target <= paid.granted,
        f"null or 0 to the {paid.granted} credits that the payment granted",
    )

    paid.demanded = target
    catch_up(work)
    move_target(work, paid, target, order)
    expire_new(work)
    settle(work)
    if work.account.status == "closed":
        forfeit(work)
    return work.finish()


def move_target(work: Work, paid: Payment, target: int, order: Order | None) -> None:
    """Take more of the payment's credits back, or give some back."""
    if target > paid.target:
        _raise(work, paid, target - paid.target, order)
    elif target < paid.target:
        _lower(work, paid, paid.target - target, order)
    else:
        work.book("clawback", (), order)


def _raise(work: Work, paid: Payment, amount: int, order: Order | None) -> None:
    """What is still to come first, then own lots, then what they lost; the rest is shortfall."""
    withheld = min(amount, paid.pending - paid.withheld)
    paid.withheld += withheld
    paid.target += withheld
    amount -= withheld
    lost = sum(lot.expired for lot in _own(work, paid)) - paid.covered
    parts = work.take(amount, lambda lot: lot.payment_id == paid.payment_id)
    for lot_id, taken in parts:
        claw(work, work.account.lots[lot_id], -taken)
    clawed = -sum(taken for _, taken in parts)
    covered = min(amount - clawed, max(lost, 0))
    owed = short = amount - clawed - covered
    if work.settings.shortfall == "write_off":
        # What had paid debt was not spent on anything: that debt comes back.
        owed = min(short, max(paid.debt_paid - paid.owed - paid.settled, 0))
    paid.target += amount
    paid.clawed += clawed
    paid.covered += covered
    paid.owed += owed
    paid.written_off += short - owed
    work.book("clawback", [*parts, (0, -owed)] if owed else parts, order)


def _lower(work: Work, paid: Payment, amount: int, order: Order | None) -> None:
    """Undo newest first: shortfall and debt, debt paid since, what expiry covered, then lots."""
    undone = {}
    for part in ("written_off", "owed", "settled", "covered", "clawed", "withheld"):
        undone[part] = min(amount, getattr(paid, part))
        setattr(paid, part, getattr(paid, part) - undone[part])
        amount -= undone[part]
    assert amount == 0
    paid.target -= sum(undone.values())

    returned = _unclaw(work, paid, undone["clawed"])
    owed = undone["owed"]
    work.book("restore", [(0, owed), *returned] if owed else returned, order)
    put_back(work, returned, "grace")
    if undone["settled"]:
        restore_settled(work, paid, undone["settled"])


def _own(work: Work, paid: Payment) -> list[Lot]:
    return [lot for lot in work.account.lots.values() if lot.payment_id == paid.payment_id]


def _unclaw(work: Work, paid: Payment, amount: int) -> list[Part]:
    """Give clawed credits back to the payment's lots, which live longer by the time between."""
    returned = []
    clawed = [lot for lot in _own(work, paid) if lot.clawed]
    for lot in sorted(clawed, key=lambda lot: lot.rank, reverse=True):
        if amount == 0:
            break
        assert lot.clawed_at is not None
        back = min(amount, lot.clawed)
        amount -= back
        lot.clawed -= back
        lot.expires_at = later(lot.expires_at, max(work.now - lot.clawed_at, timedelta()))
        lot.clawed_at = work.now if lot.clawed else None
        returned.append((lot.lot_id, back))
    return returned
