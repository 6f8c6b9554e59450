-- Receipt of the command that recorded this payment under any of its ids; all null if unknown.
-- A payment grants once: refused when it credited another account or with other figures than
-- p_request asks for (idempotency_conflict). Ids that are new are added to the payment. A payment
-- of an account that was merged is known under either account, and answered with the receipt that
-- it had.
create or replace function credits_private.find_paid(
    p_account_id text,
    p_request jsonb,
    p_payment credits_private.payment_order
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref credits_private.payment_refs;
    v_amount_paid bigint;
    v_recorded jsonb;
    v_chain text[] := credits_private.chain_of(p_account_id);
    v_first credits_private.ledger;
begin
    select r.* into v_ref
    from credits_private.payment_refs r
    where r.object_id = any (p_payment.object_id || p_payment.other_ids)
        and r.provider = p_payment.provider
        and r.livemode = p_payment.livemode
        and r.provider_account = p_payment.provider_account
    limit 1;
    if not found then
        return null;
    end if;

    if v_ref.account_id = any (v_chain) then
        select p.amount_paid into v_amount_paid
        from credits_private.payments p
        where p.account_id = v_ref.account_id and p.payment_id = v_ref.payment_id;
        select l.request - '{after,moved}'::text[] into v_recorded
        from credits_private.ledger l
        where l.account_id = v_ref.account_id and l.entry_id = v_ref.payment_id;
    end if;
    if v_ref.account_id <> all (v_chain)
        -- The same payment may be told under another one of its names.
        or v_recorded - 'payment' is distinct from p_request - 'payment'
    then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object(
                'payment', p_payment.object_id, 'recorded', v_recorded, 'amount_paid',
                v_amount_paid
            ),
            'This payment has granted its credits already, to another account or with other '
            'figures.'
        );
    end if;
    perform credits_private.insert_refs(v_ref.account_id, v_ref.payment_id, p_payment);
    v_first := credits_private.first_booking(v_ref.account_id, v_ref.payment_id);
    return credits_private.receipt_of(v_first.account_id, v_first.command_id);
end
$$;
