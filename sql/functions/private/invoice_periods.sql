-- The lines of an invoice that pay for a period of a subscription, one row each. Lines that a
-- discount made free are among them only with p_free.
create or replace function credits_private.invoice_periods(p_invoice jsonb, p_free boolean)
returns table (
    ordinal bigint,
    subscription text,
    item text,
    price text,
    quantity bigint,
    amount bigint,
    period_start timestamptz,
    period_end timestamptz,
    account_id text
)
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select x.ordinal,
        credits_private.invoice_subscription(p_invoice, x.line),
        credits_private.invoice_line_item(x.line),
        credits_private.invoice_line_price(x.line),
        coalesce((x.line ->> 'quantity')::bigint, 1),
        credits_private.invoice_line_amount(x.line),
        to_timestamp((x.line #>> '{period,start}')::bigint),
        to_timestamp((x.line #>> '{period,end}')::bigint),
        credits_private.invoice_account(p_invoice, x.line)
    from jsonb_array_elements(p_invoice -> 'lines' -> 'data') with ordinality as x (line, ordinal)
    where credits_private.invoice_line_is_period(
        x.line,
        case
            when p_free then (x.line ->> 'amount')::bigint
            else credits_private.invoice_line_amount(x.line)
        end
    )
$$;
