"""Sequences about subscriptions that a search meets rarely, walked on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.model.call import Call, call
from tests.model.state import MOST, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.twin import Twin

DAY = timedelta(days=1)
US = timedelta(microseconds=1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def _pay(twin: Twin, name: str = "year", days: int = 60, **more: Any) -> None:
    """Pay for credits every ten days, from now on."""
    given: dict[str, Any] = {
        "subscription": "sub",
        "amount": 100,
        "period_start": NOW,
        "period_end": NOW + days * DAY,
        "rollover_cap": 30,
        "grant_every": "10 days",
        "payment": name,
        "amount_paid": 600,
        "currency": "eur",
        **more,
    }
    twin.make(call("renew_subscription", "ann", **given))


def _run(twin: Twin) -> None:
    twin.make(Call("grant_due", {"limit": 1000}))


def _claw(twin: Twin, **how: int) -> None:
    twin.make(call("clawback_credits", "ann", payment="year", **how))


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
@pytest.mark.parametrize("grace", [timedelta(), US, 3 * DAY, 20 * DAY])
def test_money_goes_back_and_comes_again_while_grants_come(
    start: Callable[[Settings], Twin], shortfall: str, grace: timedelta
) -> None:
    twin = start(Settings(shortfall, renewal_grace=grace))
    _pay(twin)
    twin.make(call("deduct_credit", "ann", amount=70))
    for step, returned in enumerate([450, 100, 600, 0, 599, 300, 0]):
        twin.wait(9 * DAY)
        if step % 2:
            _run(twin)
        _claw(twin, amount_returned=returned)
        twin.make(call("deduct_credit", "ann", amount=5))
    twin.sweep(1)


@pytest.mark.parametrize("late", [-US, timedelta(), US, 3 * DAY, 3 * DAY + US])
@pytest.mark.parametrize("grace", [timedelta(), 3 * DAY])
def test_a_hold_and_a_grant_end_and_begin_at_the_same_time(
    start: Callable[[Settings], Twin], grace: timedelta, late: timedelta
) -> None:
    """Deadlines before, at and after the instant of the grant; nobody came by until later."""
    twin = start(Settings(renewal_grace=grace))
    _pay(twin)
    twin.at(NOW + 10 * DAY - timedelta(hours=12))
    for patience in (12, 11, 13):
        given = {"amount": 20, "expires_in": timedelta(hours=patience)}
        twin.make(call("hold_credits", "ann", **given))
    twin.at(NOW + 10 * DAY + late)
    twin.make(call("deduct_credit", "ann", amount=1))
    twin.at(NOW + 21 * DAY)
    _run(twin)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
@pytest.mark.parametrize("every", ["1 month", "1 day"])
def test_clocks_that_are_changed(start: Callable[[Settings], Twin], zone: str, every: str) -> None:
    twin = start(Settings())
    twin.make(call("open_account", "ann", time_zone=zone))
    for begins in ("2011-12-28T22:30", "2018-10-31T03:30", "2029-10-27T00:30", "2029-11-30T23:59"):
        first = datetime.fromisoformat(f"{begins}:00+00:00")
        twin.make(
            call(
                "renew_subscription",
                "ann",
                subscription=begins,
                amount=3,
                period_start=first,
                period_end=first + (200 if every == "1 month" else 9) * DAY,
                rollover_cap=1,
                grant_every=every,
            )
        )
    twin.wait(40 * DAY)
    twin.make(call("deduct_credit", "ann", amount=1))


def test_upgrades_that_several_payments_pay_for(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    _pay(twin)
    changes = [(250, "pro-1"), (400, "pro-2"), (320, None), (90, None), (0, None), (500, "pro-3")]
    for amount, payment in changes:
        twin.wait(4 * DAY)
        paid = {"payment": payment, "amount_paid": 777, "currency": "eur"} if payment else {}
        given = {"subscription": "sub", "amount": amount, "plan": f"of-{amount}", **paid}
        twin.make(call("change_subscription", "ann", **given))
        twin.make(call("deduct_credit", "ann", amount=15))
    for payment in ("pro-2", "pro-3"):
        twin.make(call("clawback_credits", "ann", payment=payment))
    for _ in range(5):
        twin.wait(9 * DAY)
        _run(twin)
    twin.make(call("clawback_credits", "ann", payment="pro-2", target=0))
    twin.wait(30 * DAY)
    twin.sweep(1)


def test_a_cancellation_that_the_clock_takes_back(start: Callable[[Settings], Twin]) -> None:
    twin = start(Settings())
    _pay(twin)
    for when in ("now", "never", "period_end", "now", "never"):
        twin.wait(11 * DAY)
        twin.make(call("cancel_subscription", "ann", subscription="sub", when=when))
        twin.wait(-US)
        twin.make(call("cancel_subscription", "ann", subscription="sub", when="never"))
        twin.make(call("deduct_credit", "ann", amount=1))
    twin.wait(20 * DAY)
    _run(twin)


def test_grants_wait_for_room_and_come_when_there_is_some(
    start: Callable[[Settings], Twin],
) -> None:
    twin = start(Settings())
    _pay(twin)
    twin.make(call("add_purchased_credits", "ann", amount=MOST - 150, reference="pack"))
    for spent in (1, 60, 10, 200):
        twin.wait(10 * DAY)
        _run(twin)
        twin.make(call("deduct_credit", "ann", amount=spent))
        _run(twin)


def test_years_that_are_paid_in_the_wrong_order(start: Callable[[Settings], Twin]) -> None:
    """The third, the first and the second of three that overlap, and one from before the trial."""
    twin = start(Settings())
    twin.make(call("start_trial", "ann", subscription="sub", amount=9, trial_end=NOW + 5 * DAY))
    for number, name in ((2, "c"), (0, "a"), (1, "b"), (-3, "z")):
        begins = NOW + (20 * number - 30) * DAY
        _pay(twin, name, period_start=begins, period_end=begins + 35 * DAY)
    twin.wait(25 * DAY)
    _run(twin)
    for name in "abcz":
        twin.make(call("clawback_credits", "ann", payment=name, amount_returned=300))
