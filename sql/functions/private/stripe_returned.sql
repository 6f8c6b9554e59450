-- Money of a payment that is back by now, out of refunds, disputes and credit notes: computed from
-- their rows, so that neither order nor repetition of the events matters. At most what was paid.
create or replace function credits_private.stripe_returned(
    p_event credits_private.stripe_events,
    p_names text[],
    p_currency text,
    p_amount_paid bigint
)
returns bigint
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select least(
        credits_private.stripe_refunded(p_event, p_names)::numeric
            + credits_private.stripe_disputed(p_event, p_names, p_currency, p_amount_paid)
            + credits_private.stripe_credited(p_event, p_names),
        greatest(p_amount_paid, 1)
    )::bigint
$$;
