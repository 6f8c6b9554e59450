-- A paid invoice grants what its lines are worth. Parked while a price or the account is unknown:
-- never half a grant.
create or replace function credits_private.apply_invoice(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purchase credits_private.stripe_purchase;
    v_payment credits_private.payment_order;
begin
    if p_invoice ->> 'status' is distinct from 'paid'
        and p_invoice ->> 'paid' is distinct from 'true'
    then
        return credits_private.stripe_result('ignored', 'invoice is not paid');
    end if;
    v_purchase := credits_private.invoice_purchase(p_event, p_invoice);
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.stripe_result('ignored', 'no line of the invoice grants credits');
    elsif credits_private.stripe_id(p_invoice -> 'id') is null
        or p_invoice ->> 'amount_paid' is null
        or p_invoice ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the invoice lacks its id, amount paid or currency', 'operator'
        );
    end if;
    v_payment.object_id := p_invoice ->> 'id';
    v_payment.amount_paid := (p_invoice ->> 'amount_paid')::bigint;
    v_payment.currency := p_invoice ->> 'currency';
    return credits_private.grant_stripe_purchase(p_event, p_invoice, v_purchase, v_payment);
end
$$;
