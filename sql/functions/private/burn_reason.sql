-- Why one lot burned before another one, in words. Without another one it was the last that could
-- give, or (p_is_alone) the only one.
create or replace function credits_private.burn_reason(
    p_lot credits_private.lots,
    p_next credits_private.lots,
    p_is_alone boolean
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when p_next.lot_id is null and p_is_alone then 'the only lot with credits'
        when p_next.lot_id is null then 'the last lot with credits'
        when p_lot.priority < p_next.priority then pg_catalog.format(
            'priority %s burns before priority %s of lot %s',
            p_lot.priority, p_next.priority, p_next.lot_id
        )
        when p_lot.priority = p_next.priority and p_lot.expires_at < p_next.expires_at
            then pg_catalog.format('expires before lot %s', p_next.lot_id)
        when p_lot.priority = p_next.priority
            and p_lot.expires_at = p_next.expires_at
            and p_lot.lot_id < p_next.lot_id
            then pg_catalog.format(
                'older than lot %s, which expires at the same time', p_next.lot_id
            )
        else pg_catalog.format(
            'expired before lot %s as things were then; one of them ends otherwise by now',
            p_next.lot_id
        )
    end
$$;
