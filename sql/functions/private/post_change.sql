-- Changes plan and amount of a subscription's item, a whole locked step. Now: grants what p_policy
-- says for the time that is running, and later grants of the paid period bring the new amount; a
-- change that was scheduled is released. At the period's end: notes it and grants nothing. A
-- payment pays for all that the change grants, and does so once.
create or replace function credits_private.post_change(
    p_account_id text,
    p_subscription text,
    p_item text,
    p_amount bigint,
    p_policy text,
    p_when text,
    p_plan text,
    p_payment credits_private.payment_order,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
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
    v_item credits_private.subscription_items;
    v_payment credits_private.payments;
    v_due bigint;
    v_more bigint;
begin
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'subscription', p_subscription, 'item', p_item, 'amount', p_amount, 'policy', p_policy,
        'when', p_when, 'plan', p_plan, 'payment', p_payment.object_id,
        'provider', p_payment.provider, 'amount_paid', p_payment.amount_paid,
        'currency', p_payment.currency
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null and v_state.merged_into is not null then
        return v_receipt;
    elsif v_receipt.entry_id is not null and p_payment.object_id is not null then
        perform credits_private.insert_refs(p_account_id, v_receipt.command_id, p_payment);
    elsif p_payment.object_id is not null then
        v_receipt := credits_private.find_paid(p_account_id, v_entry.request, p_payment);
    end if;
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    perform credits_private.check_goes_on(
        v_state, credits_private.find_subscription(p_account_id, p_subscription, p_item)
    );
    select i.* into v_item
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.subscription = p_subscription and i.item = p_item;

    if p_when = 'period_end' then
        v_item.next_amount := p_amount;
        v_item.next_plan := p_plan;
        v_due := 0;
    else
        v_due := credits_private.upgrade_due(v_state, v_item, p_amount, p_policy, p_plan);
        v_more := greatest(p_amount - v_item.amount, 0);
        v_payment := credits_private.pay_for_change(v_state, v_item, p_payment, v_due, v_more);
        v_item := credits_private.change_item(v_item, p_amount, p_plan, v_payment);
    end if;
    update credits_private.subscription_items i
    set amount = v_item.amount, plan = v_item.plan, parts = v_item.parts,
        next_amount = v_item.next_amount, next_plan = v_item.next_plan
    where i.account_id = p_account_id and i.subscription = p_subscription and i.item = p_item;

    if v_due > 0 then
        v_entry.kind := 'grant';
        v_state := credits_private.grant_upgrade(v_state, v_item, v_due, v_payment, v_entry);
    else
        v_entry.kind := 'subscription';
        v_state := credits_private.book(v_state, v_entry);
    end if;
    if v_payment.amount_returned > 0 then
        v_state := credits_private.move_target(
            v_state,
            v_payment,
            credits_private.share_of(
                v_payment.granted, v_payment.amount_paid, v_payment.amount_returned
            ),
            null
        );
    end if;
    v_state := credits_private.settle_debt(v_state);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;
