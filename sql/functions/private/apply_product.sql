-- A product: as it is from the event on. What was only assumed for that instant gives way. Events
-- that waited for it are tried again.
create or replace function credits_private.apply_product(
    p_event credits_private.stripe_events,
    p_product jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept credits_private.stripe_products;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_product -> 'id') is null then
        return credits_private.stripe_result('parked', 'the product lacks its id', 'operator');
    end if;
    perform credits_private.lock_stripe_catalogue('product:' || (p_product ->> 'id'));
    select p.* into v_kept
    from credits_private.stripe_products p
    where p.product = p_product ->> 'id'
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
        and p.valid_from = p_event.created_at;
    if found and not v_kept.is_assumed then
        v_order := credits_private.stripe_order(
            p_event, v_kept.valid_from, v_kept.object, v_kept.previous
        );
    end if;
    insert into credits_private.stripe_products as p (
        provider_account, livemode, product, valid_from, object, previous, is_deleted, is_unsure
    )
    values (
        p_event.provider_account, p_event.livemode, p_product ->> 'id', p_event.created_at,
        p_product, p_event.body #> '{data,previous_attributes}',
        p_event.event_type like '%.deleted', false
    )
    on conflict (product, valid_from, livemode, provider_account) do update
    set object = case when v_order = 'newer' then excluded.object else p.object end,
        previous = case when v_order = 'newer' then excluded.previous else p.previous end,
        is_deleted = p.is_deleted or excluded.is_deleted,
        is_assumed = false,
        is_unsure = v_order = 'unsure' or p.is_unsure and v_order = 'older';
    perform credits_private.wake_stripe_events(array['product:' || (p_product ->> 'id')]);
    return credits_private.stripe_result('applied');
end
$$;
