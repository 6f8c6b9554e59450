-- Whether an invoice line pays for a period of a subscription: not a proration, with a quantity,
-- and not free; a discounted line counts with p_amount, what is left to pay. Any API version.
create or replace function credits_private.invoice_line_is_period(p_line jsonb, p_amount bigint)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(p_line #>> '{parent,type}', p_line ->> 'type')
            in ('subscription_item_details', 'subscription')
        and coalesce(
            p_line #>> '{parent,subscription_item_details,proration}',
            p_line ->> 'proration',
            'false'
        ) = 'false'
        and p_amount > 0
        and coalesce((p_line ->> 'quantity')::bigint, 1) > 0
$$;
