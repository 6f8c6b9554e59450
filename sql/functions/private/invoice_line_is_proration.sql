-- Whether an invoice line is a proration, in any API version.
create or replace function credits_private.invoice_line_is_proration(p_line jsonb)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        p_line #>> '{parent,subscription_item_details,proration}',
        p_line #>> '{parent,invoice_item_details,proration}',
        p_line ->> 'proration',
        'false'
    ) = 'true'
$$;
