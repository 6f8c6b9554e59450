-- Erases the metadata of an account and of all its entries, a whole locked step, whatever the
-- status of the account. All else in the entries stays as it is.
create or replace function credits_private.post_erasure(
    p_account_id text,
    p_reason text,
    p_reference text,
    p_idempotency_key text
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
    v_entry.kind := 'erase';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason);

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.ledger l
    set metadata = null
    where l.account_id = p_account_id and l.metadata is not null;
    update credits_private.accounts a
    set metadata = null
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;
