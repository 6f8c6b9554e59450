-- Money of a payment that was refunded, in total: of each payment intent the sum of its refunds, or
-- the total of its charges where that is more. A total older than the failure of a refund that it
-- contains is lowered by that refund.
create or replace function credits_private.stripe_refunded(
    p_event credits_private.stripe_events,
    p_names text[]
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with charges as (
            select c.charge, coalesce(c.payment_intent, c.charge) as payment, c.event_at,
                c.amount_refunded
            from credits_private.stripe_charges c
            where c.charge = any (p_names)
                and c.livemode = p_event.livemode
                and c.provider_account = p_event.provider_account
        ),
        refunds as (
            select coalesce(r.payment_intent, c.payment, r.charge) as payment, r.charge, r.amount,
                r.status, r.made_at, r.failed_at
            from credits_private.stripe_refunds r
            left join charges c on c.charge = r.charge
            where (r.payment_intent = any (p_names) or r.charge = any (p_names))
                and r.livemode = p_event.livemode
                and r.provider_account = p_event.provider_account
        ),
        told as (
            select c.payment,
                c.amount_refunded - coalesce(sum(r.amount), 0) as amount
            from charges c
            left join refunds r on r.charge = c.charge
                and r.made_at <= c.event_at
                and r.failed_at >= c.event_at
            group by c.charge, c.payment, c.amount_refunded
        ),
        totals as (
            select t.payment, sum(t.amount) as told, 0 as listed from told t group by t.payment
            union all
            select r.payment, 0, sum(r.amount)
            from refunds r
            where r.status in ('pending', 'requires_action', 'succeeded')
            group by r.payment
        )
        select coalesce(sum(x.amount), 0)::bigint
        from (
            select greatest(sum(t.told), sum(t.listed)) as amount
            from totals t
            group by t.payment
        ) as x
    );
end
$$;
