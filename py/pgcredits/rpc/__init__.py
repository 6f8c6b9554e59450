"""The credits functions as Python functions: one for each, named alike, same arguments.

Every function takes a psycopg connection first and returns frozen dataclasses. None of them begins,
commits or rolls back: a spend belongs to the transaction that the connection is in (on an
autocommit connection each call is a transaction of its own).

An argument that is None is not sent, so the default of the SQL function holds. Amounts are whole
credits; times need a time zone. A refusal raises the subclass of `pgcredits.errors.CreditsError`
for its code; other database errors come through as psycopg raises them.
"""

from __future__ import annotations

from pgcredits.rpc.administration import (
    adjust_balance,
    audit_access,
    close_account,
    freeze_account,
    unfreeze_account,
)
from pgcredits.rpc.calls import (
    add_purchased_credits,
    add_subscription_credits,
    clawback_credits,
    deduct_credit,
    expire_due,
    expire_subscription_credits,
    get_balance,
    grant_credits,
    ingest_stripe_event,
    list_entries,
    list_lots,
    open_account,
    record_payment,
    refund_spend,
    renew_subscription,
    schema_version,
    set_stripe_price,
    verify,
    verify_page,
)
from pgcredits.rpc.holds import (
    capture_hold,
    extend_hold,
    hold_credits,
    list_holds,
    release_hold,
)
from pgcredits.rpc.inbox import (
    dismiss_stripe_event,
    list_stripe_backlog,
    list_stripe_events,
    purge_stripe_events,
    retry_stripe_event,
)
from pgcredits.rpc.query import call, call_rows
from pgcredits.rpc.types import (
    AccessFinding,
    Balance,
    Entry,
    Finding,
    Hold,
    Lot,
    MyEntry,
    MyLot,
    Receipt,
    SchemaVersion,
    StripeBacklog,
    StripeEvent,
    StripeOutcome,
    StripePrice,
    StripePurge,
    Sweep,
    VerifiedPage,
)
from pgcredits.rpc.users import my_balance, my_entries, my_lots

__all__ = [
    "AccessFinding",
    "Balance",
    "Entry",
    "Finding",
    "Hold",
    "Lot",
    "MyEntry",
    "MyLot",
    "Receipt",
    "SchemaVersion",
    "StripeBacklog",
    "StripeEvent",
    "StripeOutcome",
    "StripePrice",
    "StripePurge",
    "Sweep",
    "VerifiedPage",
    "add_purchased_credits",
    "add_subscription_credits",
    "adjust_balance",
    "audit_access",
    "call",
    "call_rows",
    "capture_hold",
    "clawback_credits",
    "close_account",
    "deduct_credit",
    "dismiss_stripe_event",
    "expire_due",
    "expire_subscription_credits",
    "extend_hold",
    "freeze_account",
    "get_balance",
    "grant_credits",
    "hold_credits",
    "ingest_stripe_event",
    "list_entries",
    "list_holds",
    "list_lots",
    "list_stripe_backlog",
    "list_stripe_events",
    "my_balance",
    "my_entries",
    "my_lots",
    "open_account",
    "purge_stripe_events",
    "record_payment",
    "refund_spend",
    "release_hold",
    "renew_subscription",
    "retry_stripe_event",
    "schema_version",
    "set_stripe_price",
    "unfreeze_account",
    "verify",
    "verify_page",
]
