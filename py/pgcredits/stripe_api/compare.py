"""What Stripe has against what the database knows: events that were missed, and objects."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgcredits import rpc
from pgcredits.errors import CreditsError
from pgcredits.stripe_api.envelope import event_text, is_paid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits import db
    from pgcredits.stripe_api.client import Object, StripeApi

# Lists that are compared, and what of them matters beyond their time.
_LISTS = {
    "checkout/sessions": {"status": "complete"},
    "invoices": {"status": "paid"},
    "refunds": {},
    "disputes": {},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that Stripe and the database know differently, and what became of that.

    ``outcome`` is ``reported``, or what the database made of it; ``reason`` says why.
    """

    account: str
    object_id: str
    kind: str
    problem: str
    outcome: str
    reason: str | None = None


@dataclass(slots=True)
class Comparison:
    """Objects that were compared, findings by their outcome."""

    checked: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return all figures by name."""
        return {"checked": self.checked, **self.outcomes}

    def note(self, outcome: str) -> None:
        """Count one outcome."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


def replay(
    conn: db.Connection,
    api: StripeApi,
    since: int,
    account: str = "",
    *,
    comparison: Comparison,
    tell: Callable[[Finding], None] = lambda _finding: None,
) -> None:
    """Feed the database with all events of an account since then (Unix time), newest first.

    ``conn`` must be in autocommit: each is a transaction. One that is known changes nothing; one
    that the database refuses does not stop the rest. Raises `StripeTrouble`.
    """
    for event in api.all("/v1/events", account, created={"gte": since}):
        comparison.checked += 1
        # Listed with the key of a connected account, its events do not say whose they are.
        text = json.dumps({**event, "account": account} if account else event)
        outcome, reason = _ingest(conn, api, text)
        comparison.note(outcome)
        if outcome not in {"duplicate", "ignored"}:
            tell(Finding(account, event["id"], event["type"], "was missed", outcome, reason))


def reconcile(
    conn: db.Connection,
    api: StripeApi,
    since: int,
    account: str = "",
    *,
    apply: bool,
    comparison: Comparison,
    tell: Callable[[Finding], None] = lambda _finding: None,
    now: Callable[[], float] = time.time,
) -> None:
    """Compare what was made at Stripe since then: paid sessions and invoices, refunds, disputes.

    With ``apply``, what differs is fed to the database under the identity that its event would have
    had. ``conn`` must be in autocommit: each is a transaction. Raises `StripeTrouble`.
    """
    for path, params in _LISTS.items():
        pages = api.pages(f"/v1/{path}", account, created={"gte": since}, **params)
        for page, _ in pages:
            for obj, problem in _differences(conn, api, account, page, comparison):
                outcome, reason = "reported", None
                if apply and problem.can_be_mended:
                    text = event_text(obj, livemode=api.livemode, account=account, now=int(now()))
                    outcome, reason = _ingest(conn, api, text or "")
                comparison.note(outcome)
                tell(Finding(account, obj["id"], obj["object"], problem.text, outcome, reason))


@dataclass(frozen=True, slots=True)
class _Problem:
    text: str
    can_be_mended: bool = True


def _differences(
    conn: db.Connection,
    api: StripeApi,
    account: str,
    page: list[Object],
    comparison: Comparison,
) -> Iterator[tuple[Object, _Problem]]:
    wanted = [obj for obj in page if obj["object"] in {"refund", "dispute"} or is_paid(obj)]
    comparison.checked += len(wanted)
    known = {
        row.object_id: row
        for row in rpc.list_stripe_objects(
            conn,
            [obj["id"] for obj in wanted],
            livemode=api.livemode,
            provider_account=account,
        )
    }
    for obj in wanted:
        problem = _problem(obj, known.get(obj["id"]))
        if problem is not None:
            yield obj, problem


def _problem(obj: Object, row: rpc.StripeObject | None) -> _Problem | None:
    if row is None:
        return _Problem("nothing is known of it here")
    paid = "amount_total" if obj["object"] == "checkout.session" else "amount_paid"
    if obj["object"] in {"refund", "dispute"}:
        state, amount = obj.get("status"), obj.get("amount")
        if row.state != state:
            return _Problem(f"{state} at Stripe, {row.state} here")
        if row.amount != amount:
            return _Problem(f"{amount} at Stripe, {row.amount} here")
    elif row.state != "paid":
        return _Problem(f"paid at Stripe, {row.state} here")
    elif row.granted is not None and row.amount != obj.get(paid):
        text = f"granted for {row.amount}, and {obj.get(paid)} was paid at Stripe"
        return _Problem(text, can_be_mended=False)
    return None


def _ingest(conn: db.Connection, api: StripeApi, text: str) -> tuple[str, str | None]:
    try:
        done = rpc.ingest_stripe_event(conn, text, api.livemode)
    except CreditsError as exc:
        return "refused", str(exc)
    return done.outcome, done.reason
