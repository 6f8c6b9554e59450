-- Notes a refund as an object of Stripe shows it. The newest event counts, within one second the
-- one that is further; a refund that failed stays failed.
create or replace function credits_private.record_stripe_refund(
    p_event credits_private.stripe_events,
    p_refund jsonb
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rank integer := credits_private.stripe_refund_rank(p_refund ->> 'status');
    v_is_lost boolean := p_refund ->> 'status' in ('failed', 'canceled');
begin
    insert into credits_private.stripe_refunds as r (
        provider_account, livemode, refund, payment_intent, charge, amount, status, made_at,
        event_at, failed_at, unknown_status
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_refund ->> 'id',
        credits_private.stripe_id(p_refund -> 'payment_intent'),
        credits_private.stripe_id(p_refund -> 'charge'),
        (p_refund ->> 'amount')::bigint,
        case when v_rank is not null then p_refund ->> 'status' end,
        coalesce(to_timestamp((p_refund ->> 'created')::bigint), p_event.created_at),
        case when v_rank is null then '-infinity' else p_event.created_at end,
        case when v_is_lost then p_event.created_at end,
        case when v_rank is null then p_refund ->> 'status' end
    )
    on conflict (refund, livemode, provider_account) do update
    set payment_intent = coalesce(r.payment_intent, excluded.payment_intent),
        charge = coalesce(r.charge, excluded.charge),
        made_at = least(r.made_at, excluded.made_at),
        failed_at = least(r.failed_at, excluded.failed_at),
        unknown_status = coalesce(excluded.unknown_status, r.unknown_status),
        status = case
            when excluded.status is null then r.status
            when r.failed_at is not null and not v_is_lost then r.status
            when r.failed_at is null and v_is_lost then excluded.status
            when (excluded.event_at, v_rank, excluded.status) > (
                r.event_at, coalesce(credits_private.stripe_refund_rank(r.status), 0),
                coalesce(r.status, '')
            ) then excluded.status
            else r.status
        end,
        event_at = greatest(r.event_at, excluded.event_at);
end
$$;
