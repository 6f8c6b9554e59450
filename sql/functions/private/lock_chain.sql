-- Locks the account and those that it was merged into, in the order of their ids, and returns them
-- as chain_of does. What a merge that was under way adds meanwhile is locked after them.
create or replace function credits_private.lock_chain(p_account_id text)
returns text[]
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chain text[];
    v_locked text[];
    v_account_id text;
begin
    loop
        v_chain := credits_private.chain_of(p_account_id);
        exit when v_chain = v_locked;
        for v_account_id in
            select x.account_id
            from unnest(v_chain) as x (account_id)
            order by x.account_id collate "C"
        loop
            perform from credits_private.accounts a
            where a.account_id = v_account_id
            for no key update;
        end loop;
        v_locked := v_chain;
    end loop;
    return v_chain;
end
$$;
