-- A checkout session. In payment mode it grants once it is paid, whether at once or days later: by
-- its line items where they are known or asked for (by the setting, or credits_from=line_items in
-- the metadata), else by what our own server froze in its metadata. In subscription mode it ties
-- the customer to the account; the credits come with the invoices.
create or replace function credits_private.apply_checkout(
    p_event credits_private.stripe_events,
    p_session jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id text := credits_private.stripe_id(p_session -> 'id');
    v_by_items boolean := credits_private.setting('checkout_credits') = 'line_items'
        or p_session #>> '{metadata,credits_from}' is not distinct from 'line_items';
    v_items jsonb;
    v_purchase credits_private.stripe_purchase;
    v_payment credits_private.payment_order;
    v_account_id text := coalesce(
        nullif(p_session #>> '{metadata,account}', ''),
        nullif(p_session ->> 'client_reference_id', '')
    );
begin
    if p_session ->> 'mode' = 'subscription' then
        return credits_private.link_stripe_customer(p_event, p_session, v_account_id);
    elsif p_session ->> 'mode' is distinct from 'payment' then
        return credits_private.stripe_result('ignored', 'nothing is paid in this mode');
    elsif v_id is null then
        return credits_private.stripe_result(
            'parked', 'the session lacks its id, amount or currency', 'operator'
        );
    end if;
    perform credits_private.note_checkout(
        p_event,
        v_id,
        case
            when p_event.event_type like '%.expired' then 'expired'
            when p_event.event_type like '%.async_payment_failed' then 'failed'
            when p_session ->> 'payment_status' in ('paid', 'no_payment_required') then 'paid'
            else 'pending'
        end
    );
    if p_event.event_type not like '%.completed'
        and p_event.event_type not like '%.async_payment_succeeded'
    then
        return credits_private.stripe_result('ignored', 'the session was not paid');
    elsif coalesce(p_session ->> 'payment_status', '') not in ('paid', 'no_payment_required') then
        return credits_private.stripe_result('ignored', 'not paid yet');
    end if;
    v_items := credits_private.find_line_items(
        p_event, v_id, p_session -> 'line_items',
        p_wait => v_by_items
    );
    if v_items is null and v_by_items then
        return credits_private.stripe_result(
            'parked', 'the line items of the session have not been fetched',
            credits_private.stripe_wait_name(p_event, v_id, 'lines'), v_account_id
        );
    elsif v_items is null
        and p_session #>> '{metadata,credits_frozen}' is distinct from '1'
    then
        return credits_private.stripe_result('ignored', 'metadata has no credits_frozen=1');
    elsif p_session ->> 'amount_total' is null or p_session ->> 'currency' is null then
        return credits_private.stripe_result(
            'parked', 'the session lacks its id, amount or currency', 'operator'
        );
    end if;

    v_payment.amount_paid := (p_session ->> 'amount_total')::bigint;
    v_payment.currency := p_session ->> 'currency';
    v_payment.object_id := coalesce(
        credits_private.stripe_id(p_session -> 'payment_intent'), v_id
    );
    if v_items is not null then
        v_purchase := credits_private.items_purchase(p_event, v_items);
    elsif v_payment.amount_paid = 0 and credits_private.setting('free_purchases') = 'ignore' then
        return credits_private.stripe_result(
            'ignored', 'nothing was paid, and free_purchases is ignore'
        );
    else
        v_purchase := credits_private.frozen_purchase(p_session -> 'metadata');
    end if;
    v_purchase.account_id := v_account_id;
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.stripe_result('ignored', 'no line of the session grants credits');
    end if;
    return credits_private.grant_stripe_purchase(p_event, p_session, v_purchase, v_payment);
end
$$;
