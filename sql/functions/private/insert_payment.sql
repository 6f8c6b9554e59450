-- Records a payment under the number of the entry that will be booked next, with all its ids.
-- p_granted is all that it pays for, p_pending the part of it that later grants will bring.
create or replace function credits_private.insert_payment(
    p_state credits_private.account_state,
    p_payment credits_private.payment_order,
    p_granted numeric,
    p_pending numeric
)
returns credits_private.payments
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment credits_private.payments;
begin
    if p_granted > 9007199254740991 then
        perform credits_private.fail(
            'balance_limit', jsonb_build_object(
                'limit', 9007199254740991, 'granted', p_granted
            )
        );
    end if;
    insert into credits_private.payments (
        account_id, payment_id, provider, object_id, amount_paid, currency, amount_returned,
        granted, pending, created_at
    )
    values (
        p_state.account_id, p_state.entry_id + 1, p_payment.provider, p_payment.object_id,
        p_payment.amount_paid, p_payment.currency, coalesce(p_payment.amount_returned, 0),
        p_granted, p_pending, greatest(p_state.now, p_state.created_at)
    )
    on conflict do nothing;
    perform credits_private.check_inserted(found, p_state.account_id, p_state.entry_id + 1);
    perform credits_private.insert_refs(p_state.account_id, p_state.entry_id + 1, p_payment);

    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_state.entry_id + 1;
    return v_payment;
end
$$;
