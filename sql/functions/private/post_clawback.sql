-- Sets the target of the payment that p_name names, a whole locked step: p_target credits, or the
-- share of the money p_name.amount_returned, or everything. Goes on while the account is frozen
-- or closed; a closed one keeps nothing of what comes back. p_formerly are accounts that were
-- merged into this one, under which the same call may have been made.
create or replace function credits_private.post_clawback(
    p_account_id text,
    p_name credits_private.payment_order,
    p_target bigint,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb,
    p_formerly text[] default '{}'
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_payment credits_private.payments;
    v_target bigint;
    v_account_id text;
begin
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'provider', p_name.provider,
        'provider_account', nullif(p_name.provider_account, ''),
        'payment', p_name.object_id,
        'target', p_target,
        'amount_returned', p_name.amount_returned
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    foreach v_account_id in array p_formerly || p_account_id loop
        v_receipt := credits_private.find_replay(v_account_id, p_idempotency_key, v_entry);
        if v_receipt.entry_id is not null then
            return v_receipt;
        end if;
    end loop;

    v_payment := credits_private.find_payment(p_account_id, p_name);
    if p_name.amount_returned is not null then
        perform credits_private.check_argument(
            'p_amount_returned', v_payment.amount_paid is not null,
            'null for a payment recorded without its amount; give p_target'
        );
        update credits_private.payments p
        set amount_returned = p_name.amount_returned
        where p.account_id = p_account_id and p.payment_id = v_payment.payment_id;
    end if;
    v_target := coalesce(
        p_target,
        credits_private.share_of(
            v_payment.granted, v_payment.amount_paid, p_name.amount_returned
        ),
        v_payment.granted
    );
    perform credits_private.check_argument(
        'p_target', v_target between 0 and v_payment.granted,
        'null or 0 to the ' || v_payment.granted || ' credits that the payment granted'
    );

    update credits_private.payments p
    set demanded = v_target
    where p.account_id = p_account_id and p.payment_id = v_payment.payment_id;
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.move_target(v_state, v_payment, v_target, v_entry);
    -- Where the setting refund_grace is zero, what was restored may be over already.
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    if v_state.status = 'closed' then
        v_state := credits_private.forfeit_lots(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;
