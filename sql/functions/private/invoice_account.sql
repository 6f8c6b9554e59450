-- Account named in the metadata of the subscription, the line or the invoice, in any API version.
create or replace function credits_private.invoice_account(p_invoice jsonb, p_line jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(
        nullif(p_invoice #>> '{parent,subscription_details,metadata,account}', ''),
        nullif(p_invoice #>> '{subscription_details,metadata,account}', ''),
        nullif(p_line #>> '{metadata,account}', ''),
        nullif(p_invoice #>> '{metadata,account}', '')
    )
$$;
