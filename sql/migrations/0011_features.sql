-- Purpose: features and what they cost.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.features (
    feature text collate "C" not null,
    description text,
    unit text not null,
    is_active boolean not null,
    created_at timestamptz not null,
    constraint features_pkey primary key (feature),
    constraint features_name_is_plain check (
        feature ~ '^[A-Za-z0-9_.-]{1,63}$' and feature <> 'subscription'
    )
);
comment on table credits_private.features is 'What credits can be used for at a known price.';
comment on column credits_private.features.feature is 'Name of the feature.';
comment on column credits_private.features.description is 'What it is, for people.';
comment on column credits_private.features.unit is 'What a quantity counts: use, page, second.';
comment on column credits_private.features.is_active is 'Whether it can be used now.';
comment on column credits_private.features.created_at is 'When it was defined first.';

create table credits_private.rate_cards (
    feature text collate "C" not null,
    version integer not null,
    base numeric not null,
    charge text not null,
    modifiers jsonb not null,
    defaults jsonb not null,
    minimum bigint not null,
    maximum bigint,
    rounding text not null,
    valid_from timestamptz not null,
    created_at timestamptz not null,
    constraint rate_cards_pkey primary key (feature, version),
    constraint rate_cards_feature_fkey foreign key (feature)
    references credits_private.features (feature) on delete restrict,
    constraint rate_cards_version_is_positive check (version > 0),
    constraint rate_cards_base_is_in_range check (base between 0 and 9007199254740991),
    constraint rate_cards_charge_is_known check (charge in ('per_use', 'per_unit')),
    constraint rate_cards_bounds_are_in_range check (
        minimum between 0 and 9007199254740991
        and coalesce(maximum, minimum) between minimum and 9007199254740991
    ),
    constraint rate_cards_rounding_is_known check (rounding in ('up', 'down', 'nearest'))
);
comment on table credits_private.rate_cards is
    'What a feature costs, by version. A version never changes: entries of the ledger name it.';
comment on column credits_private.rate_cards.feature is 'Feature that the card is for.';
comment on column credits_private.rate_cards.version is 'Number of the card: 1, 2, 3 and so on.';
comment on column credits_private.rate_cards.base is
    'Credits of one use or unit, before modifiers; with up to 9 decimals.';
comment on column credits_private.rate_cards.charge is
    'per_use (whatever the quantity) or per_unit (times the quantity).';
comment on column credits_private.rate_cards.modifiers is
    'Object of modifiers, each an object of its options and their factors.';
comment on column credits_private.rate_cards.defaults is
    'Option of each modifier that need not be chosen.';
comment on column credits_private.rate_cards.minimum is 'Least credits of one use.';
comment on column credits_private.rate_cards.maximum is
    'Most credits of one use; null for no bound.';
comment on column credits_private.rate_cards.rounding is
    'How the product is made whole, once, before minimum and maximum: up, down or nearest.';
comment on column credits_private.rate_cards.valid_from is
    'From when on it counts. Of two that count, the later one does; of equal ones the newer one.';
comment on column credits_private.rate_cards.created_at is 'When it was set.';

create index rate_cards_valid_idx on credits_private.rate_cards (feature, valid_from, version);

create type credits.feature as (
    feature text,
    description text,
    unit text,
    is_active boolean,
    rate_card integer,
    base numeric,
    charge text,
    modifiers jsonb,
    defaults jsonb,
    minimum bigint,
    maximum bigint,
    rounding text,
    valid_from timestamptz
);
comment on type credits.feature is
    'A feature and the version of its rate card that counts now; rate_card and what follows are '
    'null before there is one.';

create type credits.rate_card as (
    feature text,
    rate_card integer,
    base numeric,
    charge text,
    modifiers jsonb,
    defaults jsonb,
    minimum bigint,
    maximum bigint,
    rounding text,
    valid_from timestamptz,
    created_at timestamptz
);
comment on type credits.rate_card is 'A version of what a feature costs.';

create type credits.feature_use as (
    account_id text,
    entry_id bigint,
    command_id bigint,
    kind text,
    feature text,
    quantity bigint,
    rate_card integer,
    amount bigint,
    balance bigint,
    available bigint,
    debt bigint,
    allocations jsonb,
    metadata jsonb,
    is_replay boolean,
    created_at timestamptz
);
comment on type credits.feature_use is
    'Answer of use_feature: a receipt with what was used, at which price, and the metadata that '
    'was kept with it.';

create type credits.feature_quote as (
    account_id text,
    feature text,
    unit text,
    quantity bigint,
    credits bigint,
    breakdown jsonb,
    available bigint,
    is_affordable boolean,
    largest_quantity bigint,
    rate_card integer,
    as_of timestamptz
);
comment on type credits.feature_quote is
    'What a use would cost at an instant, how that comes about, and whether the account has the '
    'credits.';

create type credits.feature_check as (
    account_id text,
    feature text,
    quantity bigint,
    is_allowed boolean,
    credits bigint,
    available bigint,
    refusal jsonb,
    as_of timestamptz
);
comment on type credits.feature_check is
    'Whether a use would pass at an instant. refusal is what DETAIL of the error would say, null '
    'if it would pass.';

alter table credits_private.features enable row level security;
alter table credits_private.rate_cards enable row level security;
