-- What the line items of a checkout grant: the credits of each price times the quantity. One that
-- cannot be told is the problem of all.
create or replace function credits_private.items_purchase(
    p_event credits_private.stripe_events,
    p_items jsonb
)
returns credits_private.stripe_purchase
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purchase credits_private.stripe_purchase;
    v_terms credits_private.stripe_terms;
    v_grant credits_private.grant_order;
    v_price text;
    r_item record;
begin
    v_purchase.grants := '{}';
    for r_item in
        select x.item, coalesce((x.item ->> 'quantity')::bigint, 1) as quantity,
            (x.item ->> 'amount_total')::bigint as amount
        from jsonb_array_elements(p_items) with ordinality as x (item, ordinal)
        order by x.ordinal
    loop
        v_price := credits_private.invoice_line_price(r_item.item);
        continue when v_price is null or r_item.quantity <= 0;
        v_terms := credits_private.find_stripe_terms(p_event, v_price, p_event.created_at);
        if v_terms.expires = 'period' and v_terms.problem is null then
            v_terms.problem := 'price ' || v_price
                || ': credits_expires period is for subscriptions';
            v_terms.waits_for := 'price:' || v_price;
        end if;
        if v_terms.problem is not null then
            v_purchase.problem := v_terms.problem;
            v_purchase.waits_for := v_terms.waits_for;
            return v_purchase;
        end if;
        continue when v_terms.credits is null;
        v_grant := null;
        v_grant.pool := 'purchased';
        v_grant.amount := v_terms.credits * r_item.quantity;
        if r_item.amount = 0 and credits_private.setting('free_purchases') = 'ignore' then
            v_grant.amount := credits_private.free_credits(v_terms.on_free, v_terms.credits)
                * r_item.quantity;
        end if;
        v_grant.cost := r_item.amount;
        v_grant.expires_at := credits_private.pack_expiry(v_terms.expires, p_event.created_at);
        if v_grant.amount > 0 then
            v_purchase.grants := v_purchase.grants || v_grant;
        end if;
    end loop;
    return v_purchase;
end
$$;
