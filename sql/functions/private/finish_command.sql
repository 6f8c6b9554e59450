-- Last step of every slow path: checks the first lot in burn order out (none while there is
-- debt), writes the booked entries, all in one statement, and returns the receipt. Refuses with
-- balance_limit when the account would hold more than 2^53-1.
create or replace function credits_private.finish_command(p_state credits_private.account_state)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held bigint := credits_private.held_by(p_state.account_id);
    v_inserted bigint;
    v_open_lot_id bigint;
    v_open_lot_remaining bigint := 0;
    v_first credits_private.ledger;
    v_receipt credits.receipt;
begin
    if p_state.balance + p_state.debt + v_held > 9007199254740991
        or p_state.debt > 9007199254740991
    then
        perform credits_private.fail(
            'balance_limit',
            jsonb_build_object(
                'limit', 9007199254740991, 'balance', p_state.balance, 'held', v_held,
                'debt', p_state.debt
            )
        );
    end if;

    if p_state.debt = 0 then
        select l.lot_id, l.remaining into v_open_lot_id, v_open_lot_remaining
        from credits_private.lots l
        where l.account_id = p_state.account_id and l.is_open
        order by l.priority, l.expires_at, l.lot_id
        limit 1;
        if found then
            update credits_private.lots l
            set remaining = 0
            where l.account_id = p_state.account_id and l.lot_id = v_open_lot_id;
        end if;
    end if;

    insert into credits_private.ledger (
        account_id, entry_id, command_id, kind, amount, balance, debt,
        open_lot_id, open_lot_remaining, next_event_at, allocations, about_entry_id,
        other_account_id, other_entry_id, feature, member, reference, idempotency_key, request,
        metadata, actor, created_at, occurred_at
    )
    select p_state.account_id, e.entry_id, e.command_id, e.kind, e.amount, e.balance, e.debt,
        case when e.entry_id = p_state.entry_id then v_open_lot_id end,
        case when e.entry_id = p_state.entry_id then coalesce(v_open_lot_remaining, 0) else 0 end,
        p_state.next_event_at, e.allocations, e.about_entry_id,
        e.other_account_id, e.other_entry_id, e.feature, e.member, e.reference, e.idempotency_key,
        e.request, e.metadata, e.actor, e.created_at, e.occurred_at
    from unnest(p_state.entries) as e
    on conflict do nothing;
    get diagnostics v_inserted = row_count;
    perform credits_private.check_inserted(
        v_inserted = cardinality(p_state.entries), p_state.account_id, p_state.entry_id
    );

    v_first := p_state.entries[
        cardinality(p_state.entries) - (p_state.entry_id - p_state.command_id)
    ];
    v_receipt.account_id := p_state.account_id;
    v_receipt.entry_id := v_first.entry_id;
    v_receipt.command_id := v_first.command_id;
    v_receipt.kind := v_first.kind;
    v_receipt.amount := v_first.amount;
    v_receipt.balance := p_state.balance;
    v_receipt.available := case when p_state.debt > 0 then 0 else p_state.balance end;
    v_receipt.debt := p_state.debt;
    v_receipt.allocations := v_first.allocations;
    v_receipt.is_replay := false;
    v_receipt.created_at := v_first.created_at;
    return v_receipt;
end
$$;
