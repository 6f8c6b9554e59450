-- Purpose: a record of each comparison with Stripe.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.stripe_runs (
    started_at timestamptz not null,
    kind text collate "C" not null,
    provider_account text collate "C" not null,
    livemode boolean not null,
    ended_at timestamptz not null,
    counts jsonb not null,
    problem text,
    constraint stripe_runs_pkey primary key (started_at, kind, provider_account, livemode)
);
comment on table credits_private.stripe_runs is
    'Every run of a command that compares with Stripe: one row for each account of Stripe.';
comment on column credits_private.stripe_runs.started_at is 'When it began.';
comment on column credits_private.stripe_runs.kind is 'sync, replay or reconcile.';
comment on column credits_private.stripe_runs.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_runs.livemode is 'False for test mode.';
comment on column credits_private.stripe_runs.ended_at is 'When it ended.';
comment on column credits_private.stripe_runs.counts is
    'What it found and did: an object of numbers.';
comment on column credits_private.stripe_runs.problem is
    'Why it stopped before its end; null if it did not.';

create type credits.stripe_run as (
    started_at timestamptz,
    kind text,
    provider_account text,
    livemode boolean,
    ended_at timestamptz,
    counts jsonb,
    problem text
);
comment on type credits.stripe_run is 'A run of a command that compares with Stripe.';

alter table credits_private.stripe_runs enable row level security;
