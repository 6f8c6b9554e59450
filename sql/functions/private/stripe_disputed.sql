-- Money of a payment that disputes take back at present. A dispute in another currency than the
-- payment's counts as all of it.
create or replace function credits_private.stripe_disputed(
    p_event credits_private.stripe_events,
    p_names text[],
    p_currency text,
    p_amount_paid bigint
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
        select coalesce(
            sum(
                case when lower(d.currency) = lower(p_currency) then d.amount else p_amount_paid end
            ),
            0
        )::bigint
        from credits_private.stripe_disputes d
        where (d.payment_intent = any (p_names) or d.charge = any (p_names))
            and d.livemode = p_event.livemode
            and d.provider_account = p_event.provider_account
            and credits_private.dispute_takes_back(
                d, credits_private.setting('dispute_takes_back') = 'at_once'
            )
    );
end
$$;
