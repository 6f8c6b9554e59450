-- Credits of one line of an invoice by the terms of its price: nothing for what nobody paid for,
-- unless the terms say so, and for prorations by their policy. Null when it cannot be told.
create or replace function credits_private.invoice_line_credits(
    p_terms credits_private.stripe_terms,
    p_line credits_private.stripe_line,
    p_free boolean
)
returns bigint
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unit_price numeric := coalesce(nullif(p_terms.unit_price, 0), nullif(p_line.unit_price, 0));
begin
    if p_line.amount = 0 and (p_line.price_amount > 0 or p_terms.unit_price = 0) then
        if p_free and p_terms.on_free = '0' then
            return p_terms.credits * p_line.quantity;
        end if;
        return credits_private.free_credits(p_terms.on_free, p_terms.credits) * p_line.quantity;
    elsif p_line.amount = 0 then
        return credits_private.free_credits(p_terms.on_trial, p_terms.credits) * p_line.quantity;
    elsif p_line.is_proration and p_terms.proration = 'none' then
        return 0;
    elsif p_line.is_proration and p_terms.proration = 'proportional' then
        if v_unit_price is null then
            return null;
        end if;
        return floor(
            least(p_line.amount / v_unit_price, p_line.quantity) * p_terms.credits
        )::bigint;
    end if;
    return p_terms.credits * p_line.quantity;
end
$$;
