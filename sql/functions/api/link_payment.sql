-- Ties a purchase at Stripe to the credits that somebody has granted for it by hand, so that its
-- event grants nothing more and money that goes back takes those credits. Locks the event, the
-- names of the payment, then the account. Again: duplicate. Raises invalid_argument,
-- stripe_event_not_found, payment_not_found, invalid_state, idempotency_conflict.
-- For credits_service and credits_admin.
create or replace function credits.link_payment(
    p_account_id text,
    p_payment text,
    p_event_id text,
    p_provider text default 'manual',
    p_provider_account text default ''
)
returns credits.stripe_outcome
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
    v_names text[];
    v_ref credits_private.payment_refs;
    v_order credits_private.payment_order;
    v_payment credits_private.payments;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_payment', length(p_payment) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_text('p_provider', p_provider, 63);
    perform credits_private.check_argument(
        'p_provider', p_provider is distinct from 'stripe',
        'any provider but stripe, under which the credits were granted'
    );
    v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
    v_names := credits_private.lock_stripe_objects(
        v_event, credits_private.stripe_object_ids(v_event.body #> '{data,object}')
    );
    perform credits_private.lock_chain(p_account_id);
    v_order.provider := coalesce(p_provider, 'manual');
    v_order.object_id := p_payment;
    v_payment := credits_private.find_payment(p_account_id, v_order);
    v_ref := credits_private.find_stripe_payment(v_event, v_names);
    if (v_ref.account_id, v_ref.payment_id) = (p_account_id, v_payment.payment_id) then
        v_event.outcome := 'duplicate';
        return credits_private.describe_stripe_event(v_event);
    elsif v_ref.account_id is not null
        or v_event.body is null
        or v_payment.amount_paid is null
        or v_event.event_type not in (
            'checkout.session.completed', 'checkout.session.async_payment_succeeded',
            'payment_intent.succeeded', 'invoice.paid', 'invoice.payment_succeeded'
        )
    then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'event_id', v_event.event_id, 'outcome', v_event.outcome,
                'account_id', v_ref.account_id, 'amount_paid', v_payment.amount_paid
            ),
            'Only a purchase that has granted nothing can be linked, to a payment with an amount.'
        );
    end if;

    v_order.provider := 'stripe';
    v_order.object_id := v_names[1];
    v_order.other_ids := v_names;
    v_order.livemode := v_event.livemode;
    v_order.provider_account := v_event.provider_account;
    perform credits_private.insert_refs(p_account_id, v_payment.payment_id, v_order);
    perform credits_private.settle_stripe_payment(v_event, v_names, p_waits => false);
    v_event.outcome := 'applied';
    v_event.reason := 'linked to payment ' || p_payment || ', which was granted by hand';
    v_event.account_id := p_account_id;
    v_event.waits_for := null;
    update credits_private.stripe_events e
    set outcome = v_event.outcome, reason = v_event.reason, account_id = v_event.account_id,
        waits_for = null, retry_at = null
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return credits_private.describe_stripe_event(v_event);
end
$$;

comment on function credits.link_payment(text, text, text, text, text) is
'Ties a purchase of Stripe, by its event, to the payment under which somebody has granted its
credits by hand: add_purchased_credits or record_payment, with the amount that was paid.

The event then counts as applied and grants nothing; refunds and disputes take those credits back,
also those that came before.';
