-- Purpose: the Stripe inbox and the credits that a price is worth.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.stripe_events (
    provider_account text collate "C" not null,
    event_id text collate "C" not null,
    event_type text not null,
    livemode boolean not null,
    api_version text,
    created_at timestamptz not null,
    payload text,
    body jsonb,
    outcome text not null default 'received',
    reason text,
    waits_for text collate "C",
    account_id text collate "C",
    attempts integer not null default 0,
    retry_at timestamptz,
    received_at timestamptz not null,
    applied_at timestamptz,
    constraint stripe_events_pkey primary key (provider_account, event_id),
    constraint stripe_events_outcome_is_known check (
        outcome in ('received', 'applied', 'ignored', 'parked', 'failed')
    ),
    constraint stripe_events_parked_waits check ((outcome = 'parked') = (waits_for is not null)),
    constraint stripe_events_retried_is_open check (
        retry_at is null or outcome in ('received', 'failed')
    ),
    constraint stripe_events_body_is_whole check ((payload is null) = (body is null)),
    constraint stripe_events_open_has_body check (
        body is not null or outcome in ('applied', 'ignored')
    )
);
comment on table credits_private.stripe_events is
    'Every verified event of Stripe, once, with what became of it.';
comment on column credits_private.stripe_events.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_events.event_id is 'Id of the event.';
comment on column credits_private.stripe_events.event_type is 'Type of the event.';
comment on column credits_private.stripe_events.livemode is 'False for a test-mode event.';
comment on column credits_private.stripe_events.api_version is
    'API version in which the body was rendered.';
comment on column credits_private.stripe_events.created_at is
    'When Stripe made the event; whole seconds.';
comment on column credits_private.stripe_events.payload is
    'The body as it was received, to the letter; null once it was purged.';
comment on column credits_private.stripe_events.body is
    'The body parsed; NUL characters are replaced by U+FFFD. Null once it was purged.';
comment on column credits_private.stripe_events.outcome is
    'received, applied, ignored, parked or failed.';
comment on column credits_private.stripe_events.reason is 'Why it was ignored, parked or failed.';
comment on column credits_private.stripe_events.waits_for is
    'What a parked event waits for, kind and id.';
comment on column credits_private.stripe_events.account_id is
    'Account that the event was about, once known.';
comment on column credits_private.stripe_events.attempts is 'How often it was tried.';
comment on column credits_private.stripe_events.retry_at is
    'When it is due to be tried again; null when it is not, or the limit of attempts is reached.';
comment on column credits_private.stripe_events.received_at is 'When it arrived first.';
comment on column credits_private.stripe_events.applied_at is 'When it was tried last.';

create index stripe_events_waiting_idx on credits_private.stripe_events (waits_for)
    where waits_for is not null;
create index stripe_events_retry_idx on credits_private.stripe_events (retry_at)
    where retry_at is not null;
create index stripe_events_body_idx on credits_private.stripe_events (received_at)
    where body is not null;

create table credits_private.stripe_waits (
    waits_for text collate "C" not null,
    constraint stripe_waits_pkey primary key (waits_for)
);
comment on table credits_private.stripe_waits is
    'Meeting point of an event that waits for something and the event that brings it: both insert '
    'the '
    'same row, so neither can miss the other.';
comment on column credits_private.stripe_waits.waits_for is 'Kind and id of what is waited for.';

create table credits_private.stripe_prices (
    price text collate "C" not null,
    credits bigint not null,
    rollover_cap bigint,
    updated_at timestamptz not null,
    constraint stripe_prices_pkey primary key (price),
    constraint stripe_prices_credits_are_in_range check (credits between 1 and 9007199254740991),
    constraint stripe_prices_cap_is_in_range check (rollover_cap between 0 and 9007199254740991)
);
comment on table credits_private.stripe_prices is 'What one unit of a subscription price is worth.';
comment on column credits_private.stripe_prices.price is 'Id of the price at Stripe.';
comment on column credits_private.stripe_prices.credits is 'Credits for one unit and period.';
comment on column credits_private.stripe_prices.rollover_cap is
    'Credits of the ended period that carry over at most; null: all of them.';
comment on column credits_private.stripe_prices.updated_at is 'When the row was last set.';

create type credits.stripe_outcome as (
    event_id text,
    event_type text,
    outcome text,
    reason text,
    account_id text
);
comment on type credits.stripe_outcome is
    'What became of an event: applied, duplicate, ignored, parked or failed, and why.';

create type credits.stripe_event as (
    provider_account text,
    event_id text,
    event_type text,
    livemode boolean,
    outcome text,
    reason text,
    waits_for text,
    account_id text,
    attempts integer,
    retry_at timestamptz,
    created_at timestamptz,
    received_at timestamptz,
    applied_at timestamptz,
    body jsonb
);
comment on type credits.stripe_event is 'An event of the inbox and what became of it.';

create type credits.stripe_backlog as (
    outcome text,
    event_type text,
    events bigint,
    exhausted bigint,
    oldest_at timestamptz
);
comment on type credits.stripe_backlog is
    'How many events of a type have one outcome; exhausted are those not retried any more.';

create type credits.stripe_purge as (
    closed bigint,
    purged bigint,
    has_more boolean
);
comment on type credits.stripe_purge is
    'What one batch of the clean-up did: waiting events closed, bodies purged; has_more when the '
    'limit was reached.';

create type credits.stripe_price as (
    price text,
    credits bigint,
    rollover_cap bigint,
    updated_at timestamptz
);
comment on type credits.stripe_price is 'What one unit of a subscription price is worth.';

create type credits_private.stripe_result as (
    outcome text,
    reason text,
    waits_for text,
    account_id text
);
comment on type credits_private.stripe_result is
    'What a handler made of an event; waits_for only when parked.';

alter table credits_private.stripe_events enable row level security;
alter table credits_private.stripe_waits enable row level security;
alter table credits_private.stripe_prices enable row level security;
