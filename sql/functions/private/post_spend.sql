-- The slow path of a single spend, a whole locked step: a lot to cross, something due, a refusal or
-- a replay. post_spends does the same for many; one need not pay for what they need.
create or replace function credits_private.post_spend(
    p_account_id text,
    p_amount bigint,
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
    v_entry.kind := 'spend';
    v_entry.amount := -p_amount;
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_state := credits_private.admit_spend(v_state, p_amount, p_member);
    v_entry.allocations := credits_private.take_credits(p_account_id, p_amount);
    v_state := credits_private.book(v_state, v_entry);
    return credits_private.finish_command(v_state);
end
$$;
