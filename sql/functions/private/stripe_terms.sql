-- What one unit of a price was worth at an instant: as it was set here, else by the metadata of
-- price and product that were in force then.
create or replace function credits_private.stripe_terms(
    p_event credits_private.stripe_events,
    p_price text,
    p_at timestamptz
)
returns credits_private.stripe_terms
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_set credits_private.stripe_price_terms;
    v_price jsonb;
    v_product jsonb;
    v_terms credits_private.stripe_terms;
begin
    select t.* into v_set
    from credits_private.stripe_price_terms t
    where t.price = p_price;
    select p.object into v_price
    from credits_private.stripe_prices p
    where p.price = p_price
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
        and p.valid_from <= p_at
    order by p.valid_from desc
    limit 1;

    if v_set.price is not null then
        v_terms := credits_private.parse_stripe_terms('{}');
        v_terms.credits := v_set.credits;
        v_terms.rollover_cap := v_set.rollover_cap;
        v_terms.proration := v_set.proration;
    elsif v_price is null then
        v_terms.problem := 'price ' || p_price || ' is unknown: set its credits';
        v_terms.waits_for := 'price:' || p_price;
    else
        select p.object into v_product
        from credits_private.stripe_products p
        where p.product = credits_private.stripe_id(v_price -> 'product')
            and p.livemode = p_event.livemode
            and p.provider_account = p_event.provider_account
            and p.valid_from <= p_at
        order by p.valid_from desc
        limit 1;
        if v_product is null and credits_private.stripe_id(v_price -> 'product') is not null then
            v_terms.problem := 'product ' || credits_private.stripe_id(v_price -> 'product')
                || ' of price ' || p_price || ' is unknown';
            v_terms.waits_for := 'product:' || credits_private.stripe_id(v_price -> 'product');
        else
            v_terms := credits_private.parse_stripe_terms(
                coalesce(nullif(v_product -> 'metadata', 'null'), '{}')
                    || coalesce(nullif(v_price -> 'metadata', 'null'), '{}')
            );
            if v_terms.problem is not null then
                v_terms.problem := 'price ' || p_price || ': ' || v_terms.problem;
                v_terms.waits_for := 'price:' || p_price;
            end if;
        end if;
    end if;
    v_terms.unit_price := coalesce(v_price ->> 'unit_amount_decimal', v_price ->> 'unit_amount',
        v_price ->> 'amount')::numeric;
    return v_terms;
end
$$;
