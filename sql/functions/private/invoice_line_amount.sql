-- What an invoice line costs after its discounts, in the smallest unit of the currency.
create or replace function credits_private.invoice_line_amount(p_line jsonb)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select (p_line ->> 'amount')::bigint - coalesce((
        select pg_catalog.sum((d.discount ->> 'amount')::bigint)::bigint
        from pg_catalog.jsonb_array_elements(
            case pg_catalog.jsonb_typeof(p_line -> 'discount_amounts')
                when 'array' then p_line -> 'discount_amounts'
                else '[]'
            end
        ) as d (discount)
    ), 0)
$$;
