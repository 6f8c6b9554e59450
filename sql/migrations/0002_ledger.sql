-- Purpose: the ledger, its lots, and the row types that the API returns.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.ledger (
    account_id text collate "C" not null,
    entry_id bigint not null,
    command_id bigint not null,
    kind text not null,
    amount bigint not null,
    balance bigint not null,
    debt bigint not null,
    open_lot_id bigint,
    open_lot_remaining bigint not null,
    next_event_at timestamptz not null,
    allocations jsonb,
    about_entry_id bigint,
    other_account_id text collate "C",
    other_entry_id bigint,
    feature text,
    member text collate "C",
    reference text,
    idempotency_key text collate "C",
    request jsonb,
    metadata jsonb,
    actor text not null,
    created_at timestamptz not null,
    occurred_at timestamptz not null,
    constraint ledger_pkey primary key (account_id, entry_id)
)
-- Vacuum marks new entries as committed, a page at a time. Where it has not been yet, the account's
-- next spend does it, at the price of an image of the page in the log.
with (autovacuum_vacuum_insert_scale_factor = 0.05);
comment on table credits_private.ledger is
    'Append-only ledger and the state itself: the newest entry of an account carries everything '
    'that the next one needs.';
comment on column credits_private.ledger.account_id is 'Account of the entry.';
comment on column credits_private.ledger.entry_id is
    'Number inside the account: 1, 2, 3 and so on, without gaps.';
comment on column credits_private.ledger.command_id is
    'Number of the first entry that the same command booked.';
comment on column credits_private.ledger.kind is
    'open, freeze, unfreeze, close, erase, cap, grant, adjust, subscription, rollover, transfer, '
    'merge, spend, refund, hold, extend, capture, release, expire, settle, clawback, restore or '
    'repair.';
comment on column credits_private.ledger.amount is
    'Credits that came (positive) or went (negative); 0 where nothing moved.';
comment on column credits_private.ledger.balance is
    'Credits after the entry: all lots less the debt.';
comment on column credits_private.ledger.debt is 'Credits owed after the entry.';
comment on column credits_private.ledger.open_lot_id is 'Lot being burned after the entry, if any.';
comment on column credits_private.ledger.open_lot_remaining is
    'Credits left in the open lot; the remaining of its row in lots is 0 meanwhile.';
comment on column credits_private.ledger.next_event_at is
    'Never later than the earliest expiry that is pending; infinity if there is none.';
comment on column credits_private.ledger.allocations is
    'Array of [lot, signed amount] in burn order, lot 0 being the debt; null when the open lot '
    'alone gave.';
comment on column credits_private.ledger.about_entry_id is
    'The entry that this one follows up: the spend or capture that a refund gives back, the hold '
    'that is captured, released or extended.';
comment on column credits_private.ledger.other_account_id is
    'Where the credits of a transfer or merge went, or came from.';
comment on column credits_private.ledger.other_entry_id is
    'The entry over there: the first one of the command that got the credits, the one that gave '
    'them.';
comment on column credits_private.ledger.feature is 'What the credits were used for.';
comment on column credits_private.ledger.member is
    'Member of the account who used the credits, on a spend, a hold and what follows them up; or '
    'whose cap is set.';
comment on column credits_private.ledger.reference is
    'The host application''s reference, a job or an order.';
comment on column credits_private.ledger.idempotency_key is
    'Key of the command, on its first entry only; unique inside the account, for ever.';
comment on column credits_private.ledger.request is
    'What was asked, where the other columns do not tell; a replay must ask the same. The key '
    'after is no part of it: it says what the subscriptions of the command became.';
comment on column credits_private.ledger.metadata is
    'Free-form object of the caller; never part of a decision.';
comment on column credits_private.ledger.actor is
    'Login, and the role it had taken, that made the call.';
comment on column credits_private.ledger.created_at is
    'When it was booked; never runs backwards inside an account.';
comment on column credits_private.ledger.occurred_at is
    'When it took effect: the expiry for breakage, the deadline for a hold that ended by it, else '
    'the time of the call, which lies before created_at only while a clock that ran ahead and was '
    'put back has not caught up.';

create unique index ledger_idempotency_key on credits_private.ledger (account_id, idempotency_key)
    where idempotency_key is not null;
create index ledger_other_idx on credits_private.ledger (
    account_id, other_account_id, command_id
)
    where other_account_id is not null;
-- Every entry but a spend from the open lot: what follows up another one is found by its number,
-- and history is read without the entries between. For such a spend it costs no more than a look.
create index ledger_allocated_idx
    on credits_private.ledger (account_id, about_entry_id, entry_id)
    where allocations is not null;

-- New entries are found by their date, to be sealed. Ranges of pages are summarised behind the
-- inserts, so that one costs an insert no more than a look.
create index ledger_created_idx on credits_private.ledger using brin (created_at)
    with (autosummarize = on);

create table credits_private.lots (
    account_id text collate "C" not null,
    lot_id bigint not null,
    pool text not null,
    priority integer not null,
    granted bigint not null,
    remaining bigint not null,
    expired bigint not null default 0,
    clawed bigint not null default 0,
    clawed_at timestamptz,
    expires_at timestamptz not null,
    is_open boolean not null,
    origin text not null,
    subscription text collate "C",
    item text collate "C",
    plan text,
    period_start timestamptz,
    period_end timestamptz,
    payment_id bigint,
    cost_amount bigint,
    cost_currency text,
    cost_moved bigint not null default 0,
    reference text,
    from_account_id text collate "C",
    from_lot_id bigint,
    moved_to_lot_id bigint,
    granted_at timestamptz not null,
    constraint lots_pkey primary key (account_id, lot_id),
    constraint lots_granted_is_positive check (granted > 0),
    constraint lots_remaining_is_in_range check (remaining between 0 and granted),
    constraint lots_expired_is_in_range check (expired between 0 and granted),
    constraint lots_clawed_is_in_range check (clawed between 0 and granted),
    constraint lots_clawed_has_time check ((clawed > 0) = (clawed_at is not null)),
    constraint lots_holding_is_open check (is_open or remaining = 0),
    constraint lots_origin_is_known check (
        origin in (
            'grant', 'trial', 'upgrade', 'schedule', 'rollover', 'restoration', 'transfer'
        )
    ),
    constraint lots_cost_moved_is_in_range check (
        cost_moved between 0 and coalesce(cost_amount, 0)
    ),
    constraint lots_moved_is_empty check (moved_to_lot_id is null or remaining = 0)
)
with (fillfactor = 80);
comment on table credits_private.lots is
    'Grants of credits. The open lot is checked out into the newest ledger entry: read lots '
    'through the API.';
comment on column credits_private.lots.account_id is 'Account that holds the lot.';
comment on column credits_private.lots.lot_id is 'Number of the entry that created the lot.';
comment on column credits_private.lots.pool is 'Pool of the credits.';
comment on column credits_private.lots.priority is
    'Burn priority of the pool at the time of the grant.';
comment on column credits_private.lots.granted is 'Credits that the lot began with.';
comment on column credits_private.lots.remaining is 'Credits left; 0 while the lot is checked out.';
comment on column credits_private.lots.expired is 'Credits of the lot that were lost to expiry.';
comment on column credits_private.lots.clawed is
    'Credits of the lot that are taken back at present.';
comment on column credits_private.lots.clawed_at is
    'Since when credits are taken back; restored lots live longer by that time.';
comment on column credits_private.lots.expires_at is
    'First instant at which the credits cannot be spent; infinity for never.';
comment on column credits_private.lots.is_open is 'False once exhausted or expired.';
comment on column credits_private.lots.origin is
    'grant; of a subscription also trial, upgrade (a better plan within a period) or schedule (a '
    'later grant of a period that is paid); rollover (carried over from an older lot), restoration '
    '(given back after the older lot had ended) or transfer. A restoration that is transferred '
    'stays one: it had its grace.';
comment on column credits_private.lots.subscription is 'Subscription that the lot belongs to.';
comment on column credits_private.lots.item is
    'Item of the subscription that a renewal granted; one grant per item and period.';
comment on column credits_private.lots.plan is 'Plan that the item was on.';
comment on column credits_private.lots.period_start is
    'Start of the period that the credits are for: of the paid period, or of a part of it.';
comment on column credits_private.lots.period_end is 'End of that period, without grace.';
comment on column credits_private.lots.payment_id is
    'Payment that bought the lot, or the lot that it derives from.';
comment on column credits_private.lots.cost_amount is
    'What was paid for all granted credits, in the smallest unit of the currency.';
comment on column credits_private.lots.cost_currency is
    'Currency of cost_amount, ISO 4217 in lower case.';
comment on column credits_private.lots.cost_moved is
    'Part of cost_amount that left with credits that were transferred to other accounts.';
comment on column credits_private.lots.reference is 'Reference of the command that granted it.';
comment on column credits_private.lots.from_account_id is
    'Account that transferred the credits, if one has.';
comment on column credits_private.lots.from_lot_id is 'Lot of that account which they came from.';
comment on column credits_private.lots.moved_to_lot_id is
    'Number under which the lot goes on in the account that this one was merged into. The figures '
    'stay as they were then.';
comment on column credits_private.lots.granted_at is 'When the grant was booked.';

create index lots_burn_idx on credits_private.lots (account_id, priority, expires_at,
lot_id) where is_open;
create index lots_expiry_idx on credits_private.lots (expires_at, account_id) where is_open;
create index lots_payment_idx on credits_private.lots (account_id,
payment_id) where payment_id is not null;
create unique index lots_period_key on credits_private.lots (
    account_id, subscription, item, period_start
)
    where item is not null and origin = 'grant';

create type credits_private.account_state as (
    account_id text,
    status text,
    now timestamptz,
    effective_at timestamptz,
    entry_id bigint,
    command_id bigint,
    created_at timestamptz,
    balance bigint,
    debt bigint,
    open_lot_id bigint,
    open_lot_remaining bigint,
    next_event_at timestamptz,
    due_limit bigint,
    has_gained boolean,
    entries credits_private.ledger[],
    merged_into text
);
comment on type credits_private.account_state is
    'A locked account while a command works on it: its status, the clock, the state after its '
    'newest entry, and the entries that the command has booked and not written yet. effective_at '
    'is the past instant at which they take effect; null for now. At most due_limit lots and holds '
    'that are due may end. has_gained says whether credits came into its lots.';

create type credits_private.spend_order as (
    index integer,
    account_id text,
    amount bigint,
    feature text,
    member text,
    reference text,
    idempotency_key text,
    metadata jsonb
);
comment on type credits_private.spend_order is
    'One spend that is asked for; index is its place in p_operations, counted from 0.';

create type credits_private.grant_order as (
    pool text,
    amount bigint,
    expires_at timestamptz,
    subscription text,
    item text,
    period_start timestamptz,
    period_end timestamptz,
    rollover_cap bigint,
    cost bigint,
    plan text,
    grant_months bigint,
    grant_days bigint
);
comment on type credits_private.grant_order is
    'One lot to be granted. With an item it renews the subscription: what older periods left '
    'carries over up to rollover_cap (null: all of it). With grant_months or grant_days the amount '
    'is granted again each time that they have passed in the period.';

create type credits.receipt as (
    account_id text,
    entry_id bigint,
    command_id bigint,
    kind text,
    amount bigint,
    balance bigint,
    available bigint,
    debt bigint,
    allocations jsonb,
    is_replay boolean,
    created_at timestamptz
);
comment on type credits.receipt is
    'Answer of a command: what its first entry says, and balance, available and debt after its '
    'last one. '
    'All amounts are whole credits.';

create type credits_private.spend_result as (
    index integer,
    account_id text,
    idempotency_key text,
    outcome text,
    receipt credits.receipt,
    refusal jsonb
);
comment on type credits_private.spend_result is
    'What became of a spend that was asked for: ok, replay or refused, its receipt, or why it was '
    'refused as DETAIL would say it.';

create type credits.batch as (
    operations bigint,
    spent bigint,
    booked bigint,
    replayed bigint,
    refused bigint,
    results json
);
comment on type credits.batch is
    'What a batch did: how many operations it had, credits that it spent, operations that it '
    'booked, found booked already and refused, and the result of each in the order given. results '
    'is json, which costs a third of what jsonb does: it is made to be sent.';

create type credits.balance as (
    account_id text,
    status text,
    merged_into text,
    plan text,
    balance bigint,
    available bigint,
    held bigint,
    settled bigint,
    debt bigint,
    pools jsonb,
    next_expires_at timestamptz,
    next_expires_amount bigint,
    as_of timestamptz
);
comment on type credits.balance is
    'What an account can spend at an instant: credits past their expiry are not in it. held is in '
    'open holds, settled is available and held together. pools maps each pool to its credits; '
    'status is null for an unknown account; merged_into is the account to ask about instead.';

create type credits.entry as (
    account_id text,
    entry_id bigint,
    command_id bigint,
    kind text,
    amount bigint,
    balance bigint,
    debt bigint,
    allocations jsonb,
    pools jsonb,
    about_entry_id bigint,
    other_account_id text,
    other_entry_id bigint,
    feature text,
    member text,
    reference text,
    idempotency_key text,
    metadata jsonb,
    actor text,
    created_at timestamptz,
    occurred_at timestamptz,
    request jsonb
);
comment on type credits.entry is
    'One line of an account''s ledger with the state after it. pools maps each pool to what came '
    'or went, and debt to what was paid of it (positive) or added to it. request is what the '
    'command was asked, where the other columns do not tell.';

create type credits.lot as (
    account_id text,
    lot_id bigint,
    pool text,
    priority integer,
    granted bigint,
    remaining bigint,
    expires_at timestamptz,
    is_live boolean,
    origin text,
    subscription text,
    period_start timestamptz,
    period_end timestamptz,
    payment_id bigint,
    cost_amount bigint,
    cost_currency text,
    cost_moved bigint,
    reference text,
    from_account_id text,
    from_lot_id bigint,
    granted_at timestamptz
);
comment on type credits.lot is 'One grant and what is left of it. expires_at is null for never.';

create type credits.my_entry as (
    entry_id bigint,
    kind text,
    amount bigint,
    balance bigint,
    debt bigint,
    pools jsonb,
    about_entry_id bigint,
    feature text,
    reference text,
    created_at timestamptz,
    occurred_at timestamptz
);
comment on type credits.my_entry is
    'One line of the signed-in user''s ledger with the state after it, in whole credits.';

create type credits.my_lot as (
    lot_id bigint,
    pool text,
    granted bigint,
    remaining bigint,
    expires_at timestamptz,
    is_live boolean,
    period_start timestamptz,
    period_end timestamptz,
    granted_at timestamptz
);
comment on type credits.my_lot is
    'One grant of the signed-in user and what is left of it. expires_at is null for never.';

create type credits.finding as (
    account_id text,
    violation text,
    entry_id bigint,
    lot_id bigint,
    expected text,
    actual text
);
comment on type credits.finding is 'One violated invariant, as verify reports it.';

create type credits.access_finding as (
    violation text,
    object text,
    role text,
    remedy text
);
comment on type credits.access_finding is
    'One deviation from the rights that pgcredits gives, and the statement that mends it.';

create type credits.verified_page as (
    accounts bigint,
    verified bigint,
    estimated_accounts bigint,
    last_account_id text,
    has_more boolean,
    findings jsonb
);
comment on type credits.verified_page is
    'What one page of verify_page looked at and found, and where the next page begins.';

create type credits.sweep as (
    accounts bigint,
    holds bigint,
    lots bigint,
    credits bigint,
    has_more boolean,
    skipped bigint
);
comment on type credits.sweep is
    'What one sweep booked: accounts visited, holds and lots ended, credits lost. skipped accounts '
    'were locked by somebody; has_more says that on others something is due still.';

create type credits.schema_version as (
    migration text,
    checksum text
);
comment on type credits.schema_version is
    'Newest migration and a SHA-256 over all applied files; equal checksums mean equal code.';

alter table credits_private.ledger enable row level security;
alter table credits_private.lots enable row level security;
