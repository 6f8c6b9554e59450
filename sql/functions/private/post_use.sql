-- Uses a feature, a whole locked step: a lot to cross, something due, nothing to pay, a refusal or
-- a replay. Replays first, then the price, then books what is due, decides, writes.
create or replace function credits_private.post_use(
    p_account_id text,
    p_feature text,
    p_quantity bigint,
    p_modifiers jsonb,
    p_member text,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
)
returns credits.feature_use
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
    v_card credits_private.rate_cards;
    v_credits bigint;
begin
    v_entry.kind := 'spend';
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_use(p_quantity, p_modifiers);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay_of_use(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return credits_private.use_of(v_receipt, p_quantity);
    end if;

    v_card := credits_private.find_rate_card(p_feature, v_state.now);
    v_credits := credits_private.price_use(v_card, p_quantity, p_modifiers);
    if v_credits = 0 then
        perform credits_private.check_known(v_state);
    end if;
    -- What costs nothing passes no cap.
    v_state := credits_private.admit_spend(
        v_state, v_credits, case when v_credits > 0 then p_member end
    );
    v_entry.request := v_entry.request || jsonb_build_object('rate_card', v_card.version);
    v_entry.allocations := credits_private.take_credits(p_account_id, v_credits);
    v_state := credits_private.book(v_state, v_entry);
    v_receipt := credits_private.finish_command(v_state);
    return credits_private.use_of(v_receipt, p_quantity);
end
$$;
