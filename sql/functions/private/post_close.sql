-- Closes an account, a whole locked step. With p_if_credits forfeit its holds are released and what
-- is in its lots is breakage; with refuse an account that has credits stays open.
create or replace function credits_private.post_close(
    p_account_id text,
    p_reason text,
    p_if_credits text,
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
    v_held bigint;
    r_hold credits_private.holds;
begin
    v_entry.kind := 'close';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason, 'if_credits', p_if_credits);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_held := credits_private.held_by(p_account_id);
    if p_if_credits = 'refuse' and (v_state.balance + v_state.debt > 0 or v_held > 0) then
        perform credits_private.fail(
            'account_not_empty',
            jsonb_build_object(
                'account_id', p_account_id, 'balance', v_state.balance, 'held', v_held,
                'debt', v_state.debt
            )
        );
    end if;

    v_state := credits_private.book(v_state, v_entry);
    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open'
        order by h.hold_id
    loop
        v_state := credits_private.end_hold(v_state, r_hold, 'released', null);
    end loop;
    v_state := credits_private.forfeit_lots(v_state);
    update credits_private.subscription_items i
    set next_grant_at = null
    where i.account_id = p_account_id and i.next_grant_at is not null;
    update credits_private.accounts a
    set status = 'closed'
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;
