"""Rows that the credits functions return. The fields are those of the SQL row types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command did.

    ``kind``, ``amount`` (signed credits) and ``allocations`` (``[[lot, signed credits], ...]`` in
    burn order, lot 0 is debt, None when only the open lot gave) are those of its first entry;
    ``balance``, ``available`` and ``debt`` are what its last entry left. ``is_replay`` says that
    the same request was booked before and that this is its recorded receipt.
    """

    account_id: str
    entry_id: int
    command_id: int
    kind: str
    amount: int
    balance: int
    available: int
    debt: int
    allocations: list[list[int]] | None
    is_replay: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has at ``as_of``, without lots that have expired by then.

    ``available`` is what a spend may take (0 while there is debt); ``held`` stands in open holds;
    ``settled`` is both together; ``pools`` maps the name of a pool to its credits;
    ``next_expires_amount`` credits expire first, at ``next_expires_at`` (both None when nothing
    expires). ``merged_into`` is the account that has the credits now, None unless it was merged.
    """

    account_id: str
    status: str
    merged_into: str | None
    plan: str | None
    balance: int
    available: int
    held: int
    settled: int
    debt: int
    pools: dict[str, int]
    next_expires_at: datetime | None
    next_expires_amount: int | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's ledger; ``balance`` and ``debt`` are the state after it.

    ``pools`` maps the name of a pool to the credits that came to it or went (negative), and
    ``debt`` to what was paid of the debt or added to it (negative); together they are ``amount``.
    ``about_entry_id`` is the spend of a refund, and the hold of a capture, release or extension.
    ``other_account_id`` and ``other_entry_id`` are the other side of a transfer or merge.
    """

    account_id: str
    entry_id: int
    command_id: int
    kind: str
    amount: int
    balance: int
    debt: int
    allocations: list[list[int]] | None
    pools: dict[str, int]
    about_entry_id: int | None
    other_account_id: str | None
    other_entry_id: int | None
    feature: str | None
    member: str | None
    reference: str | None
    idempotency_key: str | None
    metadata: dict[str, Any] | None
    actor: str | None
    created_at: datetime
    occurred_at: datetime
    request: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Lot:
    """One grant of credits and what is left of it; ``expires_at`` None means never.

    ``cost_amount`` is money in the smallest unit of ``cost_currency``; ``cost_moved`` of it left
    with credits that were transferred. ``from_account_id`` and ``from_lot_id`` say who transferred
    these, if anybody did.
    """

    account_id: str
    lot_id: int
    pool: str
    priority: int
    granted: int
    remaining: int
    expires_at: datetime | None
    is_live: bool
    origin: str
    subscription: str | None
    period_start: datetime | None
    period_end: datetime | None
    payment_id: int | None
    cost_amount: int | None
    cost_currency: str | None
    cost_moved: int
    reference: str | None
    from_account_id: str | None
    from_lot_id: int | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits set aside: ``amount`` at first, ``captured`` of it by now, ``held`` still.

    ``status`` is open, captured, released or expired; at ``expires_at`` it ends by itself.
    """

    account_id: str
    hold_id: int
    amount: int
    captured: int
    held: int
    status: str
    expires_at: datetime
    feature: str | None
    member: str | None
    reference: str | None
    metadata: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MyEntry:
    """One line of the signed-in user's ledger with the state after it; ``pools`` as in `Entry`."""

    entry_id: int
    kind: str
    amount: int
    balance: int
    debt: int
    pools: dict[str, int]
    about_entry_id: int | None
    feature: str | None
    reference: str | None
    created_at: datetime
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class MyLot:
    """One grant of the signed-in user and what is left of it; expires_at None is never."""

    lot_id: int
    pool: str
    granted: int
    remaining: int
    expires_at: datetime | None
    is_live: bool
    period_start: datetime | None
    period_end: datetime | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class MemberUsage:
    """What a member of an account has used in all, and of each cap.

    ``caps`` has an object for each: ``period``, ``cap``, ``used`` and ``left`` (credits),
    ``starts_at`` and ``resets_at`` (ISO 8601; None for lifetime).
    """

    account_id: str
    member: str
    used: int
    caps: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature with the version of its rate card that counts now.

    ``rate_card`` and what follows are None before there is one; see `RateCard`.
    """

    feature: str
    description: str | None
    unit: str
    is_active: bool
    rate_card: int | None
    base: Decimal | None
    charge: str | None
    modifiers: dict[str, dict[str, float]] | None
    defaults: dict[str, str] | None
    minimum: int | None
    maximum: int | None
    rounding: str | None
    valid_from: datetime | None


@dataclass(frozen=True, slots=True)
class RateCard:
    """A version of what a feature costs.

    ``base`` credits times the factor of each modifier, times the quantity if ``charge`` is
    per_unit; made whole once by ``rounding``, then kept between ``minimum`` and ``maximum``.
    """

    feature: str
    rate_card: int
    base: Decimal
    charge: str
    modifiers: dict[str, dict[str, float]]
    defaults: dict[str, str]
    minimum: int
    maximum: int | None
    rounding: str
    valid_from: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """What was used and paid: a receipt, with the version of the rate card that priced it."""

    account_id: str
    entry_id: int
    command_id: int
    kind: str
    feature: str
    quantity: int
    rate_card: int
    amount: int
    balance: int
    available: int
    debt: int
    allocations: list[list[int]]
    metadata: dict[str, Any] | None
    is_replay: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FeatureQuote:
    """What a use would cost at ``as_of``, in credits, and whether the account has them.

    ``breakdown`` has the steps from the base to the price; ``largest_quantity`` is what the account
    could pay for, 2^53-1 where the quantity does not matter.
    """

    account_id: str
    feature: str
    unit: str
    quantity: int
    credits: int
    breakdown: dict[str, Any]
    available: int
    is_affordable: bool
    largest_quantity: int
    rate_card: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class FeatureCheck:
    """Whether a use would pass at ``as_of``; ``refusal`` has code and values if it would not."""

    account_id: str
    feature: str
    quantity: int
    is_allowed: bool
    credits: int
    available: int
    refusal: dict[str, Any] | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated invariant: where, and what was expected against what is there."""

    account_id: str | None
    violation: str
    entry_id: int | None
    lot_id: int | None
    expected: str | None
    actual: str | None


@dataclass(frozen=True, slots=True)
class VerifiedPage:
    """What one page of `verify_page` found.

    It went through ``accounts`` accounts and verified ``verified`` of them; ``findings`` are
    objects with the fields of `Finding`. ``last_account_id`` (None on a page without accounts) is
    the ``after`` of the next page while ``has_more``. ``estimated_accounts`` is about how many
    there are in all, None if the server does not know.
    """

    accounts: int
    verified: int
    estimated_accounts: int | None
    last_account_id: str | None
    has_more: bool
    findings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; ``status`` is trialing, active, past_due, paused or canceled.

    The period is that of the item whose period ends last. Each of ``items`` has ``item`` (None
    where there is only one), ``plan``, ``amount`` (credits of each grant), ``rollover_cap``,
    ``period_start``, ``period_end``, ``grant_every``, ``next_grant_at``, ``next_amount`` and
    ``next_plan``; instants are ISO 8601 texts.
    """

    account_id: str
    subscription: str
    status: str
    trial_end: datetime | None
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool
    canceled_at: datetime | None
    items: list[dict[str, Any]]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GrantRun:
    """What one run of `grant_due` booked; ``has_more`` says that another one is needed."""

    accounts: int
    grants: int
    credits: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one batch of `expire_due` booked.

    ``skipped`` accounts were locked by somebody; ``has_more`` says that on others something is due
    still, so that another batch is needed.
    """

    accounts: int
    holds: int
    lots: int
    credits: int
    has_more: bool
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class AccessFinding:
    """One deviation from the rights that pgcredits gives; ``remedy`` is a statement that mends it.

    ``role`` has the right too many, or lacks it; None where no role is in question.
    """

    violation: str
    object: str
    role: str | None
    remedy: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one batch of `seal_due` sealed; ``has_more`` says that another one is needed.

    ``is_busy``: another session seals, nothing was done. What was committed by ``sealed_until`` is
    sealed; it is None until everything has been sealed once, and until then ``estimated_entries``
    is about how many entries are left, None if the server does not know.
    """

    accounts: int
    entries: int
    has_more: bool
    is_busy: bool
    sealed_until: datetime | None
    estimated_entries: int | None


@dataclass(frozen=True, slots=True)
class Seal:
    """Head of the hash chain of an account, and how many entries follow that are not sealed yet.

    ``hash`` is in hexadecimal digits. ``entry_id`` and ``hash`` are None where nothing is sealed,
    ``unsealed`` where there is no account.
    """

    account_id: str
    entry_id: int | None
    hash: str | None
    unsealed: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Lots, holds, scheduled grants that are due and not booked, up to 10,000 each; since when.

    What was committed by ``sealed_until`` is sealed. ``as_of`` is the database's time.
    """

    due_lots: int
    due_holds: int
    oldest_due_at: datetime | None
    due_grants: int
    oldest_grant_at: datetime | None
    sealed_until: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The newest migration of a database and the checksum over everything applied to it."""

    migration: str | None
    checksum: str


@dataclass(frozen=True, slots=True)
class StripeOutcome:
    """What became of a Stripe event: applied, duplicate, ignored, parked or failed, and why.

    Of a retry that found nothing to do, ``outcome`` is ``none`` and there is no event. A parked one
    whose ``waits_for`` begins with ``lines:`` needs `add_stripe_line_items`.
    """

    event_id: str | None
    event_type: str | None
    outcome: str
    reason: str | None
    account_id: str | None
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """An event of the inbox; ``provider_account`` is empty for one's own account.

    A failed event is tried again by itself at ``retry_at``; never if that is None. ``body`` is None
    once it was purged.
    """

    provider_account: str
    event_id: str
    event_type: str
    livemode: bool
    outcome: str
    reason: str | None
    waits_for: str | None
    account_id: str | None
    attempts: int
    retry_at: datetime | None
    created_at: datetime
    received_at: datetime
    applied_at: datetime | None
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StripeCustomer:
    """A customer of Stripe and the account that it stands for."""

    customer: str
    account_id: str
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class StripeObject:
    """What is known of an object of Stripe, and of the payment that it belongs to.

    ``amount``, ``amount_returned``: money in the smallest unit of its currency; ``granted``,
    ``target``: credits. Each is None where it is not known or there is no such payment.
    """

    provider_account: str
    object_id: str
    kind: str
    state: str | None
    amount: int | None
    needs_review: bool
    account_id: str | None
    granted: int | None
    target: int | None
    amount_returned: int | None


@dataclass(frozen=True, slots=True)
class StripeBuyer:
    """The living customer and the running subscription of an account, None where there is none."""

    account_id: str
    customer: str | None
    subscription: str | None
    deleted_customers: int


@dataclass(frozen=True, slots=True)
class StripeRun:
    """A run of sync, replay or reconcile; ``problem`` says why it stopped before its end."""

    started_at: datetime
    kind: str
    provider_account: str
    livemode: bool
    ended_at: datetime
    counts: dict[str, int]
    problem: str | None


@dataclass(frozen=True, slots=True)
class StripeBacklog:
    """How many events of a type have an outcome; ``exhausted`` of them are not retried any more."""

    outcome: str
    event_type: str
    events: int
    exhausted: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class StripePurge:
    """What one batch of the clean-up did; ``has_more`` says that another one is needed."""

    closed: int
    purged: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class StripePrice:
    """Credits that one unit of a Stripe price grants; ``rollover_cap`` None means no cap.

    ``proration`` says what prorated lines grant: none, proportional or full.
    """

    price: str
    credits: int
    rollover_cap: int | None
    updated_at: datetime
    proration: str
