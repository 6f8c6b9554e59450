-- Whether a price is still unknown after its meeting point is taken: whoever sets the price either
-- sees the event that parks now, or is seen here.
create or replace function credits_private.await_price(p_price text)
returns boolean
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into credits_private.stripe_waits (waits_for) values ('price:' || p_price) on conflict do nothing;
    return not exists (select from credits_private.stripe_prices p where p.price = p_price);
end
$$;
