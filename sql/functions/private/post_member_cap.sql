-- Sets, changes or removes (p_cap null) a cap of a member, a whole locked step. A new cap counts
-- what was used in its period before. Goes on while the account is frozen.
create or replace function credits_private.post_member_cap(
    p_account_id text,
    p_member text,
    p_period text,
    p_cap bigint,
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
    v_entry.kind := 'cap';
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('period', p_period, 'cap', p_cap);
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
    perform credits_private.put_member_cap(v_state, p_member, p_period, p_cap);
    return credits_private.finish_command(v_state);
end
$$;
