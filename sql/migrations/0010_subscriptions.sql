-- Purpose: subscriptions, their items, and what has been tried once.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.subscriptions (
    account_id text collate "C" not null,
    subscription text collate "C" not null,
    status text not null,
    trial_end timestamptz,
    canceled_at timestamptz,
    cancel_at_period_end boolean not null default false,
    created_at timestamptz not null,
    constraint subscriptions_pkey primary key (account_id, subscription),
    constraint subscriptions_status_is_known check (
        status in ('trialing', 'active', 'past_due', 'paused')
    ),
    constraint subscriptions_cancellation_has_time check (
        canceled_at is not null or not cancel_at_period_end
    )
);
comment on table credits_private.subscriptions is
    'What was told about a subscription. The newest ledger entry about it says the same.';
comment on column credits_private.subscriptions.account_id is 'Account that is credited.';
comment on column credits_private.subscriptions.subscription is 'The caller''s id of it.';
comment on column credits_private.subscriptions.status is
    'trialing, active, past_due or paused; that it has ended follows from the cancellation.';
comment on column credits_private.subscriptions.trial_end is 'End of its trial, if it had one.';
comment on column credits_private.subscriptions.canceled_at is
    'When its cancellation was booked; null while it goes on.';
comment on column credits_private.subscriptions.cancel_at_period_end is
    'Whether a cancellation lets the paid period run to its end.';
comment on column credits_private.subscriptions.created_at is 'When it was first booked.';

create table credits_private.subscription_items (
    account_id text collate "C" not null,
    subscription text collate "C" not null,
    item text collate "C" not null,
    plan text,
    amount bigint not null,
    rollover_cap bigint,
    is_trial boolean not null default false,
    period_start timestamptz not null,
    period_end timestamptz not null,
    grant_months bigint,
    grant_days bigint,
    time_zone text,
    parts jsonb not null default '[]',
    grants_done bigint not null default 1,
    next_grant_at timestamptz,
    next_amount bigint,
    next_plan text,
    constraint subscription_items_pkey primary key (account_id, subscription, item),
    constraint subscription_items_period_has_length check (period_end > period_start),
    constraint subscription_items_amounts_are_not_negative check (
        amount >= 0 and rollover_cap >= 0 and next_amount >= 0
    ),
    constraint subscription_items_schedule_is_whole check (
        (grant_months is null) = (grant_days is null)
        and (grant_months is null) = (time_zone is null)
        and (grant_months is not null or parts = '[]')
        and (next_grant_at is null or grant_months is not null)
    )
);
comment on table credits_private.subscription_items is
    'Items of a subscription: what each grants, the newest paid period, and what is still to come '
    'of it.';
comment on column credits_private.subscription_items.account_id is 'Account that is credited.';
comment on column credits_private.subscription_items.subscription is 'The subscription.';
comment on column credits_private.subscription_items.item is
    'Item of the subscription; empty where it has only one.';
comment on column credits_private.subscription_items.plan is 'Plan that the item is on.';
comment on column credits_private.subscription_items.amount is 'Credits of each grant.';
comment on column credits_private.subscription_items.rollover_cap is
    'Credits that carry over at a grant at most; null for all.';
comment on column credits_private.subscription_items.is_trial is
    'Whether the period is the trial, which nobody paid for.';
comment on column credits_private.subscription_items.period_start is
    'Start of the newest paid period, or of the trial.';
comment on column credits_private.subscription_items.period_end is 'End of that period.';
comment on column credits_private.subscription_items.grant_months is
    'Months from one grant of the period to the next; null when all is granted at its start.';
comment on column credits_private.subscription_items.grant_days is
    'Days from one grant of the period to the next, besides the months.';
comment on column credits_private.subscription_items.time_zone is
    'Zone in which months and days are counted: the account''s when the period was granted.';
comment on column credits_private.subscription_items.parts is
    'Array of [payment, credits, paid credits, cost of these]: what each later grant consists of, '
    'and what it would without a downgrade; payment and cost may be null.';
comment on column credits_private.subscription_items.grants_done is
    'How many grants of the period are booked.';
comment on column credits_private.subscription_items.next_grant_at is
    'When the next grant is due; null if there is none, or while it must not come.';
comment on column credits_private.subscription_items.next_amount is
    'Credits of each grant from the next paid period on, if a change is scheduled.';
comment on column credits_private.subscription_items.next_plan is 'Plan from then on.';

create index subscription_items_due_idx on credits_private.subscription_items (
    next_grant_at, account_id
)
    where next_grant_at is not null;

create table credits_private.trial_keys (
    trial_key text collate "C" not null,
    account_id text collate "C" not null,
    subscription text collate "C" not null,
    constraint trial_keys_pkey primary key (trial_key)
);
comment on table credits_private.trial_keys is
    'Who has had a trial, under keys that outlive accounts; unique over all accounts.';
comment on column credits_private.trial_keys.trial_key is
    'Key of the host application, such as the hash of a card or an address.';
comment on column credits_private.trial_keys.account_id is 'Account that had the trial.';
comment on column credits_private.trial_keys.subscription is 'Subscription that was tried.';

create type credits.subscription as (
    account_id text,
    subscription text,
    status text,
    trial_end timestamptz,
    period_start timestamptz,
    period_end timestamptz,
    cancel_at_period_end boolean,
    canceled_at timestamptz,
    items jsonb,
    created_at timestamptz
);
comment on type credits.subscription is
    'A subscription and its items. status is trialing, active, past_due, paused or canceled; the '
    'period is the one that ends last.';

create type credits.grant_run as (
    accounts bigint,
    grants bigint,
    credits bigint,
    has_more boolean
);
comment on type credits.grant_run is
    'What one run of grant_due booked: accounts visited, grants and their credits; has_more when '
    'the limit was reached.';

alter table credits_private.subscriptions enable row level security;
alter table credits_private.subscription_items enable row level security;
alter table credits_private.trial_keys enable row level security;
