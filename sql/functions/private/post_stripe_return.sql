-- Brings the target of a payment in line with the money that is back, a whole locked step; books
-- nothing when that has not changed. What clawback_credits has demanded is the least. A closed
-- account keeps nothing of what comes back.
create or replace function credits_private.post_stripe_return(
    p_event credits_private.stripe_events,
    p_ref credits_private.payment_refs,
    p_names text[]
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_payment credits_private.payments;
    v_returned bigint;
begin
    v_state := credits_private.lock_account(p_ref.account_id, p_create => false);
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_ref.account_id and p.payment_id = p_ref.payment_id;
    v_returned := credits_private.stripe_returned(
        p_event, p_names, v_payment.currency, v_payment.amount_paid
    );
    if v_returned = v_payment.amount_returned then
        return;
    end if;

    v_entry.reference := p_event.body #>> '{data,object,id}';
    v_entry.idempotency_key := credits_private.stripe_key(p_event, p_event.event_id);
    v_entry.request := jsonb_build_object(
        'provider', 'stripe', 'payment', v_payment.object_id, 'amount_returned', v_returned
    );
    update credits_private.payments p
    set amount_returned = v_returned
    where p.account_id = p_ref.account_id and p.payment_id = p_ref.payment_id;
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.move_target(
        v_state,
        v_payment,
        greatest(
            v_payment.demanded,
            credits_private.share_of(v_payment.granted, v_payment.amount_paid, v_returned)
        ),
        v_entry
    );
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    if v_state.status = 'closed' then
        v_state := credits_private.forfeit_lots(v_state);
    end if;
    perform credits_private.finish_command(v_state);
end
$$;
