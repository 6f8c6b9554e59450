-- What a price is worth; null fields if it is unknown even after its meeting point is taken, so
-- that whoever sets it sees the event that parks now.
create or replace function credits_private.find_stripe_price(p_price text)
returns credits_private.stripe_prices
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_price credits_private.stripe_prices;
begin
    select p.* into v_price from credits_private.stripe_prices p where p.price = p_price;
    if not found then
        perform credits_private.lock_meeting_point('price:' || p_price);
        select p.* into v_price from credits_private.stripe_prices p where p.price = p_price;
    end if;
    return v_price;
end
$$;
