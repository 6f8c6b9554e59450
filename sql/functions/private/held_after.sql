-- Credits that stood in holds right after an entry, from the entries alone.
create or replace function credits_private.held_after(p_account_id text, p_entry_id bigint)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select coalesce(-pg_catalog.sum(l.amount), 0)::bigint
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.entry_id <= p_entry_id
        and l.allocations is not null
        and l.kind in ('hold', 'release')
$$;
