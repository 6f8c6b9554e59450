"""Stripe's events at the same time: each takes effect once, and none is left behind.

An event delivered once more answers ``duplicate`` when it had been applied; one that had been left
parked would be tried again and answer something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.rpc import StripeOutcome
from tests.concurrency.deliveries import delivery, invoice, purchase, refund

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits
    from tests.concurrency.sessions import Sessions


pytestmark = pytest.mark.usefixtures("at_noon")


def _outcome(answer: object) -> str:
    assert isinstance(answer, StripeOutcome), answer
    return answer.outcome


def _is_done(credits: Credits, *delivered: Event) -> bool:
    return all(delivery(event)(credits).outcome == "duplicate" for event in delivered)


class TestOneEvent:
    def test_delivered_by_twenty_sessions_it_is_applied_once(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        with sessions.first.conn.transaction(force_rollback=True):
            delivery(purchase())(sessions.first)
            calls = [sessions.start(sessions.open(), delivery(purchase())) for _ in range(20)]
            sessions.until_waiting(*calls)
        outcomes = [call.result().outcome for call in calls]
        assert sorted(outcomes) == ["applied"] + ["duplicate"] * 19
        assert credits.booked("ann") == [("grant", 100)]

    def test_it_is_a_duplicate_for_who_waited(self, sessions: Sessions) -> None:
        race = sessions.race(delivery(purchase()), delivery(purchase()))
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("applied", "duplicate")

    def test_two_events_of_one_payment_grant_once(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        again = purchase() | {"id": "evt_again"}
        race = sessions.race(delivery(purchase()), delivery(again))
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("applied", "applied")
        assert credits.booked("ann") == [("grant", 100)]

    def test_one_payment_for_two_accounts_grants_to_the_first(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(
            delivery(purchase("zoe")), delivery(purchase("ann") | {"id": "evt_other"})
        )
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("applied", "failed")
        assert (credits.balance("zoe"), credits.balance("ann")) == (100, 0)
        assert credits.entries("ann") == []


@pytest.mark.parametrize("known", [False, True], ids=["alone", "after another refund"])
class TestRefundAndPurchase:
    """``known``: a smaller refund of the same payment has been parked before."""

    @pytest.fixture(autouse=True)
    def _earlier_refund(self, credits: Credits, known: bool) -> None:
        if known:
            assert delivery(refund(300))(credits).outcome == "parked"

    def test_a_refund_that_waits_for_its_purchase_is_applied(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(delivery(purchase()), delivery(refund(500)))
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("applied", "applied")
        assert credits.balance("ann") == 50
        assert _is_done(credits, refund(500))

    def test_a_purchase_that_waits_for_its_refund_applies_it(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(delivery(refund(500)), delivery(purchase()))
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("parked", "applied")
        assert credits.balance("ann") == 50
        assert _is_done(credits, refund(500))

    def test_a_purchase_in_the_middle_of_its_work_and_two_refunds(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("ann", 1)
            buying = sessions.start(sessions.second, delivery(purchase()))
            sessions.until_waiting(buying)
            refunds = [
                sessions.start(sessions.open(), delivery(refund(amount))) for amount in (500, 700)
            ]
            sessions.until_waiting(*refunds)
        assert buying.result().outcome == "applied"
        assert [refund.result().outcome for refund in refunds] == ["applied", "applied"]
        assert credits.balance("ann") == 31
        assert _is_done(credits, refund(500), refund(700))

    def test_a_purchase_in_the_middle_of_its_work_and_a_refund_delivered_again(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        assert delivery(refund(500))(credits).outcome == "parked"
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("ann", 1)
            buying = sessions.start(sessions.second, delivery(purchase()))
            sessions.until_waiting(buying)
            refunding = sessions.start(sessions.open(), delivery(refund(500)))
            sessions.until_waiting(refunding)
        assert buying.result().outcome == "applied"
        assert refunding.result().outcome in {"applied", "duplicate"}
        assert credits.balance("ann") == 51
        assert _is_done(credits, refund(500))

    def test_a_refund_whose_purchase_rolls_back_is_parked_for_the_next(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(delivery(purchase()), delivery(refund(500)), rollback=True)
        assert race.waited
        assert _outcome(race.second) == "parked"
        assert delivery(purchase())(credits).outcome == "applied"
        assert credits.balance("ann") == 50
        assert _is_done(credits, refund(500))

    def test_a_refund_delivered_again_while_its_purchase_arrives(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        assert delivery(refund(500))(credits).outcome == "parked"
        race = sessions.race(delivery(purchase()), delivery(refund(500)))
        assert race.waited
        assert _outcome(race.second) in {"applied", "duplicate"}
        assert credits.balance("ann") == 50
        assert _is_done(credits, refund(500))

    def test_a_purchase_that_arrives_while_its_refund_is_delivered_again(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        assert delivery(refund(500))(credits).outcome == "parked"
        race = sessions.race(delivery(refund(500)), delivery(purchase()))
        assert race.waited
        assert credits.balance("ann") == 50
        assert _is_done(credits, refund(500))


@pytest.mark.parametrize("amounts", [(300, 700), (700, 300)])
def test_two_refunds_of_one_payment_end_at_the_larger_sum(
    credits: Credits, sessions: Sessions, amounts: tuple[int, int]
) -> None:
    delivery(purchase())(credits)
    first, second = (delivery(refund(amount)) for amount in amounts)
    race = sessions.race(first, second)
    assert race.waited
    assert (_outcome(race.first), _outcome(race.second)) == ("applied", "applied")
    assert credits.balance("ann") == 30


def test_a_refund_and_a_spend(credits: Credits, sessions: Sessions) -> None:
    delivery(purchase())(credits)
    race = sessions.race(lambda one: one.deduct_credit("ann", 80), delivery(refund(1000)))
    assert race.waited
    assert _outcome(race.second) == "applied"
    assert credits.debt("ann") == 80


@pytest.mark.parametrize("known", [False, True], ids=["alone", "after another invoice"])
class TestPriceAndInvoice:
    """``known``: another invoice with the same price has been parked before."""

    @pytest.fixture(autouse=True)
    def _earlier_invoice(self, credits: Credits, known: bool) -> None:
        if known:
            assert delivery(invoice("bob"))(credits).outcome == "parked"

    @pytest.fixture
    def balances(self, known: bool) -> dict[str, int]:
        return {"ann": 500, "bob": 500 if known else 0}

    def test_an_invoice_that_waits_for_its_price_is_applied(
        self, credits: Credits, sessions: Sessions, balances: dict[str, int]
    ) -> None:
        race = sessions.race(
            lambda one: one.set_stripe_price("price_1", 500), delivery(invoice("ann"))
        )
        assert race.waited
        assert _outcome(race.second) == "applied"
        assert {account: credits.balance(account) for account in balances} == balances

    def test_a_price_that_waits_for_an_invoice_applies_it(
        self, credits: Credits, sessions: Sessions, balances: dict[str, int]
    ) -> None:
        race = sessions.race(
            delivery(invoice("ann")), lambda one: one.set_stripe_price("price_1", 500)
        )
        assert race.waited
        assert _outcome(race.first) == "parked"
        assert {account: credits.balance(account) for account in balances} == balances
        assert _is_done(credits, invoice("ann"))

    def test_an_invoice_whose_price_rolls_back_is_parked(
        self, credits: Credits, sessions: Sessions, balances: dict[str, int]
    ) -> None:
        race = sessions.race(
            lambda one: one.set_stripe_price("price_1", 400),
            delivery(invoice("ann")),
            rollback=True,
        )
        assert race.waited
        assert _outcome(race.second) == "parked"
        assert credits.balance("ann") == 0
        credits.set_stripe_price("price_1", 500)
        assert {account: credits.balance(account) for account in balances} == balances


def test_a_price_in_the_middle_of_its_work_and_a_new_invoice(
    credits: Credits, sessions: Sessions
) -> None:
    assert delivery(invoice("bob"))(credits).outcome == "parked"
    with sessions.first.conn.transaction():
        sessions.first.grant_credits("bob", 1)
        price = sessions.start(sessions.second, lambda one: one.set_stripe_price("price_1", 500))
        sessions.until_waiting(price)
        billing = sessions.start(sessions.open(), delivery(invoice("ann")))
        sessions.until_waiting(billing)
    price.result()
    assert billing.result().outcome == "applied"
    assert (credits.balance("ann"), credits.balance("bob")) == (500, 501)
