-- The next p_limit accounts, in the order of their ids, that have entries created since; by the
-- index on created_at, whatever the planner would like about the primary key.
create or replace function credits_private.accounts_since(
    p_since timestamptz,
    p_after text,
    p_limit integer
)
returns text[]
language sql
stable
parallel safe
security invoker
as $$
    with recent as materialized (
        select l.account_id from credits_private.ledger l where l.created_at >= p_since
    )
    select coalesce(pg_catalog.array_agg(n.account_id order by n.account_id), '{}')
    from (
        select distinct r.account_id
        from recent r
        where r.account_id > p_after
        order by r.account_id
        limit p_limit
    ) as n
$$;
