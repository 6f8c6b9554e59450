-- Purpose: the row types of what is read from the history of an account.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create type credits.past_balance as (
    account_id text,
    entry_id bigint,
    balance bigint,
    available bigint,
    held bigint,
    settled bigint,
    debt bigint,
    pools jsonb,
    as_of timestamptz
);
comment on type credits.past_balance is
    'What an account had at an instant, as get_balance would have said it then. entry_id is the '
    'newest entry that had taken effect; null if there was none.';

create type credits.explanation as (
    account_id text,
    entry_id bigint,
    position integer,
    lot_id bigint,
    pool text,
    priority integer,
    expires_at timestamptz,
    amount bigint,
    given_back bigint,
    left_before bigint,
    left_after bigint,
    reason text
);
comment on type credits.explanation is
    'What an entry took from one lot or gave to it, and why that lot at that place. Lot 0 is the '
    'debt.';

create type credits.simulation as (
    account_id text,
    amount bigint,
    refusal text,
    available bigint,
    short bigint,
    allocations jsonb,
    unused bigint,
    avoidable bigint,
    expiring jsonb,
    grants_due boolean,
    as_of timestamptz
);
comment on type credits.simulation is
    'What a spend would do now: the lots that it would take from, what is short, and what would '
    'expire unused if nothing else were spent afterwards. Where grants_due is true, a spend would '
    'find more: scheduled grants that are due come first.';

create type credits.expiring as (
    account_id text,
    status text,
    expires_at timestamptz,
    credits bigint,
    lots bigint,
    pools jsonb
);
comment on type credits.expiring is
    'Credits of one account that expire at one instant, of all its lots together.';

create type credits.difference as (
    account_id text,
    part text,
    number bigint,
    field text,
    stored text,
    rebuilt text,
    is_repairable boolean
);
comment on type credits.difference is
    'A figure that is stored otherwise than the entries say. part is lot, hold, tail (the newest '
    'entry, as far as the next one replaces it) or entry; number is that of lot, hold or entry.';

create type credits_private.rebuilt_lot as (
    lot_id bigint,
    origin text,
    granted bigint,
    credits bigint,
    expired bigint,
    clawed bigint,
    clawed_at timestamptz,
    granted_at timestamptz
);
comment on type credits_private.rebuilt_lot is
    'A lot as the entries tell it; credits is what is left, wherever it is stored. origin is null '
    'where they do not tell.';

create type credits_private.rebuilt_hold as (
    hold_id bigint,
    amount bigint,
    captured bigint,
    status text
);
comment on type credits_private.rebuilt_hold is
    'A hold as the entries tell it. Where they do not tell an end at the deadline from another '
    'one, status is expired.';

create type credits_private.rebuilt as (
    entry_id bigint,
    debt bigint,
    open_lot_id bigint,
    lots credits_private.rebuilt_lot[],
    holds credits_private.rebuilt_hold[],
    broken credits.difference[]
);
comment on type credits_private.rebuilt is
    'An account as its entries tell it, up to the newest one, and what is wrong with these.';

create type credits_private.outlook as (
    debt bigint,
    lots credits_private.lots[],
    payments credits_private.payments[]
);
comment on type credits_private.outlook is
    'What the next command will find once it has booked what is due: the debt, the lots with all '
    'that is left in them, and the payments of which something went back.';
