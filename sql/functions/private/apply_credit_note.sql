-- A credit note: noted with its refunds. What of it went back otherwise moves the target of the
-- invoice's payment if the setting credit_notes says so. Void is final.
create or replace function credits_private.apply_credit_note(
    p_event credits_private.stripe_events,
    p_note jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
begin
    if credits_private.stripe_id(p_note -> 'id') is null
        or credits_private.stripe_id(p_note -> 'invoice') is null
        or p_note ->> 'amount' is null
    then
        return credits_private.stripe_result(
            'parked', 'the credit note lacks its id, invoice or amount', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_note)
    );
    insert into credits_private.stripe_credit_notes as n (
        provider_account, livemode, credit_note, invoice, amount, refunds, is_void, event_at
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_note ->> 'id',
        credits_private.stripe_id(p_note -> 'invoice'),
        credits_private.credit_note_amount(p_note),
        credits_private.credit_note_refunds(p_note),
        coalesce(p_note ->> 'status' = 'void', false),
        p_event.created_at
    )
    on conflict (credit_note, livemode, provider_account) do update
    set amount = case
            when excluded.event_at >= n.event_at then excluded.amount else n.amount
        end,
        refunds = case
            when excluded.event_at > n.event_at then excluded.refunds
            when excluded.event_at < n.event_at then n.refunds
            else greatest(excluded.refunds, n.refunds)
        end,
        is_void = n.is_void or excluded.is_void,
        event_at = greatest(n.event_at, excluded.event_at);
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => false);
end
$$;
