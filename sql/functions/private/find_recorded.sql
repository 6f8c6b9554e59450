-- For each of the orders of one account, in their order, the entry that its key has recorded; null
-- where there is none.
create or replace function credits_private.find_recorded(
    p_account_id text,
    p_orders credits_private.spend_order[]
)
returns credits_private.ledger[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select array_agg(r.entry order by o.index)
        from unnest(p_orders) as o
        left join lateral (
            select l as entry
            from credits_private.ledger l
            where l.account_id = p_account_id and l.idempotency_key = o.idempotency_key
            -- One index descent a key, whatever the planner thinks of the account.
            limit 1
        ) as r on true
    );
end
$$;
