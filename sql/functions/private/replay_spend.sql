-- Receipt of the spend that this key recorded, after an insert met it. That there is none means a
-- clash of entry numbers: internal_error.
create or replace function credits_private.replay_spend(
    p_account_id text,
    p_amount bigint,
    p_feature text,
    p_member text,
    p_reference text,
    p_idempotency_key text
)
returns credits.receipt
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
    v_asked.amount := -p_amount;
    v_asked.feature := p_feature;
    v_asked.member := p_member;
    v_asked.reference := p_reference;
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_asked);
    if v_receipt.entry_id is null then
        perform credits_private.fail(
            'internal_error', jsonb_build_object('account_id', p_account_id)
        );
    end if;
    return v_receipt;
end
$$;
