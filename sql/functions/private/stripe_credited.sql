-- Money of a payment that credit notes gave back otherwise than by refunds; nothing unless the
-- setting credit_notes says so.
create or replace function credits_private.stripe_credited(
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
        select coalesce(sum(greatest(n.amount - x.refunded, 0)), 0)::bigint
        from credits_private.stripe_credit_notes n
        cross join lateral (
            select coalesce(
                sum(coalesce((p.part ->> 1)::bigint, r.amount, n.amount)), 0
            ) as refunded
            from jsonb_array_elements(n.refunds) as p (part)
            left join credits_private.stripe_refunds r
                on r.refund = p.part ->> 0
                and r.livemode = p_event.livemode
                and r.provider_account = p_event.provider_account
        ) as x
        where n.invoice = any (p_names)
            and n.livemode = p_event.livemode
            and n.provider_account = p_event.provider_account
            and not n.is_void
            and credits_private.setting('credit_notes') = 'take_back'
    );
end
$$;
