-- Takes credits out of their lots into a hold, a whole locked step. p_expires_in null: the setting
-- hold_time.
create or replace function credits_private.post_hold(
    p_account_id text,
    p_amount bigint,
    p_expires_in interval,
    p_feature text,
    p_member text,
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
    v_entry.kind := 'hold';
    v_entry.amount := -p_amount;
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_hold_time(p_expires_in);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    return credits_private.take_hold(v_state, v_entry, p_amount, p_expires_in);
end
$$;
