"""The story of the demo: what happens to one account, step by step, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgcredits.demo import events
from pgcredits.demo.cast import Cast, Exchange

if TYPE_CHECKING:
    from datetime import datetime

ACCOUNT = "alice"
_PRICE = "price_pro"
_MONTH = 30 * 24 * 3600

Act = Callable[[Cast], Exchange]


@dataclass(frozen=True, slots=True)
class Step:
    """A title, a sentence or two that explain it, and the requests that are made."""

    title: str
    why: str
    acts: tuple[Act, ...]


def story(now: datetime) -> list[Step]:
    """Return the steps. The first month of the subscription ends at ``now``, so it can renew."""
    at = int(now.timestamp())
    return [*_buying(at), *_spending(at), *_taking_back(at), *_ending()]


def _buying(at: int) -> list[Step]:
    pack = _purchase(at, "pack", bought=100, amount=1000)
    forged = _purchase(at, "forged", bought=1_000_000, amount=1)
    return [
        Step(
            "A pack is bought",
            "The relay checks the signature and hands the event to one SQL function. The session's "
            "metadata (credits_frozen=1, credits, account) says what was bought.",
            (_deliver(pack),),
        ),
        Step(
            "The same event again",
            "Stripe delivers at least once. The event is known, so nothing is booked.",
            (_deliver(pack),),
        ),
        Step(
            "A forged event",
            "The signature fits no secret of the endpoint: refused before the database sees it.",
            (_deliver(forged, secret="whsec_guessed"),),  # noqa: S106 - wrong on purpose
        ),
        Step(
            "A subscription begins",
            "A unit of the price is worth 50 credits a month. They outlive the month by three days "
            "of grace, and they burn before the pack: the lots stand in burn order.",
            (
                _call("set_stripe_price", _PRICE, 50, rollover_cap=10),
                _deliver(_invoice(at - _MONTH, 1)),
            ),
        ),
    ]


def _spending(at: int) -> list[Step]:
    first = _spend(30, "images", "job-1")
    return [
        Step(
            "A spend, sent twice",
            "The newest entry knows which lot is open and what is left in it, so a spend is one "
            "insert. The same idempotency key again returns the same receipt.",
            (first, first),
        ),
        Step(
            "The subscription renews",
            "20 credits of the first month are left: 10 roll over, as the price allows, 10 expire, "
            "50 are granted. One transaction.",
            (_deliver(_invoice(at, 2)),),
        ),
        Step(
            "Two spends that each cross two lots",
            "A lot is burned to its end before the next one is opened: the new month, what was "
            "rolled over, then the pack. The entry says how much each lot gave.",
            (_spend(55, "images", "job-2"), _spend(25, "video", "job-3")),
        ),
    ]


def _taking_back(at: int) -> list[Step]:
    in_debt = _spend(1, "images", "job-4")
    return [
        Step(
            "Half of the pack's money is refunded",
            "5 of 10 dollars are back, so 50 of the 100 credits are taken out of the pack's lot.",
            (_deliver(_refund(at, 500, 0)),),
        ),
        Step(
            "The rest is refunded, but some of it was spent",
            "All 100 credits are to go. What the lot still has is taken; what was spent is debt.",
            (_deliver(_refund(at, 1000, 500)),),
        ),
        Step(
            "A spend while in debt",
            "Spends are refused until the debt is settled; a refused call changes nothing.",
            (in_debt,),
        ),
        Step(
            "A purchase settles the debt",
            "Paid credits pay the debt at once, in the same transaction. A refusal was not "
            "recorded, so the spend that was refused succeeds under its old key.",
            (_deliver(_purchase(at, "second", bought=60, amount=600)), in_debt),
        ),
    ]


def _ending() -> list[Step]:
    return [
        Step(
            "A gift expires",
            "Granted for two seconds. After that nobody can see or spend it, before any job has "
            "run; the sweep books the breakage, dated at the expiry.",
            (_gift, _call("get_balance", ACCOUNT), _call("expire_due")),
        ),
        Step(
            "A spend that is too large",
            "Refused with the figures that a shop needs in order to offer a top-up.",
            (_spend(1000, "video", "job-5"),),
        ),
    ]


def _deliver(event: events.Event, *, secret: str | None = None) -> Act:
    return lambda cast: cast.deliver(event, secret=secret)


def _call(function: str, *args: Any, **kwargs: Any) -> Act:
    return lambda cast: cast.call(function, *args, **kwargs)


def _spend(amount: int, feature: str, key: str) -> Act:
    return _call("deduct_credit", ACCOUNT, amount, feature=feature, idempotency_key=key)


def _gift(cast: Cast) -> Exchange:
    """Grant credits that expire, and come back when they have."""
    end = cast.now().replace(microsecond=0) + timedelta(seconds=2)
    granted = cast.call("grant_credits", ACCOUNT, 25, expires_at=end, reference="birthday")
    cast.wait_until(end)
    return granted


def _purchase(at: int, name: str, *, bought: int, amount: int) -> events.Event:
    return events.checkout_completed(
        account=ACCOUNT,
        credits=bought,
        amount=amount,
        payment_intent=f"pi_{name}",
        created=at,
        event_id=f"evt_{name}",
        livemode=False,
    )


def _invoice(start: int, month: int) -> events.Event:
    line = events.Line(price=_PRICE, amount=900, period_start=start, period_end=start + _MONTH)
    return events.invoice_paid(
        account=ACCOUNT,
        subscription="sub_alice",
        lines=[line],
        created=start,
        billing_reason="subscription_create" if month == 1 else "subscription_cycle",
        invoice=f"in_month_{month}",
        event_id=f"evt_month_{month}",
        livemode=False,
    )


def _refund(at: int, refunded: int, before: int) -> events.Event:
    return events.charge_refunded(
        payment_intent="pi_pack",
        charge="ch_pack",
        amount=1000,
        amount_refunded=refunded,
        previously_refunded=before,
        created=at,
        event_id=f"evt_refund_{refunded}",
        livemode=False,
    )
