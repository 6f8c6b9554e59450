-- Rebuilds the receipt of a recorded command from its first and its last entry.
create or replace function credits_private.receipt_of(p_account_id text, p_command_id bigint)
returns credits.receipt
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first credits_private.ledger;
    v_last credits_private.ledger;
    v_next_id bigint;
    v_receipt credits.receipt;
begin
    select l.* into v_first
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_command_id;

    select l.entry_id into v_next_id
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > p_command_id and l.command_id <> p_command_id
    order by l.entry_id
    limit 1;

    select l.* into v_last
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.command_id = p_command_id
        and l.entry_id < coalesce(v_next_id, 9223372036854775807)
    order by l.entry_id desc
    limit 1;

    v_receipt.account_id := p_account_id;
    v_receipt.entry_id := v_first.entry_id;
    v_receipt.command_id := v_first.command_id;
    v_receipt.kind := v_first.kind;
    v_receipt.amount := v_first.amount;
    v_receipt.balance := v_last.balance;
    v_receipt.available := case when v_last.debt > 0 then 0 else v_last.balance end;
    v_receipt.debt := v_last.debt;
    v_receipt.allocations := credits_private.allocations_of(v_first);
    v_receipt.is_replay := true;
    v_receipt.created_at := v_first.created_at;
    return v_receipt;
end
$$;
