-- Purpose: holds, credits that are taken out of their lots for work of unknown cost.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.holds (
    account_id text collate "C" not null,
    hold_id bigint not null,
    amount bigint not null,
    captured bigint not null default 0,
    status text not null default 'open',
    expires_at timestamptz not null,
    constraint holds_pkey primary key (account_id, hold_id),
    constraint holds_amount_is_positive check (amount > 0),
    constraint holds_captured_is_in_range check (captured between 0 and amount),
    constraint holds_status_is_known check (status in ('open', 'captured', 'released', 'expired'))
);
comment on table credits_private.holds is
    'Credits set aside for work whose cost is not known yet. The ledger says which lots gave them.';
comment on column credits_private.holds.account_id is 'Account that the credits belong to.';
comment on column credits_private.holds.hold_id is 'Number of the entry that took the credits.';
comment on column credits_private.holds.amount is 'Credits that the hold took.';
comment on column credits_private.holds.captured is
    'Part of the amount that was captured; what was captured above the amount is not in it.';
comment on column credits_private.holds.status is
    'open, captured, released, or expired: released by its deadline.';
comment on column credits_private.holds.expires_at is
    'Deadline: first instant at which the hold cannot be captured.';

create index holds_open_idx on credits_private.holds (account_id, expires_at, hold_id)
    where status = 'open';
create index holds_expiry_idx on credits_private.holds (expires_at, account_id)
    where status = 'open';

create type credits.hold as (
    account_id text,
    hold_id bigint,
    amount bigint,
    captured bigint,
    held bigint,
    status text,
    expires_at timestamptz,
    feature text,
    member text,
    reference text,
    metadata jsonb,
    created_at timestamptz
);
comment on type credits.hold is
    'Credits set aside: amount at first, captured of it by now, held still. status is open, '
    'captured, released or expired.';

create type credits_private.due_part as (
    account_id text,
    hold_id bigint,
    deadline timestamptz,
    ordinal bigint,
    lot_id bigint,
    amount bigint,
    allocations jsonb,
    member text,
    held_at timestamptz,
    priority integer,
    ends_at timestamptz,
    was_open boolean,
    is_alone boolean
);
comment on type credits_private.due_part is
    'What an overdue hold gives back: the whole (ordinal 0, with its allocations, and who held it '
    'when), and each part of it, with the lot. A hold that has to be ended alone has only the '
    'former.';

create type credits_private.lot_change as (
    account_id text,
    lot_id bigint,
    remaining bigint,
    is_open boolean,
    expired bigint,
    has_ended boolean
);
comment on type credits_private.lot_change is
    'What becomes of a lot when something is due: what its row says afterwards, and the credits '
    'that it loses to expiry.';

create type credits_private.due_account as (
    account_id text,
    events bigint,
    events_left bigint,
    next_event_at timestamptz,
    next_lot_at timestamptz,
    hold_id bigint,
    has_grant boolean
);
comment on type credits_private.due_account is
    'What a plan does with an account: how many lots and holds end, how many more might, when the '
    'next one is pending, when the next lot is, the overdue hold that stands in the way, and '
    'whether a scheduled grant does.';

create type credits_private.due_plan as (
    entries credits_private.ledger[],
    lots credits_private.lot_change[],
    holds credits_private.due_part[],
    accounts credits_private.due_account[]
);
comment on type credits_private.due_plan is
    'What is to be written because time has passed: entries, changes of lots, holds that end, and '
    'what that is for each account.';

alter table credits_private.holds enable row level security;
