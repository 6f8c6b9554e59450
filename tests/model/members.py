"""Caps of members: what one of them may use of the account's credits in each period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.state import MOST
from tests.model.usage import PERIODS
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.model.model import Model


def set_member_cap(
    model: Model,
    account_id: str,
    *,
    member: str | None,
    period: str | None,
    cap: int | None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.name("p_member", member)
    arguments.legal(
        "p_period", period in PERIODS, "hour, day, week, month, billing_period or lifetime"
    )
    arguments.legal(
        "p_cap",
        cap is None or 0 <= cap <= MOST,
        f"null for no cap, or whole number from 0 to {MOST}",
    )
    arguments.tail(reference, idempotency_key, metadata)
    request = {"period": period, "cap": cap}
    order = Order("cap", reference, idempotency_key, metadata, member=member, request=request)

    work = Work(model, account_id)
    if replay := work.replay(order):
        return replay
    work.require_known()
    work.require_status("active", "frozen")
    catch_up(work)
    work.book("cap", (), order)
    assert member is not None
    assert period is not None
    if cap is None:
        work.account.caps.pop((member, period), None)
    else:
        work.account.caps[member, period] = cap
    return work.finish()
