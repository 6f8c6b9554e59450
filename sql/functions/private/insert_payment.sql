-- Records a payment under the number of the entry that will be booked next, with all its ids.
create or replace function credits_private.insert_payment(
    p_state credits_private.account_state,
    p_grants credits_private.grant_order[],
    p_payment credits_private.payment_order
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
    select sum(g.amount) into v_payment.granted from unnest(p_grants) as g;
    if v_payment.granted > 9007199254740991 then
        perform credits_private.fail(
            'balance_limit', jsonb_build_object(
                'limit', 9007199254740991, 'granted', v_payment.granted
            )
        );
    end if;
    insert into credits_private.payments (
        account_id, payment_id, provider, object_id, amount_paid, currency, amount_returned,
        granted, created_at
    )
    values (
        p_state.account_id, p_state.entry_id + 1, p_payment.provider, p_payment.object_id,
        p_payment.amount_paid, p_payment.currency, coalesce(p_payment.amount_returned, 0),
        v_payment.granted, greatest(p_state.now, p_state.created_at)
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
