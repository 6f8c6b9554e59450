-- A paid invoice renews the subscription of each eligible line: credits of the price times the
-- quantity, for the period of the line; lines of one item, price and period count as one.
-- Parked while a price is unknown: never half a grant.
create or replace function credits_private.apply_invoice(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id text;
    v_price credits_private.stripe_prices;
    v_grant credits_private.grant_order;
    v_grants credits_private.grant_order[] := array[]::credits_private.grant_order[];
    r_line record;
begin
    if p_invoice ->> 'status' is distinct from 'paid'
        and p_invoice ->> 'paid' is distinct from 'true'
    then
        return credits_private.stripe_result('ignored', 'invoice is not paid');
    elsif p_invoice -> 'lines' ->> 'has_more' = 'true' then
        return credits_private.stripe_result(
            'parked', 'the event does not show all lines of the invoice', 'operator'
        );
    end if;

    for r_line in
        select x.subscription, x.item, x.price, x.period_start, x.period_end,
            sum(x.quantity)::bigint as quantity, sum(x.amount)::bigint as amount,
            min(x.account_id) as account_id
        from credits_private.invoice_periods(
            p_invoice, p_free => credits_private.setting('free_purchases') = 'grant'
        ) as x
        group by x.subscription, x.item, x.price, x.period_start, x.period_end
        order by min(x.ordinal)
    loop
        if (
            length(r_line.price) between 1 and 255
            and length(r_line.subscription) between 1 and 127
            and length(concat_ws(':', r_line.item, r_line.price)) between 1 and 127
            and r_line.period_start < r_line.period_end
        ) is not true then
            return credits_private.stripe_result(
                'parked',
                'a line of the invoice lacks its price, subscription or period',
                'operator'
            );
        end if;
        v_price := credits_private.find_stripe_price(r_line.price);
        if v_price.price is null then
            return credits_private.stripe_result(
                'parked', 'price ' || r_line.price || ' is unknown: set its credits',
                'price:' || r_line.price, r_line.account_id
            );
        end if;
        v_account_id := coalesce(v_account_id, r_line.account_id);
        v_grant := null;
        v_grant.pool := 'subscription';
        v_grant.amount := v_price.credits * r_line.quantity;
        v_grant.subscription := r_line.subscription;
        v_grant.item := concat_ws(':', r_line.item, r_line.price);
        v_grant.period_start := r_line.period_start;
        v_grant.period_end := r_line.period_end;
        v_grant.rollover_cap := v_price.rollover_cap;
        v_grant.cost := r_line.amount;
        v_grants := v_grants || v_grant;
    end loop;

    if cardinality(v_grants) = 0 then
        return credits_private.stripe_result(
            'ignored', 'no line of the invoice is a paid subscription period'
        );
    elsif (length(v_account_id) <= 255) is not true then
        return credits_private.stripe_result(
            'parked', 'no legal account in the metadata of invoice or subscription', 'operator'
        );
    elsif credits_private.stripe_id(p_invoice -> 'id') is null
        or p_invoice ->> 'amount_paid' is null
        or p_invoice ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the invoice lacks its id, amount paid or currency', 'operator'
        );
    end if;
    return credits_private.record_stripe_payment(
        p_event,
        v_account_id,
        array[
            p_invoice ->> 'id',
            credits_private.stripe_id(p_invoice -> 'payment_intent'),
            credits_private.stripe_id(p_invoice -> 'charge')
        ],
        (p_invoice ->> 'amount_paid')::bigint,
        p_invoice ->> 'currency',
        v_grants
    );
end
$$;
