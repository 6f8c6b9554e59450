-- Sets what one unit of a price grants, whatever the metadata at Stripe says, and applies the
-- events that were waiting for it. Locks the catalogue. Setting it again does no harm.
-- Raises invalid_argument. For credits_admin.
create or replace function credits.set_stripe_price(
    p_price text,
    p_credits bigint,
    p_rollover_cap bigint default 0,
    p_proration text default 'none'
)
returns credits.stripe_price
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_price credits.stripe_price;
begin
    perform credits_private.check_argument(
        'p_price', length(p_price) between 1 and 255, 'id of a price, 1 to 255 characters'
    );
    perform credits_private.check_amount('p_credits', p_credits);
    perform credits_private.check_argument(
        'p_rollover_cap', p_rollover_cap is null or p_rollover_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_proration', coalesce(p_proration, 'none') in ('none', 'proportional', 'full'),
        'none, proportional or full'
    );

    perform credits_private.lock_stripe_catalogue('price:' || p_price);
    insert into credits_private.stripe_price_terms (
        price, credits, rollover_cap, proration, updated_at
    )
    values (p_price, p_credits, p_rollover_cap, coalesce(p_proration, 'none'), v_now)
    on conflict (price) do update
    set credits = excluded.credits, rollover_cap = excluded.rollover_cap,
        proration = excluded.proration, updated_at = excluded.updated_at;
    perform credits_private.wake_stripe_events(array['price:' || p_price]);

    v_price.price := p_price;
    v_price.credits := p_credits;
    v_price.rollover_cap := p_rollover_cap;
    v_price.proration := coalesce(p_proration, 'none');
    v_price.updated_at := v_now;
    return v_price;
end
$$;

comment on function credits.set_stripe_price(text, bigint, bigint, text) is
'Sets what one unit of a Stripe price is worth, and goes before its metadata; p_rollover_cap null
carries everything over, p_proration says what prorated lines grant.

Past grants stay as they are. Events that were parked because the price was unknown are applied
now.';
