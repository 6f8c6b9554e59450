"""Sequences with holds that a search meets rarely, or has found, walked on purpose."""

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
HOUR = timedelta(hours=1)
US = timedelta(microseconds=1)


def _buy(twin: Twin, name: str, amount: int, **more: Any) -> None:
    paid = {"amount_paid": 100, "currency": "eur", "reference": name}
    twin.make(call("add_purchased_credits", "ann", amount=amount, **paid, **more))


def _hold(twin: Twin, amount: int, expires_in: timedelta = HOUR) -> int:
    held = twin.make(call("hold_credits", "ann", amount=amount, expires_in=expires_in))
    number: int = held.entry_id
    return number


@pytest.mark.parametrize("said", [{"feature": "chat"}, {"reference": "job"}])
def test_a_capture_is_repeated(start: Callable[[Settings], Twin], said: dict[str, str]) -> None:
    twin = start(Settings())
    _buy(twin, "pack", 100)
    twin.make(call("hold_credits", "ann", amount=10, **said))
    charge = call("capture_hold", "ann", hold_id=2, amount=5, idempotency_key="charge")
    twin.make(charge)
    assert twin.make(charge).is_replay


@pytest.mark.parametrize("late", [timedelta(), US, DAY, 30 * DAY])
@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
def test_an_overdue_hold_makes_good_as_of_its_deadline(
    start: Callable[[Settings], Twin], late: timedelta, shortfall: str
) -> None:
    twin = start(Settings(shortfall))
    _buy(twin, "pack", 100, expires_at=twin.model.now + 2 * DAY)
    _hold(twin, 100)
    twin.make(call("clawback_credits", "ann", payment="pack"))
    twin.wait(HOUR + late)
    twin.sweep(1)
    twin.wait(DAY)
    twin.make(call("clawback_credits", "ann", payment="pack", target=0))


@pytest.mark.parametrize("late", [timedelta(), US, DAY])
def test_overdue_holds_and_expired_lots_are_booked_in_the_order_of_time(
    start: Callable[[Settings], Twin], late: timedelta
) -> None:
    twin = start(Settings())
    begin = twin.model.now
    for minutes in (30, 60, 90, 120, 150):
        end = begin + timedelta(minutes=minutes)
        twin.make(call("grant_credits", "ann", amount=10, expires_at=end))
    for minutes in (45, 60, 100, 120):
        _hold(twin, 12, timedelta(minutes=minutes))
    twin.wait(2 * HOUR + late)
    twin.make(call("deduct_credit", "ann", amount=10))
    twin.sweep(1)


@pytest.mark.parametrize("late", [timedelta(), US, DAY])
def test_a_small_sweep_gets_past_holds_of_many_lots(
    start: Callable[[Settings], Twin], late: timedelta
) -> None:
    twin = start(Settings())
    for minutes in (10, 20, 30, 61, 62):
        end = twin.model.now + timedelta(minutes=minutes)
        twin.make(call("grant_credits", "ann", amount=10, expires_at=end))
    _hold(twin, 25)
    _hold(twin, 25)
    twin.wait(HOUR + late)
    twin.sweep(1)


def test_credits_of_an_overdue_hold_pay_debt_before_their_lot_ends(
    start: Callable[[Settings], Twin],
) -> None:
    twin = start(Settings())
    _buy(twin, "spent", 50)
    twin.make(call("deduct_credit", "ann", amount=50))
    _buy(twin, "held", 40, expires_at=twin.model.now + 2 * HOUR)
    _hold(twin, 40)
    twin.make(call("clawback_credits", "ann", payment="spent"))
    twin.wait(DAY)
    twin.sweep(1)
    assert twin.model.account("ann").debt == 10


def test_a_hold_is_captured_when_its_lot_has_expired(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    twin.make(call("grant_credits", "ann", amount=10, expires_at=twin.model.now + HOUR))
    hold = _hold(twin, 10, DAY)
    twin.wait(HOUR)
    twin.make(call("capture_hold", "ann", hold_id=hold, amount=4, final=False))
    captured = twin.make(call("capture_hold", "ann", hold_id=hold, amount=1))
    twin.make(call("refund_spend", "ann", entry_id=captured.entry_id))
    twin.wait(7 * DAY)
    twin.make(call("refund_spend", "ann", entry_id=captured.entry_id - 2))


@pytest.mark.parametrize("if_short", ["refuse", "partial"])
@pytest.mark.parametrize("above", [0, 1])
def test_a_capture_of_all_that_is_there_and_more(
    start: Callable[[Settings], Twin], if_short: str, above: int
) -> None:
    twin = start(Settings())
    twin.make(call("grant_credits", "ann", amount=10))
    hold = _hold(twin, 4)
    more = call("capture_hold", "ann", hold_id=hold, amount=10 + above, if_short=if_short)
    twin.make(more.but(final=False))
    twin.make(more.but(amount=None))
    twin.make(more.but(amount=1))
    twin.make(more)
    twin.make(call("release_hold", "ann", hold_id=hold))
    twin.make(more)


@pytest.mark.parametrize("plus", [-US, timedelta(), US])
def test_the_deadline(start: Callable[[Settings], Twin], plus: timedelta) -> None:
    twin = start(Settings(hold_time=DAY))
    twin.make(call("grant_credits", "ann", amount=40, expires_at=twin.model.now + DAY))
    holds = [_hold(twin, 10, DAY) for _ in range(4)]
    twin.wait(DAY + plus)
    twin.make(call("capture_hold", "ann", hold_id=holds[0], amount=11))
    twin.make(call("capture_hold", "ann", hold_id=holds[0], amount=9))
    twin.make(call("extend_hold", "ann", hold_id=holds[1], expires_in=US))
    twin.make(call("release_hold", "ann", hold_id=holds[2]))
    twin.wait(US)
    twin.make(call("extend_hold", "ann", hold_id=holds[1]))
    twin.sweep(1)
    twin.make(call("release_hold", "ann", hold_id=holds[3]))


def test_the_limit_counts_what_is_held(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    _buy(twin, "first", MOST)
    hold = _hold(twin, MOST - 1)
    twin.make(call("grant_credits", "ann", amount=1))
    twin.make(call("deduct_credit", "ann", amount=1))
    twin.make(call("refund_spend", "ann", entry_id=3))
    twin.make(call("deduct_credit", "ann", amount=1))
    twin.make(call("grant_credits", "ann", amount=1))
    twin.make(call("capture_hold", "ann", hold_id=hold, amount=MOST, if_short="partial"))
    twin.make(call("clawback_credits", "ann", payment="first"))
    adjusted = call("adjust_balance", "ann", reason="goodwill", person="eve")
    twin.make(adjusted.but(difference=MOST))
    twin.make(adjusted.but(target=MOST))
    twin.make(adjusted.but(target=MOST, pool="subscription"))
    twin.make(adjusted.but(target=0))


@pytest.mark.parametrize("if_credits", ["refuse", "forfeit"])
def test_closing_with_holds_and_debt(start: Callable[[Settings], Twin], if_credits: str) -> None:
    twin = start(Settings())
    _buy(twin, "spent", 50)
    twin.make(call("deduct_credit", "ann", amount=45))
    twin.make(call("grant_credits", "ann", amount=20, expires_at=twin.model.now + DAY))
    hold = _hold(twin, 22)
    overdue = _hold(twin, 1, US)
    twin.make(call("clawback_credits", "ann", payment="spent"))
    twin.make(call("capture_hold", "ann", hold_id=hold, amount=2, final=False))
    twin.make(call("freeze_account", "ann", reason="fraud"))
    twin.make(call("close_account", "ann", reason="left", if_credits=if_credits))
    twin.make(call("release_hold", "ann", hold_id=overdue))
    twin.make(call("release_hold", "ann", hold_id=hold))
    twin.make(call("close_account", "ann", reason="left", if_credits="forfeit"))
    twin.make(call("release_hold", "ann", hold_id=hold))
    twin.make(call("unfreeze_account", "ann", reason="cleared"))
    twin.make(call("clawback_credits", "ann", payment="spent", target=0))
    twin.sweep(1)


def test_a_hold_of_which_everything_is_captured(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    twin.make(call("grant_credits", "ann", amount=10))
    first, second, third = (_hold(twin, 3, DAY) for _ in range(3))
    for hold in (first, second, third):
        twin.make(call("capture_hold", "ann", hold_id=hold, final=False))
        twin.make(call("capture_hold", "ann", hold_id=hold))
    twin.make(call("capture_hold", "ann", hold_id=first, amount=1))
    twin.make(call("release_hold", "ann", hold_id=second))
    twin.wait(DAY)
    twin.sweep(1)
    twin.make(call("close_account", "ann", reason="left"))


def test_a_renewal_while_credits_are_held(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    begin = twin.model.now
    renewal = call("renew_subscription", "ann", subscription="basic", amount=20, rollover_cap=5)
    twin.make(renewal.but(period_start=begin, period_end=begin + DAY))
    hold = _hold(twin, 15, DAY)
    twin.at(begin + DAY - US)
    twin.make(renewal.but(period_start=begin + DAY, period_end=begin + 2 * DAY))
    twin.make(call("capture_hold", "ann", hold_id=hold, amount=16))
    spend = twin.model.account("ann").entries[-1]
    twin.make(call("refund_spend", "ann", entry_id=spend.entry_id))
    _hold(twin, 10, US)
    twin.make(call("expire_subscription_credits", "ann"))
    twin.wait(DAY)
    twin.sweep(1)
