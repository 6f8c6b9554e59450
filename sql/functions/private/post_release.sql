-- Releases a hold, a whole locked step. Goes on while the account is frozen.
create or replace function credits_private.post_release(
    p_account_id text,
    p_hold_id bigint,
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
    v_hold credits_private.holds;
begin
    v_entry.kind := 'release';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('hold_id', p_hold_id);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select l.member into v_entry.member
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id and l.kind = 'hold';
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_hold := credits_private.find_hold(v_state, p_hold_id);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.end_hold(v_state, v_hold, 'released', v_entry);
    return credits_private.finish_command(v_state);
end
$$;
