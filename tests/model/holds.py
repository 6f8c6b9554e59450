"""Holds: credits set aside for work of unknown cost, then captured, released or held longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.returns import end_hold, from_the_end, put_back, settle
from tests.model.state import Hold, Part, Refusal, later
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from pgcredits.rpc import Receipt
    from tests.model.model import Model
    from tests.model.state import Entry


def hold_credits(
    model: Model,
    account_id: str,
    *,
    amount: int,
    expires_in: timedelta | None = None,
    feature: str | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.amount("p_amount", amount)
    arguments.hold_time(expires_in)
    arguments.text("p_feature", feature)
    arguments.text("p_member", member)
    arguments.tail(reference, idempotency_key, metadata)
    request = _said(expires_in) or None
    order = Order("hold", reference, idempotency_key, metadata, -amount, feature, member, request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    return take_hold(work, order, amount, expires_in)


def take_hold(work: Work, order: Order, amount: int, expires_in: timedelta | None) -> Receipt:
    """Take the credits, or refuse; the command ends here."""
    work.require_status("active")
    catch_up(work)
    work.require_cap(order.member, amount)
    work.require_affordable(amount)
    parts = tuple(work.take(amount))
    hold = Hold(work.next_entry_id, parts, _deadline(work, expires_in))
    work.book("hold", parts, order)
    work.account.holds[hold.hold_id] = hold
    return work.finish()


def capture_hold(
    model: Model,
    account_id: str,
    *,
    hold_id: int | None,
    amount: int | None = None,
    final: bool | None = True,
    if_short: str | None = "refuse",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    final = True if final is None else final
    if_short = if_short or "refuse"
    arguments.account_id(account_id)
    _hold_id(hold_id)
    arguments.amount("p_amount", 1 if amount is None else amount)
    arguments.legal("p_if_short", if_short in {"refuse", "partial"}, "refuse or partial")
    arguments.tail(reference, idempotency_key, metadata)
    return capture(
        model,
        account_id,
        hold_id=hold_id,
        asked={} if amount is None else {"amount": amount},
        amount=lambda _: amount,
        final=final,
        if_short=if_short,
        tail=(reference, idempotency_key, metadata),
    )


def capture(
    model: Model,
    account_id: str,
    *,
    hold_id: int | None,
    asked: dict[str, int],
    amount: Callable[[Entry], int | None],
    final: bool,
    if_short: str,
    tail: tuple[str | None, str | None, dict[str, Any] | None],
) -> Receipt:
    """Capture what ``amount`` says once the entry of the hold is known; None is all it holds."""
    reference, idempotency_key, metadata = tail
    request = {"hold_id": hold_id, "final": final, "if_short": if_short, **asked}
    work = Work(model, account_id)
    # A capture is for the feature of its hold, and for its reference unless it has its own.
    held_for = _entry(work, hold_id)
    order = Order(
        "capture",
        reference or (held_for.reference if held_for else None),
        idempotency_key,
        metadata,
        feature=held_for.feature if held_for else None,
        member=held_for.member if held_for else None,
        request=request,
    )
    if replay := work.replay(order):
        return replay
    hold = _open(work, hold_id)
    assert held_for is not None
    wanted = amount(held_for)
    catch_up(work)
    if wanted is None:
        wanted = hold.held
    part = min(wanted, hold.held)
    over = wanted - part
    try:
        if over:
            work.require_status("active")
            work.require_cap(order.member, over)
            work.require_affordable(over)
    except Refusal:
        if if_short == "refuse" or part == 0:
            raise
        over = 0
    arguments.legal(
        "p_amount", part + over > 0, "how much to capture: the hold holds nothing any more"
    )
    _capture(work, hold, part, over, order, final=final)
    return work.finish()


def _capture(work: Work, hold: Hold, part: int, over: int, order: Order, *, final: bool) -> None:
    """The hold gives up what it holds no longer, and the capture takes what was used."""
    held = hold.held
    given_up = held if final else part
    if held:
        skipped = held - given_up
        work.book("release", from_the_end(hold.parts, skipped, given_up), about=hold.hold_id)
        work.end_command()
    first = _from_the_start(hold.parts, hold.captured, part)
    parts = [*first, *work.take(over)]
    work.book("capture", parts, order, about=hold.hold_id, over=over)
    hold.captured += part
    if final:
        hold.status = "captured"
        put_back(work, from_the_end(hold.parts, 0, held - part), "lapse")
        settle(work)


def release_hold(
    model: Model,
    account_id: str,
    *,
    hold_id: int | None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    _hold_id(hold_id)
    arguments.tail(reference, idempotency_key, metadata)
    request = {"hold_id": hold_id}

    work = Work(model, account_id)
    held_for = _entry(work, hold_id)
    member = held_for.member if held_for else None
    order = Order("release", reference, idempotency_key, metadata, member=member, request=request)
    if replay := work.replay(order):
        return replay
    hold = _open(work, hold_id)
    catch_up(work)
    end_hold(work, hold, "released", order)
    return work.finish()


def extend_hold(
    model: Model,
    account_id: str,
    *,
    hold_id: int | None,
    expires_in: timedelta | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    _hold_id(hold_id)
    arguments.hold_time(expires_in)
    arguments.tail(reference, idempotency_key, metadata)
    request = {"hold_id": hold_id, **_said(expires_in)}

    work = Work(model, account_id)
    held_for = _entry(work, hold_id)
    member = held_for.member if held_for else None
    order = Order("extend", reference, idempotency_key, metadata, member=member, request=request)
    if replay := work.replay(order):
        return replay
    hold = _open(work, hold_id)
    work.require_status("active")
    catch_up(work)
    work.require_affordable(0)
    hold.expires_at = max(hold.expires_at, _deadline(work, expires_in))
    work.book("extend", (), order, about=hold.hold_id)
    return work.finish()


def _hold_id(value: int | None) -> None:
    is_legal = value is not None and value > 0
    arguments.legal("p_hold_id", is_legal, "the entry_id of a hold_credits receipt")


def _said(expires_in: timedelta | None) -> dict[str, float]:
    """What a replay must ask again."""
    return {} if expires_in is None else {"expires_in_seconds": expires_in.total_seconds()}


def _deadline(work: Work, expires_in: timedelta | None) -> Any:
    return later(work.now, expires_in or work.settings.hold_time)


def _entry(work: Work, hold_id: int | None) -> Entry | None:
    """The entry that took the credits of the hold, if there is such a hold."""
    entries = work.account.entries
    if hold_id is None or not 0 < hold_id <= len(entries):
        return None
    return entries[hold_id - 1] if entries[hold_id - 1].kind == "hold" else None


def _open(work: Work, hold_id: int | None) -> Hold:
    """The hold, if it is open and its deadline has not come."""
    hold = work.account.holds.get(hold_id or 0)
    if hold is None:
        raise Refusal("hold_not_found", account_id=work.account.account_id, hold_id=hold_id)
    if hold.status == "expired" or hold.is_overdue(work.now):
        raise Refusal("hold_expired", hold_id=hold_id, expires_at=hold.expires_at)
    if hold.status != "open":
        raise Refusal("hold_closed", hold_id=hold_id, status=hold.status)
    return hold


def _from_the_start(parts: Iterable[Part], skipped: int, amount: int) -> list[Part]:
    """The next ``amount`` credits of what ``parts`` took, after the first ``skipped``."""
    first = []
    for lot_id, taken in parts:
        passed = min(skipped, -taken)
        skipped -= passed
        here = min(amount, -taken - passed)
        amount -= here
        if here:
            first.append((lot_id, -here))
    return first
