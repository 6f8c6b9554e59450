-- A dispute or inquiry: its row is noted and the target of its payment moves. Of the status the
-- newest event counts, within one second the one that is further. Parked while it takes money and
-- the payment is not known.
create or replace function credits_private.apply_dispute(
    p_event credits_private.stripe_events,
    p_dispute jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rank integer := credits_private.stripe_dispute_rank(p_dispute ->> 'status');
    v_dispute credits_private.stripe_disputes;
    v_ids text[] := credits_private.stripe_object_ids(p_dispute);
    v_names text[];
    v_result credits_private.stripe_result;
begin
    if credits_private.stripe_id(p_dispute -> 'id') is null
        or cardinality(v_ids) = 0
        or p_dispute ->> 'amount' is null
    then
        return credits_private.stripe_result(
            'parked', 'the dispute lacks its id, amount or charge', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(p_event, v_ids);
    insert into credits_private.stripe_disputes as d (
        provider_account, livemode, dispute, payment_intent, charge, amount, currency, status,
        status_at, withdrawn_at, reinstated_at, unknown_status
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_dispute ->> 'id',
        credits_private.stripe_id(p_dispute -> 'payment_intent'),
        credits_private.stripe_id(p_dispute -> 'charge'),
        (p_dispute ->> 'amount')::bigint,
        p_dispute ->> 'currency',
        case when v_rank is not null then p_dispute ->> 'status' end,
        case when v_rank is null then '-infinity' else p_event.created_at end,
        case when p_event.event_type like '%.funds_withdrawn' then p_event.created_at end,
        case when p_event.event_type like '%.funds_reinstated' then p_event.created_at end,
        case when v_rank is null then p_dispute ->> 'status' end
    )
    on conflict (dispute, livemode, provider_account) do update
    set payment_intent = coalesce(d.payment_intent, excluded.payment_intent),
        charge = coalesce(d.charge, excluded.charge),
        withdrawn_at = greatest(d.withdrawn_at, excluded.withdrawn_at),
        reinstated_at = greatest(d.reinstated_at, excluded.reinstated_at),
        unknown_status = coalesce(excluded.unknown_status, d.unknown_status),
        amount = case
            when excluded.status_at > d.status_at then excluded.amount
            when excluded.status_at < d.status_at then d.amount
            else greatest(d.amount, excluded.amount)
        end,
        status = case
            when (excluded.status_at, v_rank) > (
                d.status_at, coalesce(credits_private.stripe_dispute_rank(d.status), 0)
            ) then excluded.status
            else d.status
        end,
        status_at = greatest(d.status_at, excluded.status_at)
    returning d.* into v_dispute;
    v_result := credits_private.settle_stripe_payment(
        p_event, v_names, p_waits => credits_private.dispute_takes_back(v_dispute, true)
    );
    if v_rank is null then
        v_result.reason := coalesce(v_result.reason || '; ', '')
            || 'the status is not known and changes nothing';
    end if;
    return v_result;
end
$$;
