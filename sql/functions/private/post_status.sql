-- Freezes an account or makes it active again, a whole locked step. Setting the status that it has
-- is recorded and changes nothing. Refuses an unknown account and a closed one.
create or replace function credits_private.post_status(
    p_account_id text,
    p_kind text,
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
begin
    v_entry.kind := p_kind;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.accounts a
    set status = case p_kind when 'freeze' then 'frozen' else 'active' end
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;
