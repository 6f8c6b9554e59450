-- Money that a credit note gives back after the payment; one that was issued before it only makes
-- the invoice cheaper. Any API version.
create or replace function credits_private.credit_note_amount(p_note jsonb)
returns bigint
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (p_note ->> 'post_payment_amount')::bigint,
        case when p_note ->> 'type' = 'pre_payment' then 0 else (p_note ->> 'amount')::bigint end
    )
$$;
