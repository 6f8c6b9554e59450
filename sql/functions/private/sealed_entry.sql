-- Number of the last entry of an account that is sealed; 0 if none is.
create or replace function credits_private.sealed_entry(p_account_id text)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select coalesce(pg_catalog.max(s.entry_id), 0)
    from credits_private.seals s
    where s.account_id = p_account_id
$$;
