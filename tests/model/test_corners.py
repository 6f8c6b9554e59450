"""Sequences that a search meets rarely, walked on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.model.call import call
from tests.model.state import MOST, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.twin import Twin

DAY = timedelta(days=1)


def _buy(twin: Twin, name: str, amount: int, **more: Any) -> None:
    twin.make(
        call(
            "add_purchased_credits",
            "ann",
            amount=amount,
            amount_paid=100,
            currency="eur",
            reference=name,
            **more,
        )
    )


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
@pytest.mark.parametrize("refund_grace", [timedelta(), timedelta(microseconds=1), 7 * DAY])
def test_debt_that_another_pack_has_paid_comes_back(
    start: Callable[[Settings], Twin], shortfall: str, refund_grace: timedelta
) -> None:
    twin = start(Settings(shortfall, refund_grace=refund_grace))
    _buy(twin, "first", 100, expires_at=twin.model.now + DAY)
    twin.make(call("deduct_credit", "ann", amount=100))
    twin.make(call("clawback_credits", "ann", payment="first"))
    twin.wait(2 * DAY)
    _buy(twin, "second", 150)
    twin.make(call("clawback_credits", "ann", payment="first", target=40))
    twin.make(call("deduct_credit", "ann", amount=1))
    twin.make(call("clawback_credits", "ann", payment="first", target=0))
    twin.sweep(1)
    twin.make(call("refund_spend", "ann", entry_id=2))


@pytest.mark.parametrize("grace", [timedelta(), DAY])
def test_the_end_of_grace(start: Callable[[Settings], Twin], grace: timedelta) -> None:
    twin = start(Settings(renewal_grace=grace, refund_grace=grace))
    twin.make(
        call(
            "add_subscription_credits",
            "ann",
            amount=10,
            period_end=twin.model.now + DAY,
            reference="one",
        )
    )
    twin.make(call("deduct_credit", "ann", amount=9))
    end = twin.model.now + DAY + grace
    twin.at(end - timedelta(microseconds=1))
    twin.make(call("refund_spend", "ann", entry_id=2, amount=1))
    twin.at(end)
    twin.make(call("refund_spend", "ann", entry_id=2, amount=1))
    twin.at(end + grace - timedelta(microseconds=1))
    twin.make(call("refund_spend", "ann", entry_id=2, amount=1))
    twin.at(end + grace)
    twin.make(call("refund_spend", "ann", entry_id=2, amount=1))
    twin.sweep(1)


def test_grace_is_given_once(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    twin.make(call("grant_credits", "ann", amount=10, expires_at=twin.model.now + DAY))
    twin.make(call("deduct_credit", "ann", amount=10))
    twin.wait(DAY)
    restored = twin.make(call("refund_spend", "ann", entry_id=2))
    assert restored.available == 10
    spent = twin.make(call("deduct_credit", "ann", amount=10))
    twin.wait(7 * DAY)
    lapsed = twin.make(call("refund_spend", "ann", entry_id=spent.entry_id))
    assert lapsed.available == 0


def test_an_expiry_and_a_spend_at_the_same_microsecond(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    twin.make(call("grant_credits", "ann", amount=10, expires_at=twin.model.now + DAY))
    twin.make(call("grant_credits", "ann", amount=10, expires_at=twin.model.now + 2 * DAY))
    twin.at(twin.model.now + DAY - timedelta(microseconds=1))
    assert twin.make(call("deduct_credit", "ann", amount=1)).available == 19
    twin.wait(timedelta(microseconds=1))
    assert twin.make(call("deduct_credit", "ann", amount=1)).available == 9


def test_the_limit(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    _buy(twin, "first", MOST - 1)
    _buy(twin, "second", 1)
    _buy(twin, "third", 1)
    twin.make(call("deduct_credit", "ann", amount=MOST))
    twin.make(call("clawback_credits", "ann", payment="first"))
    twin.make(call("clawback_credits", "ann", payment="second"))
    twin.make(call("grant_credits", "ann", amount=MOST))
    twin.make(call("grant_credits", "ann", amount=MOST, pool="subscription"))
    twin.make(call("refund_spend", "ann", entry_id=3))
    twin.make(call("clawback_credits", "ann", payment="first", target=0))


def test_a_sweep_while_the_open_lot_is_used_up(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    for account in ("ann", "bob", "cid"):
        for days in (1, 2, 3):
            twin.make(
                call("grant_credits", account, amount=5, expires_at=twin.model.now + days * DAY)
            )
    twin.make(call("deduct_credit", "ann", amount=5))
    twin.make(call("deduct_credit", "bob", amount=7))
    twin.make(call("deduct_credit", "cid", amount=15))
    twin.wait(DAY)
    twin.sweep(1)
    twin.wait(2 * DAY)
    twin.sweep(1)
    twin.make(call("refund_spend", "cid", entry_id=4))
    twin.wait(30 * DAY)
    twin.sweep(2)
