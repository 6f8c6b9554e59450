-- Subscription item of an invoice line, in any API version; else the line's own id.
create or replace function credits_private.invoice_line_item(p_line jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        p_line #>> '{parent,subscription_item_details,subscription_item}',
        p_line ->> 'subscription_item',
        p_line ->> 'id'
    )
$$;
