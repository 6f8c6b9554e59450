-- Purpose: caps of members, and counters of what they use in a period.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.member_caps (
    account_id text collate "C" not null,
    member text collate "C" not null,
    period text collate "C" not null,
    cap bigint not null,
    constraint member_caps_pkey primary key (account_id, member, period),
    constraint member_caps_period_is_known check (
        period in ('hour', 'day', 'week', 'month', 'billing_period', 'lifetime')
    ),
    constraint member_caps_cap_is_in_range check (cap between 0 and 9007199254740991)
);
comment on table credits_private.member_caps is
    'What members of an account may use of its credits. The newest ledger entry about a cap says '
    'the same.';
comment on column credits_private.member_caps.account_id is 'Account whose credits are used.';
comment on column credits_private.member_caps.member is 'The member.';
comment on column credits_private.member_caps.period is
    'hour, day, week, month, billing_period or lifetime.';
comment on column credits_private.member_caps.cap is
    'Credits that the member may use in each period; 0 forbids.';

create table credits_private.usage_counters (
    account_id text collate "C" not null,
    member text collate "C" not null,
    feature text collate "C" not null,
    period text collate "C" not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    used bigint not null,
    constraint usage_counters_pkey primary key (account_id, member, feature, period, starts_at),
    constraint usage_counters_period_has_length check (starts_at < ends_at)
)
-- A counter is updated in place, again and again.
with (fillfactor = 50);
comment on table credits_private.usage_counters is
    'Credits used in a period, kept for what is limited. It follows from the ledger, and can be '
    'counted again.';
comment on column credits_private.usage_counters.account_id is 'Account whose credits are used.';
comment on column credits_private.usage_counters.member is 'Who used them; empty for anybody.';
comment on column credits_private.usage_counters.feature is
    'What for; empty for anything. Caps of members count everything.';
comment on column credits_private.usage_counters.period is
    'What is repeated: hour, day, week, month, billing_period or lifetime.';
comment on column credits_private.usage_counters.starts_at is 'Start of this period.';
comment on column credits_private.usage_counters.ends_at is
    'First instant after this period; infinity for never.';
comment on column credits_private.usage_counters.used is
    'What spends and holds of the period took, less what has come back of them since.';

create type credits_private.usage_window as (
    starts_at timestamptz,
    ends_at timestamptz,
    used bigint
);
comment on type credits_private.usage_window is
    'One period of a limit, and the credits used in it where they are known.';

create type credits_private.member_use as (
    member text collate "C",
    at timestamptz,
    amount bigint
);
comment on type credits_private.member_use is
    'Credits that a member used at an instant (positive), or that came back of them (negative).';

create type credits.member_usage as (
    account_id text,
    member text,
    used bigint,
    caps jsonb
);
comment on type credits.member_usage is
    'What a member of an account has used in all, and of each cap.';

alter table credits_private.member_caps enable row level security;
alter table credits_private.usage_counters enable row level security;
