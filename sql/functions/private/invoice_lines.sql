-- What an invoice bills, one row each: items of subscriptions of one price and period together,
-- everything else line by line. amount is what is left of the price after discounts.
create or replace function credits_private.invoice_lines(p_invoice jsonb, p_lines jsonb)
returns setof credits_private.stripe_line
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select min(x.ordinal), x.is_period, x.is_proration, x.subscription, x.item, x.price,
        max(x.unit_price), sum(x.quantity)::bigint, sum(x.price_amount)::bigint,
        sum(x.amount)::bigint, x.period_start, x.period_end, min(x.account_id)
    from (
        select l.ordinal,
            credits_private.invoice_line_is_period(l.line) as is_period,
            credits_private.invoice_line_is_proration(l.line) as is_proration,
            credits_private.invoice_subscription(p_invoice, l.line) as subscription,
            credits_private.invoice_line_item(l.line) as item,
            credits_private.invoice_line_price(l.line) as price,
            (l.line #>> '{price,unit_amount}')::numeric as unit_price,
            coalesce((l.line ->> 'quantity')::bigint, 1) as quantity,
            (l.line ->> 'amount')::bigint as price_amount,
            credits_private.invoice_line_amount(l.line) as amount,
            to_timestamp((l.line #>> '{period,start}')::bigint) as period_start,
            to_timestamp((l.line #>> '{period,end}')::bigint) as period_end,
            credits_private.invoice_account(p_invoice, l.line) as account_id
        from jsonb_array_elements(p_lines) with ordinality as l (line, ordinal)
    ) as x
    where x.quantity > 0 and x.amount >= 0 and x.price_amount >= 0
    group by x.is_period, x.is_proration, x.subscription, x.item, x.price, x.period_start,
        x.period_end, (x.amount = 0),
        case when x.is_period and not x.is_proration then 0 else x.ordinal end
    order by 1
$$;
