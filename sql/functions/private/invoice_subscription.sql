-- Subscription of an invoice, in any API version.
create or replace function credits_private.invoice_subscription(p_invoice jsonb, p_line jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        credits_private.stripe_id(p_invoice #> '{parent,subscription_details,subscription}'),
        credits_private.stripe_id(p_invoice -> 'subscription'),
        p_line #>> '{parent,subscription_item_details,subscription}',
        credits_private.stripe_id(p_line -> 'subscription')
    )
$$;
