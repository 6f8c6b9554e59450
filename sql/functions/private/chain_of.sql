-- The account and those that it was merged into, one after the other; the last one is where its
-- credits are now. Reads without a lock: lock_chain is for those who act on it.
create or replace function credits_private.chain_of(p_account_id text)
returns text[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chain text[] := array[]::text[];
    v_account_id text;
    v_next text := p_account_id;
begin
    while v_next is not null loop
        v_chain := v_chain || v_next;
        v_account_id := v_next;
        v_next := null;
        select a.merged_into into v_next
        from credits_private.accounts a
        where a.account_id = v_account_id;
    end loop;
    return v_chain;
end
$$;
