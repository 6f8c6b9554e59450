-- Receipt of the command that granted one of these items of a subscription for the same period;
-- all null if none is granted. An item is granted once per period: refused (idempotency_conflict)
-- when the amount is another one, or when a payment comes that did not grant it.
create or replace function credits_private.find_period(
    p_account_id text,
    p_grants credits_private.grant_order[],
    p_payment credits_private.payment_order
)
returns credits.receipt
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_grant credits_private.grant_order;
    v_lot_id bigint;
    v_granted bigint;
    v_first credits_private.ledger;
begin
    foreach v_grant in array p_grants loop
        select l.lot_id, l.granted into v_lot_id, v_granted
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.subscription = v_grant.subscription
            and l.item = v_grant.item
            and l.period_start = v_grant.period_start
            and l.origin = 'grant';
        continue when not found;

        if v_granted <> v_grant.amount or p_payment.object_id is not null then
            perform credits_private.fail(
                'idempotency_conflict',
                jsonb_build_object(
                    'subscription', v_grant.subscription, 'item', v_grant.item,
                    'period_start', v_grant.period_start, 'lot_id', v_lot_id,
                    'recorded', v_granted, 'asked', v_grant.amount, 'payment', p_payment.object_id
                ),
                'This item has its credits for this period already.'
            );
        end if;
        v_first := credits_private.first_booking(p_account_id, v_lot_id);
        return credits_private.receipt_of(v_first.account_id, v_first.command_id);
    end loop;
    return null;
end
$$;
