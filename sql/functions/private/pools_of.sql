-- Allocations summed up by pool: an object of each pool's signed amount, the debt under its own
-- name. The sum of all of them is the amount of the entry.
create or replace function credits_private.pools_of(p_account_id text, p_allocations jsonb)
returns jsonb
language sql
stable
parallel safe
security invoker
as $$
    select coalesce(pg_catalog.jsonb_object_agg(s.pool, s.amount), '{}')
    from (
        select
            case
                when x.lot_id = 0 then 'debt'
                else coalesce(
                    (
                        select l.pool
                        from credits_private.lots l
                        where l.account_id = p_account_id and l.lot_id = x.lot_id
                    ),
                    'unknown'
                )
            end as pool,
            pg_catalog.sum(x.amount)::bigint as amount
        from credits_private.parts_of(p_allocations) as x
        group by 1
    ) as s
$$;
