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
    v_held bigint;
    v_state credits_private.account_state;
    v_first credits_private.ledger;
    v_receipt credits.receipt;
begin
    if p_state.has_gained then
        v_held := credits_private.held_by(p_state.account_id);
    end if;
    if p_state.balance + p_state.debt + coalesce(v_held, 0) > 9007199254740991
        or p_state.debt > 9007199254740991
    then
        perform credits_private.fail(
            'balance_limit',
            jsonb_build_object(
                'limit', 9007199254740991, 'balance', p_state.balance,
                'held', coalesce(v_held, credits_private.held_by(p_state.account_id)),
                'debt', p_state.debt
            )
        );
    end if;

    v_state := credits_private.check_out(p_state);
    perform credits_private.write_entries(v_state);

    v_first := p_state.entries[
        cardinality(p_state.entries) - (p_state.entry_id - p_state.command_id)
    ];
    if v_first.entry_id is null then
        select l.* into v_first
        from credits_private.ledger l
        where l.account_id = p_state.account_id and l.entry_id = p_state.command_id;
    end if;
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
