-- Keeps a product or price (p_kind) as it is from the instant of p_event on, for certain.
create or replace function credits_private.mirror_state(
    p_event credits_private.stripe_events,
    p_kind text,
    p_object jsonb,
    p_is_assumed boolean
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_kind = 'product' then
        insert into credits_private.stripe_products as p (
            provider_account, livemode, product, valid_from, object, is_deleted, is_assumed
        )
        values (
            p_event.provider_account, p_event.livemode, p_object ->> 'id', p_event.created_at,
            p_object, false, p_is_assumed
        )
        on conflict (product, valid_from, livemode, provider_account) do update
        set object = excluded.object, is_unsure = false;
    else
        insert into credits_private.stripe_prices as p (
            provider_account, livemode, price, valid_from, object, is_deleted, is_assumed
        )
        values (
            p_event.provider_account, p_event.livemode, p_object ->> 'id', p_event.created_at,
            p_object, false, p_is_assumed
        )
        on conflict (price, valid_from, livemode, provider_account) do update
        set object = excluded.object, is_unsure = false;
    end if;
end
$$;
