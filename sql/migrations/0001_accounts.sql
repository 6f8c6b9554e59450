-- Purpose: pools, accounts and settings.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.pools (
    pool text collate "C" not null,
    priority integer not null,
    pays_debt boolean not null,
    description text not null,
    constraint pools_pkey primary key (pool),
    constraint pools_name_is_short check (length(pool) between 1 and 63),
    constraint pools_name_is_not_debt check (pool <> 'debt')
);
comment on table credits_private.pools is
    'Classes of credits: when they burn and whether they pay debt.';
comment on column credits_private.pools.pool is 'Name of the pool.';
comment on column credits_private.pools.priority is
    'Burn priority, lowest first. Copied to a lot when it is granted.';
comment on column credits_private.pools.pays_debt is
    'Whether lots of this pool settle debt at once.';
comment on column credits_private.pools.description is 'What the pool is for.';

insert into credits_private.pools (pool, priority, pays_debt, description) values
    ('subscription', 10, true, 'Credits of a paid period; they end with it.'),
    ('promotional', 20, false, 'Gifts and bonuses; never taken for debt.'),
    ('purchased', 30, true, 'Packs bought on their own.');

create table credits_private.accounts (
    account_id text collate "C" not null,
    kind text not null default 'user',
    status text not null default 'active',
    plan text,
    time_zone text not null default 'UTC',
    open_entry_id bigint,
    merged_into text collate "C",
    metadata jsonb,
    created_at timestamptz not null,
    constraint accounts_pkey primary key (account_id),
    constraint accounts_id_is_short check (length(account_id) between 1 and 255),
    constraint accounts_kind_is_known check (kind in ('user', 'organisation', 'guest')),
    constraint accounts_status_is_known check (status in ('active', 'frozen', 'closed')),
    constraint accounts_merged_is_closed check (
        merged_into is null or status = 'closed' and merged_into <> account_id
    )
);
comment on table credits_private.accounts is
    'Holders of credits. The row is what writers lock; a spend never updates it.';
comment on column credits_private.accounts.account_id is 'The host application''s own id.';
comment on column credits_private.accounts.kind is 'user, organisation or guest.';
comment on column credits_private.accounts.status is 'active, frozen or closed.';
comment on column credits_private.accounts.plan is 'Plan of the account, if it has one.';
comment on column credits_private.accounts.time_zone is
    'IANA time zone in which periods of the account are counted.';
comment on column credits_private.accounts.open_entry_id is
    'Entry of the open_account call; null while only a grant has opened the account.';
comment on column credits_private.accounts.merged_into is
    'Account that has taken this one over, which is closed then; null if none has.';
comment on column credits_private.accounts.metadata is 'Free-form object of the host application.';
comment on column credits_private.accounts.created_at is 'When the account was first seen.';

create table credits_private.access_matrix (
    role text collate "C" not null,
    function text collate "C" not null,
    constraint access_matrix_pkey primary key (role, function)
);
comment on table credits_private.access_matrix is
    'Who may call what, as access.sql granted it last: what audit_access compares with.';
comment on column credits_private.access_matrix.role is 'Role that may execute the function.';
comment on column credits_private.access_matrix.function is 'Function with its argument types.';

create table credits_private.settings (
    setting text collate "C" not null,
    value text not null,
    description text not null,
    constraint settings_pkey primary key (setting),
    constraint settings_value_is_legal check (
        case setting
            when 'renewal_grace' then value::interval between interval '0' and interval '100 years'
            when 'refund_grace' then value::interval between interval '0' and interval '100 years'
            when 'hold_time' then
                extract(epoch from value::interval) > 0
                and extract(epoch from value::interval) <= 86400
            when 'shortfall' then value in ('debt', 'write_off')
            when 'free_purchases' then value in ('ignore', 'grant')
            when 'connected_accounts' then
                value in ('none', 'any') or value ~ '^[^, ]+(,[^, ]+)*$'
            when 'checkout_credits' then value in ('metadata', 'line_items')
            when 'dispute_takes_back' then value in ('at_once', 'when_lost')
            when 'dispute_freezes' then value in ('no', 'yes')
            when 'credit_notes' then value in ('ignore', 'take_back')
            when 'stripe_retention' then
                value::interval between interval '0' and interval '100 years'
            when 'stripe_patience' then
                value::interval between interval '0' and interval '100 years'
            when 'stripe_attempts' then value ~ '^[1-9][0-9]{0,3}$'
            when 'account_claim' then
                value ~ '^[^.]+([.][^.]+)*$' and value !~ '^user_metadata([.]|$)'
            when 'api_logins' then value ~ '^[^,[:space:]]+(,[^,[:space:]]+)*$'
            when 'sealing' then value in ('by_job', 'at_once')
        end is true
    )
);
comment on table credits_private.settings is
    'Choices of the installation, one row each, with their reason.';
comment on column credits_private.settings.setting is 'Name of the setting.';
comment on column credits_private.settings.value is
    'Its value as text; the check constraint says what is legal.';
comment on column credits_private.settings.description is
    'What it decides, the values allowed, and why the default is what it is.';

insert into credits_private.settings (setting, value, description) values
    ('renewal_grace', '3 days',
     'How long subscription lots outlive their period (interval). Providers bill an hour to a day '
     'after a period ends; without grace every customer would have a gap without credits.'),
    ('refund_grace', '7 days',
     'How long credits that a refund returns to an expired lot stay spendable, counted from the '
     'expiry of the lot (interval). A failed job must not cost the customer the credits.'),
    ('hold_time', '15 minutes',
     'How long a hold lasts when its caller does not say (interval, at most 24 hours). Long enough '
     'for most jobs, short enough that the credits of a worker that died come back soon.'),
    ('shortfall', 'debt',
     'What becomes of credits that were spent before their payment went back: debt (the account '
     'owes them) or write_off (recorded and forgiven). Debt, so that refunds cannot be farmed.'),
    ('free_purchases', 'ignore',
     'Whether a checkout with nothing to pay grants its credits: ignore or grant. Ignored, since a '
     'leaked coupon of 100 percent would otherwise mint credits.'),
    ('connected_accounts', 'none',
     'Whose events of Stripe Connect count: none, any, or ids of connected accounts separated by '
     'commas. None, since whoever owns a connected account writes the metadata of its payments.'),
    ('checkout_credits', 'metadata',
     'What says how many credits a paid checkout grants: metadata (frozen there by your server; '
     'line items where they are known) or line_items (nothing is granted before they are fetched). '
     'Metadata, since fetching needs a relay with a key of Stripe.'),
    ('dispute_takes_back', 'at_once',
     'When a dispute takes its share of the credits back: at_once (when it has to be answered, '
     'given back if it is won) or when_lost. At once, since Stripe takes the money at once, too.'),
    ('dispute_freezes', 'no',
     'Whether an open or lost dispute freezes the account, and the end of the last one unfreezes '
     'it: no or yes. No, since the credits of other payments are paid for.'),
    ('credit_notes', 'ignore',
     'Whether a credit note takes credits back for its part that is no refund: ignore or '
     'take_back. Ignored, since money on the customer balance at Stripe is still to be spent.'),
    ('sealing', 'by_job',
     'When entries are sealed against later changes: by_job (within a minute, by the periodic job) '
     'or at_once (in their own transaction). By the job, since a spend then costs nothing more.'),
    ('stripe_retention', '90 days',
     'How long the inbox keeps the bodies of events that are done (interval). They hold names and '
     'addresses; what was booked stays. Longer than the 30 days in which Stripe can send again.'),
    ('stripe_patience', '30 days',
     'How long money that went back at Stripe waits for the purchase that it belongs to (interval) '
     'before its event is closed. Its figures stay, and count should the purchase come after all.'),
    ('stripe_attempts', '10',
     'How often a failed event is tried by itself, with growing gaps, before somebody has to look '
     '(1 to 9999). Ten span about half a day; a delivery by Stripe always tries again.'),
    ('account_claim', 'sub',
     'Claim of the access token that holds the account of an end user; a dot leads into an object '
     '(app_metadata.org_id). The subject, since that is who has signed in; never user_metadata, '
     'which users edit themselves.'),
    ('api_logins', 'authenticator',
     'Logins of the API server, separated by commas. Claims count under these alone, since every '
     'login can write them; authenticator is the name that PostgREST and Supabase use.');

alter table credits_private.pools enable row level security;
alter table credits_private.accounts enable row level security;
alter table credits_private.access_matrix enable row level security;
alter table credits_private.settings enable row level security;
