-- Id of the price of an invoice line, in any API version.
create or replace function credits_private.invoice_line_price(p_line jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        p_line #>> '{pricing,price_details,price}',
        credits_private.stripe_id(p_line -> 'price'),
        p_line #>> '{plan,id}'
    )
$$;
