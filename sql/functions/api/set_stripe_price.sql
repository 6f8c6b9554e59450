-- Sets how many credits one unit of a subscription price grants per period, and applies the
-- events that were waiting for it. Locks the row of the price. Setting it again does no harm.
-- Raises invalid_argument. For credits_admin.
create or replace function credits.set_stripe_price(
    p_price text,
    p_credits bigint,
    p_rollover_cap bigint default 0
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

    insert into credits_private.stripe_prices (price, credits, rollover_cap, updated_at)
    values (p_price, p_credits, p_rollover_cap, v_now)
    on conflict (price) do update
    set credits = excluded.credits, rollover_cap = excluded.rollover_cap,
        updated_at = excluded.updated_at;
    perform credits_private.lock_meeting_point('price:' || p_price);
    perform credits_private.wake_stripe_events('price:' || p_price);

    v_price.price := p_price;
    v_price.credits := p_credits;
    v_price.rollover_cap := p_rollover_cap;
    v_price.updated_at := v_now;
    return v_price;
end
$$;

comment on function credits.set_stripe_price(text, bigint, bigint) is
'Sets what one unit of a Stripe subscription price is worth; p_rollover_cap null carries
everything over.

Past grants stay as they are. Invoices that were parked because the price was unknown are applied
now.';
