-- Ends live subscription lots now, a whole locked step: one entry, of amount 0 if none is left.
-- What another account has transferred is of none of this account's subscriptions.
create or replace function credits_private.post_end_subscription(
    p_account_id text,
    p_subscription text,
    p_reason text,
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
    r_lot record;
begin
    v_entry.kind := 'expire';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(
        jsonb_build_object('subscription', p_subscription, 'reason', p_reason)
    );
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    perform credits_private.check_known(v_state);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen', 'closed']);
    v_state := credits_private.catch_up(v_state);
    v_entry.allocations := '[]';
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (
                l.subscription = p_subscription
                or p_subscription is null
                and (
                    l.subscription is not null
                    or l.pool = 'subscription' and l.from_account_id is null
                )
            )
        order by l.priority, l.expires_at, l.lot_id
    loop
        perform credits_private.end_lot(p_account_id, r_lot.lot_id, v_state.now);
        v_entry.allocations := v_entry.allocations
            || credits_private.allocation(r_lot.lot_id, -r_lot.remaining);
    end loop;
    -- Lots that are used up end too: what a hold gives back to them lapses with the rest.
    update credits_private.lots l
    set expires_at = v_state.now
    where l.account_id = p_account_id
        and not l.is_open
        and l.expires_at > v_state.now
        and (
            l.subscription = p_subscription
            or p_subscription is null
            and (
                l.subscription is not null
                or l.pool = 'subscription' and l.from_account_id is null
            )
        );
    v_state := credits_private.book(v_state, v_entry);
    return credits_private.finish_command(v_state);
end
$$;
