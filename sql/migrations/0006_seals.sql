-- Purpose: seals, a chain of hashes over the ledger of each account, and how far sealing has come.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.seals (
    account_id text collate "C" not null,
    entry_id bigint not null,
    version integer not null,
    hash bytea not null,
    metadata_digest bytea,
    constraint seals_pkey primary key (account_id, entry_id)
);
comment on table credits_private.seals is
    'A hash for each sealed entry, over the entry and the hash before it: who changes an entry has '
    'to forge every later seal of the account.';
comment on column credits_private.seals.account_id is 'Account of the entry.';
comment on column credits_private.seals.entry_id is
    'The entry that is sealed; the seals of an account are 1, 2, 3 and so on, without gaps.';
comment on column credits_private.seals.version is
    'Which columns the hash covers, and in which form; see credits_private.entry_hash.';
comment on column credits_private.seals.hash is
    'SHA-256 of the hash of the entry before and the canonical text of this one.';
comment on column credits_private.seals.metadata_digest is
    'SHA-256 of the metadata, which stays when the metadata is erased; null if there was none.';

create table credits_private.sealing (
    is_only boolean not null default true,
    at_once boolean not null default false,
    since timestamptz not null default '-infinity',
    next_since timestamptz not null default '-infinity',
    mark_at timestamptz not null default '-infinity',
    mark_xid bigint not null default 0,
    pass_at timestamptz not null default '-infinity',
    pass_after text collate "C",
    whole_at timestamptz not null default '-infinity',
    whole_after text collate "C" default '',
    is_whole boolean not null default false,
    is_owed boolean not null default false,
    sealed_until timestamptz,
    constraint sealing_pkey primary key (is_only),
    constraint sealing_is_one_row check (is_only)
);
comment on table credits_private.sealing is
    'How far sealing has come: one row, which whoever seals keeps locked meanwhile.';
comment on column credits_private.sealing.is_only is 'Always true: there is one row.';
comment on column credits_private.sealing.at_once is
    'Whether entries are sealed in their own transaction; the setting sealing says so.';
comment on column credits_private.sealing.since is
    'A pass looks for entries that were created since; older ones are sealed, or left to the next '
    'walk over all accounts.';
comment on column credits_private.sealing.next_since is
    'What since becomes when the running pass has come to its end; -infinity if it has left an '
    'account out.';
comment on column credits_private.sealing.mark_at is
    'What since becomes once all transactions that ran at this instant have ended.';
comment on column credits_private.sealing.mark_xid is
    'Those are the transactions with lower numbers than this.';
comment on column credits_private.sealing.pass_at is 'When the last pass began.';
comment on column credits_private.sealing.pass_after is
    'Account that the running pass has reached; null between two passes.';
comment on column credits_private.sealing.whole_at is
    'When the last walk over all accounts began.';
comment on column credits_private.sealing.whole_after is
    'Account that it has reached; null when it has come to its end.';
comment on column credits_private.sealing.is_whole is
    'Whether everything older than since has been walked over.';
comment on column credits_private.sealing.is_owed is
    'Whether another walk is due when the transactions of the mark have ended, because some may '
    'have older entries than a pass looks back for.';
comment on column credits_private.sealing.sealed_until is
    'What was committed by then is sealed; null before everything has been sealed once.';

insert into credits_private.sealing default values;

create type credits_private.sealed_accounts as (
    accounts bigint,
    entries bigint,
    last_account_id text,
    left_out boolean,
    is_end boolean
);
comment on type credits_private.sealed_accounts is
    'What was sealed in a list of accounts: accounts and entries, the last account that is done, '
    'whether one was left out because somebody else seals it, and whether all are done.';

create type credits.sealing as (
    accounts bigint,
    entries bigint,
    has_more boolean,
    is_busy boolean,
    sealed_until timestamptz,
    estimated_entries bigint
);
comment on type credits.sealing is
    'What one batch of sealing has done, and how far sealing has come.';

create type credits.seal as (
    account_id text,
    entry_id bigint,
    hash text,
    unsealed bigint
);
comment on type credits.seal is
    'Head of the chain of an account: the last seal, and how many entries follow that are not '
    'sealed yet. Nulls where there is nothing.';

create type credits.backlog as (
    due_lots bigint,
    due_holds bigint,
    oldest_due_at timestamptz,
    due_grants bigint,
    oldest_grant_at timestamptz,
    sealed_until timestamptz,
    as_of timestamptz
);
comment on type credits.backlog is
    'What the periodic jobs have before them. Counts stop at 10000.';

alter table credits_private.seals enable row level security;
alter table credits_private.sealing enable row level security;
