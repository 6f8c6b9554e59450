-- Account and payment that one of these ids names; null fields if none is known.
create or replace function credits_private.find_stripe_payment(
    p_event credits_private.stripe_events,
    p_object_ids text[]
)
returns credits_private.payment_refs
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref credits_private.payment_refs;
begin
    select r.* into v_ref
    from credits_private.payment_refs r
    where r.object_id = any (p_object_ids)
        and r.provider = 'stripe'
        and r.livemode = p_event.livemode
        and r.provider_account = p_event.provider_account
    limit 1;
    return v_ref;
end
$$;
