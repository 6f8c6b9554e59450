-- Refunds that are part of a credit note: array of [refund, amount or null]. Any API version.
create or replace function credits_private.credit_note_refunds(p_note jsonb)
returns jsonb
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_array(x.id, x.amount) order by x.id), '[]')
    from (
        select credits_private.stripe_id(r.refund -> 'refund') as id,
            r.refund -> 'amount_refunded' as amount
        from jsonb_array_elements(
            case jsonb_typeof(p_note -> 'refunds')
                when 'array' then p_note -> 'refunds'
                else '[]'
            end
        ) as r (refund)
        union
        select credits_private.stripe_id(p_note -> 'refund'), null
        where coalesce(p_note -> 'refunds', '[]') in ('[]', 'null')
    ) as x
    where x.id is not null
$$;
