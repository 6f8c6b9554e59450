"""What comes back to its lots, and debt, which takes it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.state import POOLS, Lot, Part, later

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.model.state import Hold, Payment
    from tests.model.work import Order, Work


def from_the_end(parts: Iterable[Part], skipped: int, amount: int) -> list[Part]:
    """What to give back of what ``parts`` took: the last first, after what went back before."""
    back = []
    for lot_id, taken in reversed(tuple(parts)):
        passed = min(skipped, -taken)
        skipped -= passed
        here = min(amount, -taken - passed)
        amount -= here
        if here:
            back.append((lot_id, here))
    return back


def put_back(work: Work, parts: Iterable[Part], if_expired: str) -> None:
    """Put credits, whose return is booked, into their lots.

    First they make good what the lot's payment lacks. Those of an expired lot get a restoration
    lot (``grace``, once, until refund_grace after the expiry) or are breakage, except for what
    others paid of the payment's debt meanwhile.
    """
    for lot_id, amount in parts:
        lot = work.account.lots[lot_id]
        left = amount - _make_good(work, lot, amount)
        ends_at = later(lot.expires_at, work.settings.refund_grace)
        if left == 0:
            continue
        if work.effective_at < lot.expires_at:
            lot.left += left
        elif if_expired == "grace" and lot.origin != "restoration" and work.now < ends_at:
            work.add(lot.derived("restoration", left, ends_at), "restore", [(lot_id, -left)])
        else:
            left -= _reclaim_settled(work, lot, left)
            if left:
                work.book("expire", [(lot_id, -left)])
                lot.expired += left


def _make_good(work: Work, lot: Lot, amount: int) -> int:
    """Of credits that come back to a lot, take what its payment wrote off or still owes."""
    if lot.payment_id is None:
        return 0
    paid = work.account.payments[lot.payment_id]
    forgiven = min(amount, paid.written_off)
    owed = min(amount - forgiven, paid.owed)
    if forgiven + owed:
        paid.written_off -= forgiven
        paid.owed -= owed
        paid.clawed += forgiven + owed
        claw(work, lot, forgiven + owed)
        parts = [(lot.lot_id, -(forgiven + owed))]
        work.book("clawback", [*parts, (0, owed)] if owed else parts)
    return forgiven + owed


def _reclaim_settled(work: Work, lot: Lot, amount: int) -> int:
    """Of credits that would lapse, let those pay the payment's debt that others have paid since.

    What the others paid is given back: had these come back before, they would have paid it.
    """
    if lot.payment_id is None:
        return 0
    paid = work.account.payments[lot.payment_id]
    settled = min(amount, paid.settled)
    if not work.settings.refund_grace:
        return 0
    if settled:
        paid.settled -= settled
        paid.clawed += settled
        claw(work, lot, settled)
        work.book("clawback", [(lot.lot_id, -settled)])
        restore_settled(work, paid, settled)
    return settled


def restore_settled(work: Work, paid: Payment, amount: int) -> None:
    """Give credits back that other lots paid for the debt of this payment."""
    lots = work.account.lots.values()
    last = max(
        (
            lot
            for lot in lots
            if lot.payment_id == paid.payment_id and lot.origin not in {"rollover", "restoration"}
        ),
        key=lambda lot: lot.rank,
    )
    ends_at = max(last.expires_at, later(work.effective_at, work.settings.refund_grace))
    work.add(last.derived("restoration", amount, ends_at), "restore")


def claw(work: Work, lot: Lot, amount: int) -> None:
    """Note that so many credits of the lot are back with their payment."""
    lot.clawed += amount
    lot.clawed_at = lot.clawed_at or work.effective_at


def end_hold(work: Work, hold: Hold, status: str, order: Order | None = None) -> None:
    """Give everything that a hold still holds back to its lots, the last one first."""
    parts = from_the_end(hold.parts, 0, hold.held)
    hold.status = status
    work.book("release", parts, order, about=hold.hold_id)
    put_back(work, parts, "lapse")
    settle(work)


def settle(work: Work) -> None:
    """Pay debt out of the lots of paying pools; the oldest payment's debt is paid first."""
    if work.account.debt == 0:
        return
    parts = work.take(work.account.debt, lambda lot: POOLS[lot.pool].pays_debt)
    if not parts:
        return
    paid = -sum(taken for _, taken in parts)
    for lot_id, taken in parts:
        payment_id = work.account.lots[lot_id].payment_id
        if payment_id is not None:
            work.account.payments[payment_id].debt_paid -= taken
    left = paid
    for _, payment in sorted(work.account.payments.items()):
        now_settled = min(left, payment.owed)
        payment.owed -= now_settled
        payment.settled += now_settled
        left -= now_settled
    assert left == 0
    work.book("settle", [*parts, (0, paid)])
