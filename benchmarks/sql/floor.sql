-- The floor: no lots, no checks, no receipt. One conditional update, one insert, and the two
-- indexes that any ledger with idempotency keys needs. Nothing safe can be cheaper.
create schema floor;

create table floor.accounts (
    account_id text collate "C" not null,
    balance bigint not null,
    constraint accounts_pkey primary key (account_id)
)
with (fillfactor = 70);

create table floor.ledger (
    account_id text collate "C" not null,
    entry_id bigint not null,
    amount bigint not null,
    idempotency_key text collate "C",
    created_at timestamptz not null default now(),
    constraint ledger_pkey primary key (account_id, entry_id)
);
create unique index ledger_idempotency_key on floor.ledger (account_id, idempotency_key);

create function floor.spend(p_account_id text, p_idempotency_key text)
returns bigint
language plpgsql
as $$
declare
    v_balance bigint;
begin
    update floor.accounts a
    set balance = a.balance - 1
    where a.account_id = p_account_id and a.balance >= 1
    returning a.balance into v_balance;

    -- The balance falls by one with each spend, so it serves as the number of the entry.
    insert into floor.ledger (account_id, entry_id, amount, idempotency_key)
    values (p_account_id, v_balance, -1, p_idempotency_key)
    on conflict do nothing;
    return v_balance;
end
$$;
