"""What a program with a key of Stripe tells the database, and asks it in order to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import StripeBuyer, StripeObject, StripeOutcome, StripeRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from pgcredits.rpc.query import Connection


def mirror_stripe_object(
    conn: Connection,
    object: Mapping[str, Any],  # noqa: A002 - the argument's name in SQL
    seen_at: datetime,
    *,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> StripeOutcome:
    """Mirror a product or price as it was read from Stripe at ``seen_at``.

    ``outcome`` is ``applied``, or ``duplicate`` when it was known.
    """
    return call(
        conn,
        StripeOutcome,
        "mirror_stripe_object",
        given(object=object, seen_at=seen_at, livemode=livemode, provider_account=provider_account),
    )


def list_stripe_objects(
    conn: Connection,
    object_ids: Sequence[str] | None = None,
    *,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> list[StripeObject]:
    """Return what is known of at most 1000 objects; without ids what somebody has to look at."""
    return call_rows(
        conn,
        StripeObject,
        "list_stripe_objects",
        given(
            object_ids=None if object_ids is None else list(object_ids),
            livemode=livemode,
            provider_account=provider_account,
        ),
    )


def get_stripe_buyer(
    conn: Connection,
    account_id: str,
    *,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> StripeBuyer:
    """Return the customer of Stripe that stands for the account, and its running subscription."""
    return call(
        conn,
        StripeBuyer,
        "get_stripe_buyer",
        given(account_id=account_id, livemode=livemode, provider_account=provider_account),
    )


def record_stripe_run(
    conn: Connection,
    kind: str,
    started_at: datetime,
    counts: Mapping[str, int],
    *,
    problem: str | None = None,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> StripeRun:
    """Keep what a run of sync, replay or reconcile found and did."""
    return call(
        conn,
        StripeRun,
        "record_stripe_run",
        given(
            kind=kind,
            started_at=started_at,
            counts=counts,
            problem=problem,
            livemode=livemode,
            provider_account=provider_account,
        ),
    )


def list_stripe_runs(
    conn: Connection, *, limit: int | None = None, before: datetime | None = None
) -> list[StripeRun]:
    """Return runs of sync, replay and reconcile, newest first, those that began ``before``."""
    return call_rows(conn, StripeRun, "list_stripe_runs", given(limit=limit, before=before))
