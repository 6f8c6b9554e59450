-- Whether an invoice line bills an item of a subscription, in any API version.
create or replace function credits_private.invoice_line_is_period(p_line jsonb)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        coalesce(p_line #>> '{parent,type}', p_line ->> 'type')
            in ('subscription_item_details', 'subscription'),
        false
    )
$$;
