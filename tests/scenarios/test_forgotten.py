"""People who leave, come back, sign up late: their money finds them, their gifts do not return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import IdempotencyConflict
from tests.functions.support import refused
from tests.scenarios.test_stripe import ingest, purchase, refund

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Receipt
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")


def welcome(credits: Credits, account: str) -> Receipt:
    """The gift for a person, whatever account it has."""
    return credits.record_payment(
        account,
        "hash-of-the-person",
        0,
        currency="eur",
        grants=[{"amount": 10, "pool": "promotional"}],
        provider="welcome",
    )


@pytest.mark.parametrize("end", ["close", "merge", "merge and close", "erase"])
def test_a_person_is_welcomed_once_whatever_became_of_the_account(fast: Credits, end: str) -> None:
    welcome(fast, "u")
    fast.deduct_credit("u", 10)
    if "merge" in end:
        fast.merge_accounts("u", "heir")
    if "close" in end:
        fast.close_account("heir" if "merge" in end else "u", "left")
    if end == "erase":
        fast.erase_metadata("u", "asked for")
    with refused(fast, IdempotencyConflict, payment="hash-of-the-person"):
        welcome(fast, "u-again")
    assert welcome(fast, "u").is_replay
    assert fast.get_balance("u-again").status is None


MERGED: list[tuple[str, Callable[[Credits], object]]] = [
    ("nothing yet", lambda _: None),
    ("the checkout is paid", lambda credits: ingest(credits, purchase())),
    ("half of it is refunded", lambda credits: ingest(credits, refund(500))),
    ("all of it is refunded", lambda credits: ingest(credits, refund(1000))),
]


@pytest.mark.parametrize("cut", range(len(MERGED)), ids=[name for name, _ in MERGED])
def test_stripe_goes_on_naming_the_guest(fast: Credits, cut: int) -> None:
    """Whenever the guest signs up, what was paid in its name and goes back finds the user."""
    for number, (_, step) in enumerate(MERGED):
        step(fast)
        if number == cut:
            fast.merge_accounts("u", "heir")
        if number == 1:
            assert fast.balance("u") + fast.balance("heir") == 100
    assert (fast.balance("u"), fast.balance("heir"), fast.debt("heir")) == (0, 0, 0)
    again = purchase(event_id="evt_again")
    assert ingest(fast, again).outcome == "applied"
    assert (fast.balance("u"), fast.balance("heir")) == (0, 0)
