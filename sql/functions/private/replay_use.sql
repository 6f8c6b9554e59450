-- Answer of the use that this key recorded, after an insert met it. That there is none means a
-- clash of entry numbers: internal_error.
create or replace function credits_private.replay_use(
    p_account_id text,
    p_feature text,
    p_quantity bigint,
    p_modifiers jsonb,
    p_member text,
    p_reference text,
    p_idempotency_key text
)
returns credits.feature_use
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_asked credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_asked.kind := 'spend';
    v_asked.feature := p_feature;
    v_asked.member := p_member;
    v_asked.reference := p_reference;
    v_asked.request := credits_private.describe_use(p_quantity, p_modifiers);
    v_receipt := credits_private.find_replay_of_use(p_account_id, p_idempotency_key, v_asked);
    perform credits_private.check_inserted(
        v_receipt.entry_id is not null, p_account_id, v_receipt.entry_id
    );
    return credits_private.use_of(v_receipt, p_quantity);
end
$$;
